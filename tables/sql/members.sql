-- Members at the counter: reached by full phone, shown, registered (design 7).

-- Whether a caller sees all members. Others reach those of their stores freely and any other by full phone.
CREATE FUNCTION deed.sees_all_members() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('role') IN ('regulars_job', 'regulars_owner', 'regulars_hq_admin', 'regulars_hq_viewer')
        OR EXISTS (SELECT FROM api_key k WHERE k.id = deed.api_key() AND k.store IS NULL)
$$;

-- What the look-ups of a person, or of a key, since an instant have cost.
CREATE FUNCTION deed.lookups_since(since timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF deed.api_key() IS NOT NULL THEN
        RETURN (SELECT coalesce(sum(l.weight), 0) FROM member_lookup l WHERE l.api_key = deed.api_key() AND l.at > since);
    END IF;
    RETURN (SELECT coalesce(sum(l.weight), 0) FROM member_lookup l WHERE l.api_key IS NULL AND l.at > since
        AND (l.staff = deed.staff() OR l.staff IS NULL AND deed.staff() IS NULL));
END $$;

-- Who sees numbers masked could find the hidden digits by naming one number after the other until a member is shown.
CREATE FUNCTION deed.sees_masked() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('role') IN ('regulars_cashier', 'regulars_hq_viewer', 'regulars_hq_marketing')
$$;

-- Whether such a person has named so many numbers within a day that led nowhere that no number is answered any more.
CREATE FUNCTION deed.guesses_end(asked_at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN deed.sees_masked() AND (SELECT count(*) FROM member_lookup l WHERE l.staff = deed.staff() AND l.member IS NULL
        AND l.at > asked_at - interval '24 hours') >= 300;
END $$;

-- outcome: own | found (of another store: costs 1 when it is looked at, nothing when a deed follows) | missing (costs 3) |
-- too_many. The limit is looked at before the phone is: the last look-up below it may be a miss, for a refusal that depended
-- on its price would tell who is a member. A deed on a member who is there leaves a receipt and is never refused for it.
CREATE FUNCTION deed.member_reach(wanted text, asked_at timestamptz, looks boolean, OUT outcome text, OUT member bigint) LANGUAGE plpgsql AS $$
DECLARE
    home bigint;
BEGIN
    SELECT m.id, m.home_store FROM public.member m WHERE m.phone = wanted INTO member, home;
    IF home = ANY (deed.stores()) OR home IS NOT NULL AND deed.sees_all_members() THEN
        outcome := CASE WHEN deed.guesses_end(asked_at) THEN 'too_many' ELSE 'own' END;
        member := CASE outcome WHEN 'own' THEN member END;
        RETURN;
    END IF;
    IF home IS NOT NULL AND NOT looks THEN
        outcome := 'found';
        RETURN;
    END IF;
    IF current_setting('role') IN ('regulars_job', 'regulars_owner', 'regulars_hq_admin')
        OR EXISTS (SELECT FROM api_key k WHERE k.id = deed.api_key() AND k.store IS NULL) THEN
        outcome := 'missing';
        RETURN;
    END IF;
    -- Of two look-ups at once the second counts the first.
    PERFORM pg_advisory_xact_lock(hashtextextended('member_lookup', coalesce(-deed.api_key(), deed.staff(), 0)));
    IF deed.lookups_since(asked_at - interval '1 hour') >= 60 OR deed.lookups_since(asked_at - interval '24 hours') >= 300 THEN
        outcome := 'too_many';
        member := NULL;
        -- Beyond the limit own members are shown still, so that what is not shown has to end, too.
        IF deed.sees_masked() THEN
            INSERT INTO member_lookup (staff, weight, at) VALUES (deed.staff(), 1, asked_at);
        END IF;
        RETURN;
    END IF;
    outcome := CASE WHEN home IS NULL THEN 'missing' ELSE 'found' END;
    INSERT INTO member_lookup (staff, api_key, member, weight, at)
    VALUES (deed.staff(), deed.api_key(), member, CASE WHEN home IS NULL THEN 3 ELSE 1 END, asked_at);
END $$;

CREATE FUNCTION deed.member_find(wanted text, asked_at timestamptz, OUT outcome text, OUT member bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM deed.member_reach(wanted, asked_at, true)
$$;

-- How a member stands on a day: lapsed lots are left out, due ones are spendable. No row: there is no such member. Plain SQL,
-- so that the planner merges it into its caller: a batch of receipts asks it for all their members at once.
CREATE FUNCTION deed.standing(who bigint, day date) RETURNS TABLE (name text, phone_masked text, home bigint, tier text, benefits text,
    tier_valid_until date, next_tier text, to_next_tier numeric, balance bigint, pending bigint, debt bigint) LANGUAGE sql STABLE AS $$
    SELECT m.name, coalesce(m.phone_masked, ''), m.home_store, t.name, t.benefits, m.tier_valid_until, n.name,
        CASE WHEN n.id IS NOT NULL THEN greatest(n.quarterly_spend - greatest(s.spent, 0), 0) END,
        coalesce(l.ready, 0)::bigint, coalesce(l.held, 0)::bigint, a.debt
    FROM member m JOIN tier t ON t.id = m.tier JOIN points_account a ON a.member = m.id
    CROSS JOIN (SELECT date_trunc('quarter', day)::date AS first, (date_trunc('quarter', day) + interval '3 months - 1 day')::date AS last) q
    LEFT JOIN LATERAL (SELECT * FROM tier o WHERE o.rank > t.rank ORDER BY o.rank LIMIT 1) n ON true
    CROSS JOIN LATERAL (SELECT coalesce(sum(p.tier_amount), 0) AS spent FROM purchase p
        WHERE p.member = m.id AND p.business_date >= q.first AND p.sold_on BETWEEN q.first AND q.last) s
    CROSS JOIN LATERAL (SELECT sum(o.remaining) FILTER (WHERE o.matured OR o.available_on <= day) AS ready,
            sum(o.remaining) FILTER (WHERE NOT o.matured AND o.available_on > day) AS held
        FROM points_lot o WHERE o.member = m.id AND o.remaining > 0 AND (o.expires_on IS NULL OR o.expires_on >= day)) l
    WHERE m.id = who
$$;

-- The next days on which a member's points end, at most three.
CREATE FUNCTION deed.ending(who bigint, day date) RETURNS TABLE (expires_on date, points bigint) LANGUAGE sql STABLE AS $$
    SELECT o.expires_on, sum(o.remaining)::bigint FROM points_lot o WHERE o.member = who AND o.remaining > 0 AND o.expires_on >= day
    GROUP BY o.expires_on ORDER BY o.expires_on LIMIT 3
$$;

-- What the counter shows of a member; no name: there is no such member. One of another store must have been looked up by
-- this person in the hour before, and only a little is shown.
CREATE FUNCTION deed.member_card(who bigint, day date, asked_at timestamptz, OUT name text, OUT phone_masked text, OUT own boolean,
    OUT tier text, OUT tier_valid_until date, OUT next_tier text, OUT to_next_tier numeric,
    OUT balance bigint, OUT pending bigint, OUT debt bigint, OUT ends date[], OUT parts bigint[], OUT benefits text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    own := deed.sees_all_members() OR EXISTS (SELECT FROM member m WHERE m.id = who AND m.home_store = ANY (deed.stores()));
    IF NOT own AND NOT EXISTS (
        SELECT FROM member_lookup l WHERE l.member = who AND l.at > asked_at - interval '1 hour'
            AND CASE WHEN deed.api_key() IS NOT NULL THEN l.api_key = deed.api_key()
                ELSE l.staff = deed.staff() OR l.staff IS NULL AND deed.staff() IS NULL AND l.api_key IS NULL END) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this member was not looked up';
    END IF;
    SELECT CASE WHEN own THEN s.name ELSE left(s.name, 1) || '*' END, s.phone_masked, s.tier, CASE WHEN own THEN s.tier_valid_until END,
        s.next_tier, CASE WHEN own THEN s.to_next_tier END, s.balance, CASE WHEN own THEN s.pending ELSE 0 END,
        CASE WHEN own THEN s.debt ELSE 0 END, CASE WHEN own THEN s.benefits ELSE '' END
    FROM deed.standing(who, day) s
    INTO name, phone_masked, tier, tier_valid_until, next_tier, to_next_tier, balance, pending, debt, benefits;
    IF own THEN
        SELECT array_agg(x.expires_on), array_agg(x.points) FROM deed.ending(who, day) x INTO ends, parts;
    END IF;
END $$;

-- Makes a member with the answers given and a welcome on its way. outcome: created | no_program | unknown_store, and for a
-- phone that is known what a look-up says of it: nothing of that member is changed.
CREATE FUNCTION deed.member_register(new_phone text, new_name text, new_title text, born_on date, shop bigint, purposes text[],
    answers boolean[], said_where text, wordings text[], day date, now_at timestamptz, clerk bigint, brought_by bigint,
    OUT outcome text, OUT member bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lowest bigint := (SELECT id FROM tier WHERE rank = 1);
    who bigint := coalesce(deed.staff(), clerk);
    message bigint;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    outcome := CASE WHEN NOT EXISTS (SELECT FROM store WHERE id = shop) THEN 'unknown_store' WHEN lowest IS NULL THEN 'no_program' END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    INSERT INTO member (phone, name, title, birthday, home_store, joined_on, tier, referred_by)
    VALUES (new_phone, new_name, new_title, born_on, shop, day, lowest, brought_by)
    ON CONFLICT (phone) DO NOTHING RETURNING id INTO member;
    IF member IS NULL THEN
        SELECT f.* FROM deed.member_reach(new_phone, now_at, true) f INTO outcome, member;
        RETURN;
    END IF;
    outcome := 'created';
    INSERT INTO consent (member, purpose, granted, source, text_version, store, staff, at)
    SELECT member, a.purpose, a.granted, said_where, a.wording, shop, who, now_at
    FROM unnest(purposes, answers, wordings) AS a(purpose, granted, wording) ORDER BY a.purpose;
    INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, scheduled_at, send_before)
    VALUES (member, new_phone, shop, 'notice', 'welcome:' || member, 'queued', now_at, now_at + interval '2 days')
    RETURNING id INTO message;
    INSERT INTO notice (member, kind, reference, business_date, send_before, send_log, state)
    VALUES (member, 'welcome', 'welcome', day, now_at + interval '2 days', message, 'queued');
END $$;
