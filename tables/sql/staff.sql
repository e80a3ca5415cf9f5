-- People who log in, managed by head office and, in their own stores, by store managers: never above their own role, never
-- themselves. A no says why in DETAIL: rights as insufficient_privilege, what does not fit as check_violation.

CREATE FUNCTION deed.staff_no(why text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF why IN ('not_allowed', 'own_account', 'unknown_staff', 'above_role', 'elsewhere', 'foreign_store') THEN
        RAISE insufficient_privilege USING MESSAGE = 'managing staff is refused: ' || why, DETAIL = why;
    END IF;
    RAISE check_violation USING MESSAGE = 'managing staff is refused: ' || why, DETAIL = why;
END $$;

-- The stores whose people the caller manages: as they asked, and as it is.
CREATE FUNCTION deed.staff_reach() RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT CASE current_setting('role')
        WHEN 'regulars_hq_admin' THEN ARRAY(SELECT s.id FROM store s)
        WHEN 'regulars_store_manager' THEN ARRAY(SELECT o.store FROM staff_store o WHERE o.staff = deed.staff() AND o.store = ANY (deed.stores()))
        ELSE '{}' END
$$;

CREATE FUNCTION deed.staff_places(who bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT o.store FROM staff_store o WHERE o.staff = who ORDER BY o.store)
$$;

-- Who manages, and whom (NULL: somebody new). Both are locked, in one order: of two who dismiss each other the second finds that
-- they have no rights any more.
CREATE FUNCTION deed.staff_giver(who bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM staff s WHERE s.id IN (deed.staff(), who) ORDER BY s.id FOR NO KEY UPDATE;
    IF current_setting('role') NOT IN ('regulars_hq_admin', 'regulars_store_manager')
        OR NOT EXISTS (SELECT FROM staff s WHERE s.id = deed.staff() AND s.active AND s.admin AND 'regulars_' || s.role = current_setting('role')) THEN
        PERFORM deed.staff_no('not_allowed');
    END IF;
END $$;

-- The person, whom the caller may manage; `whole`: not somebody who works in a store that is not the caller's as well.
CREATE FUNCTION deed.staff_target(who bigint, whole boolean) RETURNS staff LANGUAGE plpgsql AS $$
DECLARE
    found staff;
    places bigint[];
    reach bigint[];
BEGIN
    PERFORM deed.staff_giver(who);
    SELECT s.* FROM staff s WHERE s.id = who INTO found;
    places := deed.staff_places(who);
    reach := deed.staff_reach();
    IF found.id = deed.staff() THEN
        PERFORM deed.staff_no('own_account');
    ELSIF found.id IS NULL OR (current_setting('role') <> 'regulars_hq_admin' AND NOT places && reach) THEN
        PERFORM deed.staff_no('unknown_staff');
    ELSIF current_setting('role') <> 'regulars_hq_admin' AND found.role NOT IN ('store_manager', 'cashier') THEN
        PERFORM deed.staff_no('above_role');
    ELSIF whole AND NOT places <@ reach THEN
        PERFORM deed.staff_no('elsewhere');
    END IF;
    RETURN found;
END $$;

-- Whether the caller may give this role with these of their stores.
CREATE FUNCTION deed.staff_gives(wanted text, shops bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF wanted IS NULL OR wanted NOT IN ('hq_admin', 'hq_marketing', 'hq_viewer', 'store_manager', 'cashier') THEN
        PERFORM deed.staff_no('unknown_role');
    ELSIF current_setting('role') <> 'regulars_hq_admin' AND wanted NOT IN ('store_manager', 'cashier') THEN
        PERFORM deed.staff_no('above_role');
    ELSIF NOT shops <@ deed.staff_reach() THEN
        PERFORM deed.staff_no(CASE WHEN current_setting('role') = 'regulars_hq_admin' THEN 'unknown_store' ELSE 'foreign_store' END);
    END IF;
END $$;

-- Store roles work in stores, HQ roles in none.
CREATE FUNCTION deed.staff_fits(wanted text, shops bigint[], lonely text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF wanted IN ('store_manager', 'cashier') AND shops = '{}' THEN
        PERFORM deed.staff_no(lonely);
    ELSIF wanted NOT IN ('store_manager', 'cashier') AND shops <> '{}' THEN
        PERFORM deed.staff_no('store_not_wanted');
    END IF;
END $$;

CREATE FUNCTION deed.staff_hashed(hashed text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (hashed ~ '^pbkdf2_sha256\$[0-9]+\$[^$]+\$[^$]+$') IS NOT TRUE THEN
        PERFORM deed.staff_no('bad_password');
    END IF;
END $$;

-- Somebody new, with a password that is to be changed at the first log-in. Returns their id.
CREATE FUNCTION deed.staff_add(named text, hashed text, family text, given text, wanted text, shops bigint[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    PERFORM deed.staff_giver(NULL);
    shops := coalesce(shops, '{}');
    PERFORM deed.staff_gives(wanted, shops);
    PERFORM deed.staff_fits(wanted, shops, 'store_missing');
    PERFORM deed.staff_hashed(hashed);
    IF named IS NULL OR length(named) NOT BETWEEN 1 AND 100 OR named ~ '[[:space:][:cntrl:]]' THEN
        PERFORM deed.staff_no('bad_username');
    END IF;
    -- Anna and anna would be mistaken for each other; of two who add them at once the second finds the first.
    PERFORM pg_advisory_xact_lock(hashtextextended('staff name ' || lower(named), 0));
    IF EXISTS (SELECT FROM staff s WHERE lower(s.username) = lower(named)) THEN
        PERFORM deed.staff_no('username_taken');
    END IF;
    INSERT INTO staff (username, password, last_name, first_name, role, password_is_temporary, active, admin, superuser)
    VALUES (named, hashed, nullif(family, ''), nullif(given, ''), wanted, true, true, true, wanted = 'hq_admin') RETURNING id INTO made;
    INSERT INTO staff_store (staff, store) SELECT DISTINCT made, shop FROM unnest(shops) AS shop;
    RETURN made;
END $$;

-- A new password, to be changed at the next log-in; every log-in has ended (log_in.sql), and the second factor is off.
CREATE FUNCTION deed.staff_password(who bigint, hashed text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    target staff := deed.staff_target(who, true);
BEGIN
    PERFORM deed.staff_hashed(hashed);
    IF NOT target.active THEN
        PERFORM deed.staff_no('staff_left');
    END IF;
    UPDATE staff s SET password = hashed, password_is_temporary = true WHERE s.id = who;
    DELETE FROM second_factor f WHERE f.staff = who;
END $$;

-- Leaves (from then on without rights and log-ins) or is back. The stores stay, so that the stores still see who that was.
CREATE FUNCTION deed.staff_active(who bigint, wanted boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    target staff := deed.staff_target(who, true);
BEGIN
    IF wanted THEN
        PERFORM deed.staff_fits(target.role, deed.staff_places(who), 'store_missing');
    END IF;
    UPDATE staff s SET active = wanted WHERE s.id = who AND s.active <> wanted;
END $$;

-- Another role, other stores of the caller's; stores that are not the caller's stay. What the caller saw before must still be so:
-- of two at once the second is told. Of somebody who works elsewhere as well only own stores can be taken away.
CREATE FUNCTION deed.staff_place(who bigint, seen_role text, seen_shops bigint[], wanted text, shops bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    target staff := deed.staff_target(who, false);
    places bigint[] := deed.staff_places(who);
    reach bigint[] := deed.staff_reach();
    mine bigint[] := ARRAY(SELECT p FROM unnest(places) p WHERE p = ANY (reach));
BEGIN
    shops := coalesce(shops, '{}');
    PERFORM deed.staff_gives(wanted, shops);
    IF (target.role = seen_role AND mine <@ seen_shops AND seen_shops <@ mine) IS NOT TRUE THEN
        PERFORM deed.staff_no('changed_meanwhile');
    ELSIF NOT places <@ reach AND (wanted <> target.role OR NOT shops <@ places) THEN
        PERFORM deed.staff_no('elsewhere');
    END IF;
    PERFORM deed.staff_fits(wanted, shops || ARRAY(SELECT p FROM unnest(places) p WHERE p <> ALL (reach)), 'last_store');
    DELETE FROM staff_store o WHERE o.staff = who AND o.store = ANY (reach) AND o.store <> ALL (shops);
    INSERT INTO staff_store (staff, store) SELECT DISTINCT who, shop FROM unnest(shops) AS shop WHERE shop <> ALL (places);
    UPDATE staff s SET role = wanted, superuser = wanted = 'hq_admin' WHERE s.id = who AND s.role <> wanted;
END $$;

-- The people whom the caller manages, themselves included, without what opens anything: of `stores` only the caller's are told.
-- `who`: only that one; `named`: part of a name, or of a store's code or name.
CREATE FUNCTION deed.staff_list(who bigint, named text, most integer) RETURNS TABLE (
    id bigint, username text, last_name text, first_name text, role text, active boolean, last_login timestamp,
    is_temporary boolean, second_factor boolean, stores bigint[], elsewhere boolean
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    reach bigint[] := deed.staff_reach();
    everybody boolean := current_setting('role') = 'regulars_hq_admin';
BEGIN
    RETURN QUERY
    SELECT s.id::bigint, s.username::text, s.last_name::text, s.first_name::text, s.role::text, s.active, s.last_login, s.password_is_temporary,
        EXISTS (SELECT FROM second_factor f WHERE f.staff = s.id AND f.is_on),
        ARRAY(SELECT p FROM unnest(o.places) p WHERE p = ANY (reach)), NOT o.places <@ reach
    FROM staff s CROSS JOIN LATERAL (SELECT deed.staff_places(s.id) AS places) o
    WHERE (everybody OR o.places && reach) AND (who IS NULL OR s.id = who)
        AND (named = '' OR position(lower(named) IN lower(concat_ws(' ', s.username, s.last_name || s.first_name, s.first_name || ' ' || s.last_name))) > 0
            OR EXISTS (SELECT FROM store t WHERE t.id = ANY (o.places) AND t.id = ANY (reach) AND position(lower(named) IN lower(t.code || ' ' || t.name)) > 0))
    ORDER BY s.active DESC, s.username, s.id LIMIT most;
END $$;
