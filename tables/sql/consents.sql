-- Answers of members, and what may be kept of them alone because they said yes: a tag whose `purpose` is not null, and where
-- they live (个人信息保护法 art. 15, 28, 29, 31, 47). Whoever writes, the newest answer to the purpose is a yes as long as such a
-- tag or place is there. Who tags or places and who withdraws take the member's row in turn: neither is late for the other.

-- Whether a member's newest answer to a purpose is a yes.
CREATE FUNCTION deed.agreed(who bigint, what text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT c.granted FROM consent c WHERE c.member = who AND c.purpose = what ORDER BY c.at DESC, c.id DESC LIMIT 1), false)
$$;

-- Takes from members the tags and the place that they did not agree to.
CREATE FUNCTION deed.unagreed_forget(members bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM member_tag x USING tag t WHERE t.id = x.tag AND t.purpose IS NOT NULL AND x.member = ANY (members)
        AND NOT deed.agreed(x.member, t.purpose);
    UPDATE member m SET latitude = NULL, longitude = NULL WHERE m.id = ANY (members)
        AND (m.latitude IS NOT NULL OR m.longitude IS NOT NULL) AND NOT deed.agreed(m.id, 'location');
END $$;

-- A yes says to which words it was given. What a no forbids goes at once.
CREATE FUNCTION deed.consent_said() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    members bigint[] := ARRAY(SELECT DISTINCT s.member FROM said s WHERE s.purpose IN ('health', 'location', 'children'));
BEGIN
    IF EXISTS (SELECT FROM said s WHERE s.granted AND btrim(s.text_version) = '') THEN
        RAISE check_violation USING MESSAGE = 'new row violates check constraint "consent_told"', CONSTRAINT = 'consent_told';
    END IF;
    IF members <> '{}' THEN
        PERFORM FROM member m WHERE m.id = ANY (members) ORDER BY m.id FOR NO KEY UPDATE;
        PERFORM deed.unagreed_forget(members);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER said AFTER INSERT ON consent REFERENCING NEW TABLE AS said FOR EACH STATEMENT EXECUTE FUNCTION deed.consent_said();

-- By hand such a tag is refused; what a rule or the moving of a file would give is left out.
CREATE FUNCTION deed.tags_agreed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    members bigint[] := ARRAY(SELECT DISTINCT g.member FROM given g WHERE g.tag IN (SELECT t.id FROM tag t WHERE t.purpose IS NOT NULL));
BEGIN
    IF members = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM FROM member m WHERE m.id = ANY (members) ORDER BY m.id FOR NO KEY UPDATE;
    IF TG_OP = 'INSERT' AND EXISTS (SELECT FROM given g JOIN tag t ON t.id = g.tag
            WHERE g.source <> 'rule' AND t.purpose IS NOT NULL AND NOT deed.agreed(g.member, t.purpose)) THEN
        RAISE check_violation USING MESSAGE = 'new row violates check constraint "tag_agreed"', CONSTRAINT = 'tag_agreed';
    END IF;
    PERFORM deed.unagreed_forget(members);
    RETURN NULL;
END $$;
CREATE TRIGGER agreed AFTER INSERT ON member_tag REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION deed.tags_agreed();
CREATE TRIGGER agreed_still AFTER UPDATE ON member_tag REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION deed.tags_agreed();

-- The row is locked already where it is changed; a member that is being born has agreed to nothing yet.
CREATE FUNCTION deed.place_agreed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT deed.agreed(NEW.id, 'location') THEN
        RAISE check_violation USING MESSAGE = 'new row violates check constraint "place_agreed"', CONSTRAINT = 'place_agreed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER place_agreed BEFORE INSERT OR UPDATE OF latitude, longitude ON member FOR EACH ROW
    WHEN (NEW.latitude IS NOT NULL OR NEW.longitude IS NOT NULL) EXECUTE FUNCTION deed.place_agreed();

-- A tag that becomes sensitive is taken from whoever has not agreed. Nobody tags meanwhile, or they would go by what it was.
CREATE FUNCTION deed.tag_alone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    LOCK TABLE member_tag IN SHARE ROW EXCLUSIVE MODE;
    RETURN NULL;
END $$;
CREATE TRIGGER alone BEFORE UPDATE OF purpose ON tag FOR EACH STATEMENT EXECUTE FUNCTION deed.tag_alone();
CREATE FUNCTION deed.tag_purpose_set() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM member_tag x WHERE x.tag = NEW.id AND NOT deed.agreed(x.member, NEW.purpose);
    RETURN NULL;
END $$;
CREATE TRIGGER purpose_set AFTER UPDATE ON tag FOR EACH ROW WHEN (NEW.purpose IS NOT NULL AND OLD.purpose IS DISTINCT FROM NEW.purpose)
    EXECUTE FUNCTION deed.tag_purpose_set();

-- The night gives a tag to members who have it not. unagreed: who is left out because they have not agreed to its purpose.
CREATE FUNCTION deed.tag_give(members bigint[], wanted bigint, began timestamptz, why text, OUT given bigint, OUT unagreed bigint)
LANGUAGE plpgsql AS $$
DECLARE
    needs text := (SELECT t.purpose FROM tag t WHERE t.id = wanted);
    takers bigint[] := members;
BEGIN
    IF needs IS NOT NULL THEN
        PERFORM FROM member m WHERE m.id = ANY (members) ORDER BY m.id FOR NO KEY UPDATE;
        takers := ARRAY(SELECT m FROM unnest(members) m WHERE deed.agreed(m, needs));
    END IF;
    unagreed := cardinality(members) - cardinality(takers);
    INSERT INTO member_tag (member, tag, source, since, because) SELECT m, wanted, 'rule', began, why FROM unnest(takers) m
    ON CONFLICT (member, tag) DO NOTHING;
    GET DIAGNOSTICS given = ROW_COUNT;
END $$;

-- An answer that staff heard; a no ends what waits to be sent for it. It is newer than every answer that is known, whatever the
-- clocks say. outcome: recorded | known (said before: nothing is written) | unknown (no such member among the caller's) | erased
CREATE FUNCTION deed.consent_record(who bigint, what text, yes boolean, said_where text, wording text, shop bigint, at timestamptz,
    OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found member;
    newest consent;
BEGIN
    PERFORM deed.allow(ARRAY[shop]);
    SELECT m.* FROM member m WHERE m.id = who FOR NO KEY UPDATE INTO found;
    IF found.id IS NULL OR NOT (deed.sees_all_members() OR found.home_store = ANY (deed.stores())) THEN
        outcome := 'unknown';
        RETURN;
    END IF;
    SELECT c.* FROM consent c WHERE c.member = who AND c.purpose = what ORDER BY c.at DESC, c.id DESC LIMIT 1 INTO newest;
    outcome := CASE WHEN found.erased_at IS NOT NULL THEN 'erased'
        WHEN newest.granted = yes AND (NOT yes OR newest.text_version = wording) THEN 'known' ELSE 'recorded' END;
    IF outcome <> 'recorded' THEN
        RETURN;
    END IF;
    INSERT INTO consent (member, purpose, granted, source, text_version, store, staff, at)
    VALUES (who, what, yes, said_where, wording, shop, deed.staff(), greatest(consent_record.at, newest.at));
    IF NOT yes AND what IN ('marketing_sms', 'notice_sms') THEN
        PERFORM deed.sends_end(ARRAY(SELECT s.id FROM send_log s WHERE s.member = who AND s.state = 'queued'
            AND s.message_class = CASE what WHEN 'marketing_sms' THEN 'marketing' ELSE 'notice' END), 'skipped', 'opted_out');
    END IF;
END $$;

-- What a member of the caller's has said, newest first, with the name of who wrote it down.
CREATE FUNCTION deed.consent_story(who bigint) RETURNS TABLE (purpose text, granted boolean, source text, text_version text, store text,
    staff text, at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.purpose, c.granted, c.source, c.text_version, o.name, f.username, c.at
    FROM consent c LEFT JOIN store o ON o.id = c.store LEFT JOIN staff f ON f.id = c.staff
    WHERE c.member = who AND (deed.sees_all_members() OR EXISTS (
        SELECT FROM member m WHERE m.id = who AND m.home_store = ANY (deed.stores())))
    ORDER BY c.at DESC, c.id DESC
$$;
