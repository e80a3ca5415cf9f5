-- Codes that a member reads out before points are spent (design 4.3). A row says that there is one; its digits follow from
-- its id and the chain's secret, which the database does not know. In the send log `code:<id>` is its first text,
-- `code:<id>:<n>` the same digits once more.

-- Whether a code may still be read out at an instant: unused, in time, and not guessed at too often.
CREATE FUNCTION deed.code_lives(code redemption_code, at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT code.phone IS NULL AND code.entry IS NULL AND code.attempts < 5 AND code.expires_at > at
$$;

-- Whether a code that was verified is one for this redemption, and was not used up for another since.
CREATE FUNCTION deed.code_proves(verified bigint, who bigint, shop bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM redemption_code c WHERE c.id = verified AND c.member = who AND c.store = shop AND c.entry IS NULL AND c.phone IS NULL)
$$;

-- Sends a code to a member's phone: one that is good for two more minutes again, else a new one, good for five. What is on
-- its way already, or has just arrived, is not sent twice. outcome: sent | known | unknown_member | unreachable | soon | often |
-- crowded. `crowded`: twenty codes were asked for from this address for this store within an hour and used by nobody. Those
-- that were used do not count, for the tills of a busy store share an address; whoever sends texts to strangers uses none.
CREATE FUNCTION deed.code_ask(who bigint, shop bigint, at timestamptz, OUT outcome text, OUT until timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    holder member;
    code redemption_code;
    told record;
    place text := nullif(current_setting('app.address', true), '');
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    SELECT * FROM member WHERE id = who INTO holder;
    outcome := CASE WHEN holder.id IS NULL THEN 'unknown_member'
        WHEN holder.erased_at IS NOT NULL OR holder.phone IS NULL OR holder.phone_status = 'invalid' THEN 'unreachable' END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    -- Of two who ask at once the second finds what the first has sent.
    PERFORM pg_advisory_xact_lock(hashtextextended('redemption code', who));
    SELECT * FROM redemption_code c WHERE c.member = who AND c.store = shop AND deed.code_lives(c, at)
        AND c.expires_at >= at + interval '2 minutes' ORDER BY c.id DESC LIMIT 1 INTO code;
    -- The phone may have been somebody else's, and the member's another one: limits are the phone's, digits the member's.
    SELECT count(*) FILTER (WHERE s.phone = holder.phone) AS texts,
        count(*) FILTER (WHERE s.phone = holder.phone AND s.scheduled_at > at - interval '1 minute') AS fresh,
        count(*) FILTER (WHERE x.mine) AS times,
        bool_or(s.state IN ('queued', 'sending') OR s.state NOT IN ('failed', 'skipped', 'cancelled')
                AND s.scheduled_at > at - interval '1 minute') FILTER (WHERE x.mine AND s.phone = holder.phone) AS arriving
    FROM send_log s CROSS JOIN LATERAL (SELECT split_part(s.dedupe_key, ':', 2) = code.id::text AS mine) x
    WHERE (s.member = who OR s.phone = holder.phone) AND s.message_class = 'verification' AND s.dedupe_key LIKE 'code:%'
        AND s.scheduled_at > at - interval '24 hours'
    INTO told;
    until := code.expires_at;
    outcome := CASE WHEN told.arriving THEN 'known' WHEN told.fresh > 0 THEN 'soon' WHEN told.texts >= 5 THEN 'often' ELSE 'sent' END;
    IF outcome <> 'sent' THEN
        RETURN;
    END IF;
    IF code.id IS NULL THEN
        IF place IS NOT NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('redemption codes of ' || place, shop));
            IF (SELECT count(*) FROM redemption_code c WHERE c.address = place AND c.created_at > at - interval '1 hour'
                    AND c.store = shop AND c.entry IS NULL) >= 20 THEN
                outcome := 'crowded';
                RETURN;
            END IF;
        END IF;
        INSERT INTO redemption_code (member, store, address, created_at, expires_at) VALUES (who, shop, place, at, at + interval '5 minutes')
        RETURNING * INTO code;
    END IF;
    INSERT INTO send_log (member, phone, store, message_class, dedupe_key, state, scheduled_at, send_before)
    VALUES (who, holder.phone, shop, 'verification', 'code:' || code.id || coalesce(':' || nullif(told.times, 0) + 1, ''), 'queued', at,
        code.expires_at);
    until := code.expires_at;
END $$;

-- The codes that a member may read out in a store, newest first, for the caller to compare, and the one (not `alive`) that
-- the redemption `redeemed_as` was made with: made once more, it is shown the same one. Until the transaction ends nobody
-- else may guess at or use a code of this member.
CREATE FUNCTION deed.code_candidates(who bigint, shop bigint, at timestamptz, redeemed_as text)
RETURNS TABLE (id bigint, alive boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    PERFORM pg_advisory_xact_lock(hashtextextended('redemption code', who));
    RETURN QUERY SELECT c.id, c.entry IS NULL FROM redemption_code c LEFT JOIN points_entry e ON e.id = c.entry
    WHERE c.member = who AND c.store = shop AND (deed.code_lives(c, at) OR e.source = 'redeem' AND e.reference = redeemed_as)
    ORDER BY c.id DESC;
END $$;

-- A wrong guess counts against every code that it might have been. Returns how many guesses are left.
CREATE FUNCTION deed.code_missed(who bigint, shop bigint, at timestamptz, OUT tries_left integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    WITH missed AS (
        UPDATE redemption_code c SET attempts = c.attempts + 1 WHERE c.member = who AND c.store = shop AND deed.code_lives(c, at)
        RETURNING c.attempts
    ) SELECT coalesce(max(5 - m.attempts), 0) FROM missed m INTO tries_left;
END $$;
