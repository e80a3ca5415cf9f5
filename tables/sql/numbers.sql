-- A member's new number, and a number that somebody else has by now. Whoever holds a phone proves it with a code sent there: a
-- row of redemption_code that names a `phone` is good for that alone. Kept for the member's own store and headquarters.

-- Whether a code still proves a number at an instant.
CREATE FUNCTION deed.number_lives(code redemption_code, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT code.phone IS NOT NULL AND code.attempts < 5 AND code.expires_at > at
$$;

-- Only where the member is at home, and at headquarters, somebody can tell who stands there.
CREATE FUNCTION deed.number_allow(who bigint, shop bigint) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    PERFORM deed.allow(ARRAY(SELECT m.home_store FROM member m WHERE m.id = who));
END $$;

-- Sends a code to the number `wanted`: the member's own one is to be given up, a free one is to become theirs. outcome: sent |
-- unknown_member | looked (more numbers than may be looked up) | taken (another member has it) | soon | often (of texts to that number) | crowded (of codes of this store within
-- an hour that proved nothing: whoever sends texts to strangers uses none)
CREATE FUNCTION deed.number_ask(who bigint, shop bigint, wanted text, at timestamptz, OUT outcome text, OUT until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    code bigint;
    told record;
BEGIN
    PERFORM deed.number_allow(who, shop);
    -- Whether a number is taken is what a look-up tells; once an hour it is paid for.
    IF NOT EXISTS (SELECT FROM redemption_code c WHERE c.member = who AND c.store = shop AND c.phone = wanted
            AND c.created_at > at - interval '1 hour')
        AND (SELECT f.outcome FROM deed.member_reach(wanted, at, true) f) = 'too_many' THEN
        outcome := 'looked';
        RETURN;
    END IF;
    -- Of two who ask at once the second finds what the first has sent.
    PERFORM pg_advisory_xact_lock(hashtextextended('number code ' || wanted, 0));
    SELECT count(*) AS texts, count(*) FILTER (WHERE s.scheduled_at > at - interval '1 minute') AS fresh FROM send_log s
    WHERE s.phone = wanted AND s.message_class = 'verification' AND s.scheduled_at > at - interval '24 hours' INTO told;
    outcome := CASE WHEN NOT EXISTS (SELECT FROM member m WHERE m.id = who AND m.erased_at IS NULL) THEN 'unknown_member'
        WHEN EXISTS (SELECT FROM member m WHERE m.phone = wanted AND m.id <> who) THEN 'taken'
        WHEN told.fresh > 0 THEN 'soon' WHEN told.texts >= 5 THEN 'often'
        WHEN (SELECT count(*) FROM redemption_code c WHERE c.store = shop AND c.phone IS NOT NULL AND c.created_at > at - interval '1 hour') >= 20
            THEN 'crowded' ELSE 'sent' END;
    IF outcome <> 'sent' THEN
        RETURN;
    END IF;
    until := at + interval '5 minutes';
    INSERT INTO redemption_code (member, store, phone, created_at, expires_at) VALUES (who, shop, wanted, at, until) RETURNING id INTO code;
    INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, scheduled_at, send_before)
    VALUES (who, wanted, shop, 'verification', 'code:' || code, 'queued', at, until);
END $$;

-- The codes that would prove the number, newest first, for the caller to compare; until the transaction ends nobody else may.
CREATE FUNCTION deed.number_candidates(who bigint, shop bigint, wanted text, at timestamptz) RETURNS SETOF bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.number_allow(who, shop);
    PERFORM pg_advisory_xact_lock(hashtextextended('redemption code', who));
    RETURN QUERY SELECT c.id FROM redemption_code c WHERE c.member = who AND c.store = shop AND c.phone = wanted AND deed.number_lives(c, at)
    ORDER BY c.id DESC;
END $$;

-- A wrong guess counts against every code that it might have been. Returns how many guesses are left.
CREATE FUNCTION deed.number_missed(who bigint, shop bigint, wanted text, at timestamptz, OUT tries_left integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.number_allow(who, shop);
    WITH missed AS (
        UPDATE redemption_code c SET attempts = c.attempts + 1
        WHERE c.member = who AND c.store = shop AND c.phone = wanted AND deed.number_lives(c, at) RETURNING c.attempts
    ) SELECT coalesce(max(5 - m.attempts), 0) FROM missed m INTO tries_left;
END $$;

-- What a code that was verified proves comes true, once: the number becomes the member's, and the old one is told so (`body`);
-- or, where it was theirs, they have none any more. Consents stay the member's, refusals the numbers'. outcome: moved | released |
-- taken | spent
CREATE FUNCTION deed.number_prove(verified bigint, body text, at timestamptz, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    code redemption_code;
    holder member;
BEGIN
    SELECT c.* FROM redemption_code c WHERE c.id = verified FOR UPDATE INTO code;
    PERFORM deed.number_allow(code.member, code.store);
    IF deed.number_lives(code, at) IS NOT TRUE THEN
        outcome := 'spent';
        RETURN;
    END IF;
    SELECT m.* FROM member m WHERE m.id = code.member FOR UPDATE INTO holder;
    outcome := CASE WHEN holder.phone = code.phone THEN 'released'
        WHEN EXISTS (SELECT FROM member m WHERE m.phone = code.phone) THEN 'taken' ELSE 'moved' END;
    IF outcome = 'taken' THEN
        RETURN;
    END IF;
    UPDATE redemption_code SET phone = NULL, attempts = 5 WHERE id = verified;
    UPDATE member SET phone = CASE outcome WHEN 'moved' THEN code.phone END, phone_status = CASE outcome WHEN 'moved' THEN 'valid' ELSE 'unknown' END
    WHERE id = holder.id;
    IF outcome = 'released' THEN
        PERFORM deed.sends_end(ARRAY(SELECT s.id FROM send_log s WHERE s.member = holder.id AND s.state = 'queued'), 'skipped', 'no_phone');
    ELSIF holder.phone IS NOT NULL THEN
        INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, scheduled_at, send_before)
        VALUES (holder.id, holder.phone, code.store, 'verification', 'number:' || verified, body, 'queued', at, at + interval '24 hours');
    END IF;
END $$;
