-- Wishes to be forgotten, from the shop that hears them to head office that decides. While one is open no marketing leaves to
-- the member (contact.sql). The erasure itself is deed.member_erase.

-- Files a member's wish; `until`: by when it is to be answered. outcome: filed | known (one is open already) | erased (was
-- erased before) | foreign (of no store of the caller, or nobody)
CREATE FUNCTION deed.erasure_ask(who bigint, checked text, words text, until date, now_at timestamptz, OUT outcome text, OUT request bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found member;
BEGIN
    PERFORM deed.allow('{}');
    -- Whoever erases them meanwhile goes first.
    SELECT m.* FROM member m WHERE m.id = who FOR SHARE INTO found;
    outcome := CASE WHEN found.id IS NULL OR deed.in_shops() AND found.home_store <> ALL (deed.stores()) THEN 'foreign'
        WHEN found.erased_at IS NOT NULL THEN 'erased' END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    INSERT INTO erasure_request (member, store, staff, asked_at, due_on, proof, note)
    VALUES (who, found.home_store, deed.staff(), now_at, until, checked, words)
    ON CONFLICT (member) WHERE state = 'open' DO NOTHING RETURNING id INTO request;
    outcome := CASE WHEN request IS NULL THEN 'known' ELSE 'filed' END;
    IF request IS NULL THEN
        SELECT r.id FROM erasure_request r WHERE r.member = who AND r.state = 'open' INTO request;
    END IF;
END $$;

-- Whether the caller is somebody of a shop, who acts for the own stores alone.
CREATE FUNCTION deed.in_shops() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT current_setting('role') IN ('regulars_store_manager', 'regulars_cashier')
$$;

-- A member thought better of it. Returns the request that was open; null: there is none of the caller's stores.
CREATE FUNCTION deed.erasure_withdraw(who bigint, now_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    request bigint;
BEGIN
    PERFORM deed.allow('{}');
    UPDATE erasure_request r SET state = 'withdrawn', decided_by = deed.staff(), decided_at = now_at
    WHERE r.member = who AND r.state = 'open' AND (NOT deed.in_shops() OR r.store = ANY (deed.stores())) RETURNING r.id INTO request;
    RETURN request;
END $$;

-- Head office says no, and why. False: it is not open.
CREATE FUNCTION deed.erasure_refuse(request bigint, words text, now_at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.privacy_allow();
    UPDATE erasure_request r SET state = 'refused', reason = words, decided_by = deed.staff(), decided_at = now_at
    WHERE r.id = request AND r.state = 'open';
    RETURN FOUND;
END $$;

-- What is left of the wishes of somebody who was erased.
CREATE FUNCTION deed.erasures_forget(who bigint, now_at timestamptz) RETURNS void LANGUAGE sql AS $$
    UPDATE erasure_request r SET note = '', reason = '', state = CASE r.state WHEN 'open' THEN 'done' ELSE r.state END,
        decided_by = CASE r.state WHEN 'open' THEN deed.staff() ELSE r.decided_by END, decided_at = coalesce(r.decided_at, now_at)
    WHERE r.member = who
$$;
