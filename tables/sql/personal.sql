-- Members who said that what they did shall not choose what they are sent: "not personalised" (个人信息保护法 art. 24).

-- Those whose newest answer is a no, each once. Whoever never answered is personalised.
CREATE FUNCTION deed.not_personalised() RETURNS TABLE (member bigint) LANGUAGE sql STABLE AS $$
    SELECT n.member FROM (SELECT DISTINCT ON (c.member) c.member, c.granted FROM consent c WHERE c.purpose = 'personalisation'
        ORDER BY c.member, c.at DESC, c.id DESC) n WHERE NOT n.granted
$$;

-- Whoever says no, and however: what is queued for them because of what they did, or tells of it, does not leave.
CREATE FUNCTION deed.personal_refused() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    refusers CONSTANT bigint[] := ARRAY(SELECT DISTINCT s.member FROM said s WHERE s.purpose = 'personalisation' AND NOT s.granted);
BEGIN
    IF cardinality(refusers) > 0 THEN
        PERFORM deed.sends_end(ARRAY(
            SELECT q.id FROM deed.not_personalised() n CROSS JOIN LATERAL (
                SELECT s.id, s.step FROM send_log s WHERE s.member = n.member AND s.state = 'queued' AND s.message_class = 'marketing' OFFSET 0) q
            JOIN campaign_step t ON t.id = q.step AND t.is_personal WHERE n.member = ANY (refusers)), 'skipped', 'not_personalised');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER personal AFTER INSERT ON consent REFERENCING NEW TABLE AS said
    FOR EACH STATEMENT EXECUTE FUNCTION deed.personal_refused();

-- A member's answer by the code of a link of theirs, also of one that is over: `wish` false is the no, true takes it back,
-- null only asks. outcome: asked | done | nobody (the link is not of one person) | unknown. `refused`: what holds now. Again
-- changes nothing, and nobody is made to say yes who never said no.
CREATE FUNCTION deed.link_personal(wanted text, at timestamptz, wish boolean, wording text, OUT outcome text, OUT refused boolean,
    OUT chain text, OUT service text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link short_link;
    who member;
    newest timestamptz;
BEGIN
    SELECT * FROM short_link l WHERE l.code = wanted INTO link;
    SELECT * FROM member m WHERE m.id = deed.file_kept(link.member) AND m.erased_at IS NULL INTO who;
    outcome := CASE WHEN link.id IS NULL THEN 'unknown' WHEN who.id IS NULL THEN 'nobody' WHEN wish IS NULL THEN 'asked' ELSE 'done' END;
    IF outcome <> 'unknown' THEN
        SELECT c.name, c.phone FROM chain c INTO chain, service;
    END IF;
    SELECT NOT c.granted, c.at FROM consent c WHERE c.member = who.id AND c.purpose = 'personalisation'
    ORDER BY c.at DESC, c.id DESC LIMIT 1 INTO refused, newest;
    refused := coalesce(refused, false);
    IF outcome = 'done' AND refused = wish THEN
        -- Clocks differ: what is said now is newer than what is known.
        INSERT INTO consent (member, purpose, granted, source, text_version, store, at)
        VALUES (who.id, 'personalisation', wish, 'link', wording, who.home_store, greatest(link_personal.at, newest));
        refused := NOT wish;
    END IF;
END $$;
