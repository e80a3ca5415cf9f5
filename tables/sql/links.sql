-- Short links: followed by whoever has the code (role visitor, which reads no table), counted, and a way out without a log-in.
-- The code is the key: about 2^56 of them exist, so that none is found by trying.

-- Letters and digits alone: phones leave a hyphen at the end of an address out of the link.
CREATE FUNCTION deed.link_code() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT left(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/', 'kZ'), 10)
$$;

-- Follows a code: what the page needs, and the click is written. outcome: found | over | unknown; what is over tells nothing.
-- Opened within two seconds after its message left, it was a programme that looked. Without `counts` nothing is written.
CREATE FUNCTION deed.link_open(wanted text, at timestamptz, device text, preview boolean, counts boolean,
    OUT outcome text, OUT url text, OUT personal boolean, OUT name text, OUT title text, OUT offer text, OUT chain text, OUT service text,
    OUT store text, OUT address text, OUT phone text, OUT hours text, OUT landing_kind text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link short_link;
    who member;
    after numeric;
BEGIN
    SELECT * FROM short_link l WHERE l.code = wanted INTO link;
    SELECT * FROM member m WHERE m.id = deed.file_kept(link.member) INTO who;
    outcome := CASE WHEN link.id IS NULL THEN 'unknown' WHEN link.expires_at <= at OR who.erased_at IS NOT NULL THEN 'over' ELSE 'found' END;
    IF outcome <> 'found' THEN
        RETURN;
    END IF;
    IF counts THEN
        SELECT greatest(extract(epoch FROM at - s.handed_at), 0) FROM send_log s
        WHERE s.campaign = link.campaign AND s.step = link.step AND s.member = link.member INTO after;
        INSERT INTO click (link, at, device, is_preview, seconds_after)
        VALUES (link.id, at, device, preview OR coalesce(after < 2, false), round(after, 1));
    END IF;
    url := link.url;
    IF url IS NOT NULL THEN
        RETURN;
    END IF;
    personal := link.member IS NOT NULL;
    name := who.name;
    title := who.title;
    SELECT nullif(v.landing, ''), v.landing_kind FROM send_log s JOIN campaign_variant v ON v.id = s.variant
    WHERE s.campaign = link.campaign AND s.step = link.step AND s.member = link.member INTO offer, landing_kind;
    IF landing_kind IS NULL THEN
        -- A winner opens what the version did that won, a test what its version will.
        SELECT nullif(v.landing, ''), v.landing_kind FROM campaign_step t LEFT JOIN campaign_step f ON f.id = t.follows AND t.kind = 'winner'
            JOIN campaign_variant v ON v.step = coalesce(f.id, t.id) AND v.label = coalesce(f.winner, link.version)
        WHERE t.id = link.step INTO offer, landing_kind;
    END IF;
    IF offer IS NULL THEN
        SELECT t.landing FROM campaign_step t WHERE t.campaign = link.campaign AND t.landing <> '' AND t.id = coalesce(link.step, t.id)
        ORDER BY t.number LIMIT 1 INTO offer;
    END IF;
    -- A link of nobody leads to what the first version shows, where the step has nothing of its own.
    IF offer IS NULL AND NOT personal THEN
        SELECT v.landing, v.landing_kind FROM campaign_step t JOIN campaign_variant v ON v.step = t.id
        WHERE t.campaign = link.campaign AND t.id = coalesce(link.step, t.id) ORDER BY t.number, v.label LIMIT 1 INTO offer, landing_kind;
    END IF;
    SELECT c.name, c.phone FROM chain c INTO chain, service;
    SELECT s.name, s.address, s.phone, s.opening_hours FROM store s
    WHERE s.is_active AND s.id = coalesce((SELECT c.store FROM campaign c WHERE c.id = link.campaign), who.home_store)
    INTO store, address, phone, hours;
END $$;

-- A member's no by the code of a link of theirs, also of one that is over. choice: marketing | everything | fewer; null only
-- asks. outcome: asked | done | nobody (the link is not of one person) | unknown. `settled`: what holds now; who refused
-- marketing before does not get it back by a wish for less. Again changes nothing.
CREATE FUNCTION deed.link_opt_out(wanted text, at timestamptz, choice text, word text, OUT outcome text, OUT settled text,
    OUT chain text, OUT service text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    link short_link;
    who bigint;
    refused text[];
BEGIN
    SELECT * FROM short_link l WHERE l.code = wanted INTO link;
    SELECT m.id FROM member m WHERE m.id = deed.file_kept(link.member) AND m.erased_at IS NULL INTO who;
    outcome := CASE WHEN link.id IS NULL THEN 'unknown' WHEN who IS NULL THEN 'nobody' WHEN choice IS NULL THEN 'asked' ELSE 'done' END;
    IF outcome <> 'unknown' THEN
        SELECT c.name, c.phone FROM chain c INTO chain, service;
    END IF;
    IF outcome <> 'done' THEN
        RETURN;
    END IF;
    SELECT array_agg(p.purpose) FROM unnest(ARRAY['marketing_sms', 'notice_sms']) AS p(purpose) CROSS JOIN LATERAL (
        SELECT c.granted FROM consent c WHERE c.member = who AND c.purpose = p.purpose ORDER BY c.at DESC, c.id DESC LIMIT 1) n
    WHERE NOT n.granted INTO refused;
    settled := CASE WHEN choice = 'fewer' AND 'marketing_sms' = ANY (refused) THEN 'marketing' ELSE choice END;
    IF choice = 'fewer' THEN
        UPDATE member SET preferences = preferences || '{"fewer": true}' WHERE id = who AND preferences ->> 'fewer' IS DISTINCT FROM 'true';
        RETURN;
    END IF;
    IF (refused @> CASE choice WHEN 'everything' THEN ARRAY['marketing_sms', 'notice_sms'] ELSE ARRAY['marketing_sms'] END) IS NOT TRUE THEN
        PERFORM deed.opt_out(who, at, choice = 'everything', 'link', word);
    END IF;
END $$;
