-- What phones tell us (design 4.7): a no acts at once, in the whole chain; answers, keywords and free text wait for a person
-- or are answered. Rows of the send log are locked in the order of their ids, chunks after them.

-- Queued messages end: `skipped` for a reason, or `cancelled`. Of what may have left already nobody knows. Returns how many.
CREATE FUNCTION deed.sends_end(sends bigint[], ending text, why text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    chunks bigint[];
    doubts boolean[];
    ended bigint;
BEGIN
    WITH mine AS MATERIALIZED (
        SELECT s.id FROM send_log s WHERE s.id = ANY (sends) AND s.state = 'queued' ORDER BY s.id FOR NO KEY UPDATE
    ), over AS (
        UPDATE send_log s SET state = CASE WHEN s.gateway IS NULL THEN ending ELSE 'unknown' END, next_at = NULL,
            reason = CASE WHEN s.gateway IS NULL THEN why END
        FROM mine m WHERE s.id = m.id RETURNING s.id, s.chunk, s.state = 'unknown' AS doubt
    ), told AS (
        UPDATE notice n SET state = 'skipped', reason = why FROM over o WHERE n.send_log = o.id AND NOT o.doubt AND n.state <> 'skipped'
    ) SELECT count(*), array_agg(chunk), array_agg(doubt) FROM over INTO ended, chunks, doubts;
    WITH counted AS (
        SELECT o.chunk, count(*) FILTER (WHERE NOT o.doubt AND ending = 'skipped') AS over, count(*) FILTER (WHERE o.doubt) AS unknown
        FROM unnest(chunks, doubts) AS o(chunk, doubt) WHERE o.chunk IS NOT NULL GROUP BY o.chunk
    ), held AS MATERIALIZED (
        SELECT c.id FROM send_chunk c WHERE c.id IN (SELECT n.chunk FROM counted n) ORDER BY c.id FOR NO KEY UPDATE
    ) UPDATE send_chunk c SET skipped = c.skipped + n.over, unknown = c.unknown + n.unknown
    FROM held h JOIN counted n ON n.chunk = h.id WHERE c.id = h.id;
    RETURN ended;
END $$;

-- Members who said no, each with a word and the store where it was said: to marketing, or to `everything`. What is queued for
-- them is skipped. Clocks differ: a no is newer than every yes that is known, whatever that says of its time.
CREATE FUNCTION deed.opt_outs(members bigint[], everything boolean[], words text[], stores bigint[], source text, at timestamptz)
RETURNS void LANGUAGE plpgsql SET enable_seqscan = off SET enable_mergejoin = off SET enable_hashjoin = off AS $$
BEGIN
    INSERT INTO consent (member, purpose, granted, source, text_version, store, at)
    SELECT m.id, p.purpose, false, opt_outs.source, left(r.word, 40), coalesce(r.store, m.home_store), greatest(opt_outs.at, n.newest)
    FROM unnest(members, everything, words, stores) WITH ORDINALITY AS r(member, everything, word, store, turn)
    JOIN member m ON m.id = r.member CROSS JOIN (VALUES (1, 'marketing_sms'), (2, 'notice_sms')) p(turn, purpose)
    CROSS JOIN LATERAL (SELECT max(c.at) AS newest FROM consent c WHERE c.member = m.id AND c.purpose = p.purpose) n
    WHERE p.turn = 1 OR r.everything ORDER BY r.turn, p.turn;
    PERFORM deed.sends_end(ARRAY(
        SELECT s.id FROM unnest(members, everything) AS r(member, everything) CROSS JOIN LATERAL (
            SELECT q.id FROM send_log q WHERE q.member = r.member AND q.state = 'queued'
                AND (q.message_class = 'marketing' OR r.everything AND q.message_class = 'notice') OFFSET 0) s), 'skipped', 'opted_out');
END $$;

-- One member's no.
CREATE FUNCTION deed.opt_out(who bigint, at timestamptz, everything boolean, source text, word text) RETURNS void LANGUAGE sql AS $$
    SELECT deed.opt_outs(ARRAY[who], ARRAY[everything], ARRAY[word], ARRAY[NULL::bigint], source, at)
$$;

-- The no of phones that are no member's; said again, it counts from then.
CREATE FUNCTION deed.suppress(digests text[], source text, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM deed.allow(NULL);
    INSERT INTO suppression AS s (phone_hmac, since, source) SELECT DISTINCT d, suppress.at, suppress.source FROM unnest(digests) d ORDER BY d
    ON CONFLICT (phone_hmac) DO UPDATE SET since = greatest(s.since, EXCLUDED.since);
END $$;

-- Few rows of large tables are read here, each by its index, whatever the planner has heard of their size.
-- Keeps replies, each once, with its member, store and message, and does what they say. `kinds` and `words` as
-- rules/replies.py reads them. What was said before something that the same account told us already changes nothing, but
-- a stranger's no. Returns the new ones.
CREATE FUNCTION deed.replies_take(through text, reply_ids text[], phones text[], texts text[], kinds text[], words text[],
    moments timestamptz[], digests text[], at timestamptz) RETURNS TABLE (id bigint, kind text, word text)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_mergejoin = off SET enable_hashjoin = off AS $$
#variable_conflict use_column
DECLARE
    fresh bigint[];
BEGIN
    -- One at a time: what was answered in the last hour is counted here.
    PERFORM pg_advisory_xact_lock(hashtextextended('replies', 0));
    WITH told AS (
        SELECT t.*, least(t.moment, replies_take.at) AS said FROM unnest(reply_ids, phones, texts, kinds, words, moments)
            WITH ORDINALITY AS t(reply_id, phone, body, kind, word, moment, turn)
    ), taken AS (
        INSERT INTO reply (gateway, gateway_reply_id, phone, member, store, send_log, text, kind, state, done_at, said_at, at)
        SELECT through, t.reply_id, left(t.phone, 16), m.id, x.store, s.id, t.body, y.kind, CASE WHEN z.done THEN 'done' ELSE 'open' END,
            CASE WHEN z.done THEN replies_take.at END, t.said, replies_take.at
        FROM told t LEFT JOIN member m ON m.phone = t.phone
        LEFT JOIN LATERAL (
            SELECT s.id, s.store, s.expects_reply FROM send_log s WHERE s.phone = t.phone AND s.message_class IN ('marketing', 'notice')
                AND s.handed_at > t.said - interval '48 hours' AND s.handed_at <= t.said + interval '5 minutes'
            ORDER BY s.expects_reply AND t.kind IN ('keyword', 'other') DESC, s.handed_at DESC, s.id DESC LIMIT 1) s ON true
        CROSS JOIN LATERAL (SELECT coalesce(s.store, m.home_store) AS store) x
        CROSS JOIN LATERAL (SELECT CASE WHEN t.kind NOT IN ('keyword', 'other') THEN t.kind WHEN s.expects_reply THEN 'answer'
            WHEN EXISTS (SELECT FROM keyword_reply k WHERE lower(k.keyword) = lower(t.word) AND k.is_active
                         AND (k.store IS NULL OR k.store = x.store)) THEN 'keyword' ELSE 'other' END AS kind) y
        CROSS JOIN LATERAL (SELECT y.kind IN ('opt_out', 'opt_out_all') OR m.id IS NOT NULL AND y.kind IN ('fewer', 'opt_in') AS done) z
        ORDER BY t.said, t.turn ON CONFLICT (gateway, gateway_reply_id) DO NOTHING RETURNING reply.id
    ) SELECT coalesce(array_agg(id), '{}') FROM taken INTO fresh;
    PERFORM deed.replies_heed(fresh, reply_ids, words, digests, replies_take.at);
    RETURN QUERY SELECT r.id, r.kind::text, t.word FROM reply r JOIN unnest(reply_ids, words) AS t(reply_id, word)
        ON t.reply_id = r.gateway_reply_id WHERE r.id = ANY (fresh) ORDER BY r.id;
END $$;

CREATE FUNCTION deed.replies_heed(fresh bigint[], reply_ids text[], words text[], digests text[], at timestamptz) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    refused record;
BEGIN
    SELECT array_agg(t.digest) FILTER (WHERE r.member IS NULL AND t.digest IS NOT NULL) AS strangers,
        array_agg(r.member ORDER BY r.id) FILTER (WHERE l.counts) AS members,
        array_agg(r.kind = 'opt_out_all' ORDER BY r.id) FILTER (WHERE l.counts) AS everything,
        array_agg(t.word ORDER BY r.id) FILTER (WHERE l.counts) AS words, array_agg(r.store ORDER BY r.id) FILTER (WHERE l.counts) AS stores
    FROM reply r JOIN unnest(reply_ids, words, digests) AS t(reply_id, word, digest) ON t.reply_id = r.gateway_reply_id
    CROSS JOIN LATERAL (SELECT r.member IS NOT NULL AND NOT EXISTS (
        SELECT FROM reply o WHERE o.phone = r.phone AND o.gateway = r.gateway AND o.member = r.member AND o.kind = 'opt_in'
            AND (o.said_at, o.id) > (r.said_at, r.id)) AS counts) l
    WHERE r.id = ANY (fresh) AND r.kind IN ('opt_out', 'opt_out_all') INTO refused;
    PERFORM deed.suppress(refused.strangers, 'reply', replies_heed.at) WHERE refused.strangers IS NOT NULL;
    PERFORM deed.opt_outs(refused.members, refused.everything, refused.words, refused.stores, 'reply', replies_heed.at)
        WHERE refused.members IS NOT NULL;
    -- A yes to notices is written where there was a no: without one they are sent anyway.
    INSERT INTO consent (member, purpose, granted, source, text_version, store, at)
    SELECT r.member, p.purpose, true, 'reply', left(t.word, 40), r.store, greatest(replies_heed.at, c.at)
    FROM reply r JOIN unnest(reply_ids, words) AS t(reply_id, word) ON t.reply_id = r.gateway_reply_id
    CROSS JOIN (VALUES (1, 'marketing_sms'), (2, 'notice_sms')) p(turn, purpose)
    LEFT JOIN LATERAL (SELECT c.granted, c.at FROM consent c WHERE c.member = r.member AND c.purpose = p.purpose
                       ORDER BY c.at DESC, c.id DESC LIMIT 1) c ON true
    WHERE r.id = ANY (fresh) AND r.kind = 'opt_in' AND r.member IS NOT NULL AND (p.turn = 1 OR NOT c.granted) AND NOT EXISTS (
        SELECT FROM reply o WHERE o.phone = r.phone AND o.gateway = r.gateway AND o.kind IN ('opt_out', 'opt_out_all')
            AND (o.said_at, o.id) > (r.said_at, r.id))
    ORDER BY r.id, p.turn;
    WITH fewer AS (
        SELECT m.id FROM member m WHERE m.id IN (SELECT r.member FROM reply r WHERE r.id = ANY (fresh) AND r.kind = 'fewer')
        ORDER BY m.id FOR NO KEY UPDATE
    ) UPDATE member m SET preferences = m.preferences || '{"fewer": true}' FROM fewer f WHERE m.id = f.id;
END $$;

-- What is needed to answer keywords: the words of the reply's store, else those of all, and what fills them. `silent`: no
-- machine may be at the other end for ever – three answers an hour and ten a day to one ordinary mobile number (`fresh`
-- ones in their order counted), and none to what is only our own text come back.
CREATE FUNCTION deed.replies_paper(fresh bigint[], words text[], at timestamptz, day date)
RETURNS TABLE (id bigint, text text, for_staff boolean, silent boolean, signature text, name text, title text, tier text, balance bigint,
    store text, hours text, address text, phone text) LANGUAGE sql STABLE AS $$
    SELECT r.id, k.text, k.for_staff, f.hour + r.turn > 3 OR f.day + r.turn > 10
            OR r.phone !~ '^\+(861[3-9]\d{9}|(?!86)[1-9]\d{6,13})$'
            OR EXISTS (SELECT FROM send_log s WHERE s.phone = r.phone AND s.created_at > replies_paper.at - interval '48 hours'
                       AND btrim(r.text) IN (s.text, regexp_replace(s.text, '^【[^】]*】', ''))),
        coalesce((SELECT nullif(btrim(c.signature), '') FROM chain c LIMIT 1), '回头客'), m.name, m.title, b.tier, b.balance,
        o.name, o.opening_hours, o.address, o.phone
    FROM (SELECT r.*, w.word, row_number() OVER (PARTITION BY r.phone ORDER BY r.id) AS turn
          FROM unnest(fresh, words) AS w(id, word) JOIN reply r ON r.id = w.id) r
    CROSS JOIN LATERAL (SELECT k.text, k.for_staff FROM keyword_reply k WHERE lower(k.keyword) = lower(r.word) AND k.is_active
        AND (k.store IS NULL OR k.store = r.store) ORDER BY k.store NULLS LAST, k.id LIMIT 1) k
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE a.at > replies_paper.at - interval '1 hour') AS hour, count(*) AS day FROM reply a
        WHERE a.phone = r.phone AND a.kind = 'keyword' AND a.answer IS NOT NULL AND a.at > replies_paper.at - interval '24 hours') f
    LEFT JOIN store o ON o.id = r.store LEFT JOIN member m ON m.id = r.member
    LEFT JOIN LATERAL (SELECT n.tier, n.balance FROM deed.standing(r.member, replies_paper.day) n) b ON true
    ORDER BY r.id
$$;

-- Queues the answers to keywords, good for a day; `rests`: a person takes over, so the reply stays open.
CREATE FUNCTION deed.replies_answer(fresh bigint[], texts text[], rests boolean[], at timestamptz) RETURNS void LANGUAGE sql AS $$
    WITH answered AS (
        INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, scheduled_at, send_before)
        SELECT r.member, r.phone, r.store, 'notice', 'reply:' || r.id, t.body, 'queued', replies_answer.at, replies_answer.at + interval '24 hours'
        FROM unnest(fresh, texts) AS t(id, body) JOIN reply r ON r.id = t.id ORDER BY r.id
        ON CONFLICT (dedupe_key) DO NOTHING RETURNING id, dedupe_key
    )
    UPDATE reply r SET answer = a.id, state = CASE WHEN t.rests THEN 'open' ELSE 'done' END,
        done_at = CASE WHEN NOT t.rests THEN replies_answer.at END
    FROM unnest(fresh, rests) AS t(id, rests) JOIN answered a ON a.dedupe_key = 'reply:' || t.id WHERE r.id = t.id
$$;

-- Who may deal with the replies of a store: its own people, and headquarters with its marketing.
CREATE FUNCTION deed.reply_allow(shop bigint) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF current_setting('role') <> 'regulars_hq_marketing' THEN
        PERFORM deed.allow(ARRAY[shop]);
    END IF;
END $$;

-- A person's answer; the same `form` sends it once. outcome: sent | known | unknown | refused (who wrote wants nothing) | unreachable
CREATE FUNCTION deed.reply_write(which bigint, body text, form text, at timestamptz, OUT outcome text, OUT message bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found reply;
    key text := 'reply:' || which || ':' || md5(form);
BEGIN
    SELECT r.* FROM reply r WHERE r.id = which FOR NO KEY UPDATE INTO found;
    PERFORM deed.reply_allow(found.store);
    SELECT s.id FROM send_log s WHERE s.dedupe_key = key INTO message;
    outcome := CASE WHEN found.id IS NULL THEN 'unknown' WHEN message IS NOT NULL THEN 'known'
        WHEN found.member IS NULL AND found.kind IN ('opt_out', 'opt_out_all') OR NOT (SELECT c.granted FROM consent c
            WHERE c.member = found.member AND c.purpose = 'notice_sms' ORDER BY c.at DESC, c.id DESC LIMIT 1) THEN 'refused'
        WHEN found.member IS NOT NULL AND NOT EXISTS (SELECT FROM member m WHERE m.id = found.member AND m.phone IS NOT NULL
            AND m.phone_status <> 'invalid') THEN 'unreachable' ELSE 'sent' END;
    IF outcome <> 'sent' THEN
        RETURN;
    END IF;
    INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, state, scheduled_at, send_before)
    SELECT found.member, coalesce((SELECT m.phone FROM member m WHERE m.id = found.member), found.phone), found.store, 'notice', key, body,
        'queued', at, at + interval '24 hours' RETURNING id INTO message;
    UPDATE reply r SET state = 'done', done_by = deed.staff(), done_at = reply_write.at, answer = coalesce(r.answer, message) WHERE r.id = which;
END $$;

-- Gives a reply to somebody, ends it or opens it again. outcome: done | unknown | nobody (no such colleague for this store)
CREATE FUNCTION deed.reply_settle(which bigint, deed_done text, username text, remark text, at timestamptz, OUT outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    found reply;
    colleague bigint;
BEGIN
    SELECT r.* FROM reply r WHERE r.id = which FOR NO KEY UPDATE INTO found;
    PERFORM deed.reply_allow(found.store);
    SELECT s.id FROM staff s WHERE s.username = reply_settle.username AND s.active AND s.role <> 'hq_viewer' AND (s.role IN ('hq_admin', 'hq_marketing')
        OR EXISTS (SELECT FROM staff_store p WHERE p.staff = s.id AND p.store = found.store)) INTO colleague;
    outcome := CASE WHEN found.id IS NULL THEN 'unknown' WHEN deed_done = 'assign' AND colleague IS NULL THEN 'nobody' ELSE 'done' END;
    IF outcome = 'done' THEN
        UPDATE reply r SET state = CASE deed_done WHEN 'done' THEN 'done' ELSE 'open' END, note = coalesce(nullif(remark, ''), r.note),
            assigned_to = CASE deed_done WHEN 'assign' THEN colleague ELSE r.assigned_to END,
            done_by = CASE deed_done WHEN 'done' THEN deed.staff() END, done_at = CASE deed_done WHEN 'done' THEN reply_settle.at END
        WHERE r.id = which;
    END IF;
END $$;

-- A campaign stops: what is queued of it is cancelled. False when it had ended before.
CREATE FUNCTION deed.campaign_stop(which bigint, why text, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    UPDATE campaign c SET state = 'stopped', reason = why WHERE c.id = which AND c.state NOT IN ('finished', 'cancelled', 'stopped');
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM deed.sends_end(ARRAY(SELECT s.id FROM send_log s WHERE s.campaign = which AND s.state = 'queued'), 'cancelled', NULL);
    UPDATE send_chunk c SET state = 'done', done_at = campaign_stop.at WHERE c.campaign = which AND c.state IN ('held', 'waiting')
        AND NOT EXISTS (SELECT FROM send_log s WHERE s.chunk = c.id AND s.state IN ('queued', 'sending'));
    RETURN true;
END $$;

-- The lower end of the 95 % interval of a share (Wilson 1927), as rules/statistics.py has it.
CREATE FUNCTION deed.share_low(hits bigint, trials bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN hits <= 0 OR trials <= 0 THEN 0 ELSE
        (p + z * z / (2 * trials) - z * sqrt(p * (1 - p) / trials + z * z / (4.0 * trials * trials))) / (1 + z * z / trials) END
    FROM (SELECT least(hits, trials)::numeric / nullif(trials, 0), 1.959963984540054) AS v(p, z)
$$;

-- How a campaign stands with those who complained of it; `over`: more of those who were written to than any rule bears, as far
-- as it cannot be chance (rules/red_lines.py). One person alone stops nothing.
CREATE FUNCTION deed.complaints_of(which bigint, OUT complaints bigint, OUT handed bigint, OUT over boolean) LANGUAGE sql STABLE AS $$
    SELECT n.complaints, h.handed, n.complaints > 1 AND coalesce(deed.share_low(n.complaints, h.handed) > (
        SELECT min(r.share) FROM contact_rule r WHERE r.kind = 'complaints' AND r.is_active), false)
    FROM (SELECT count(DISTINCT coalesce(c.phone, c.id::text)) AS complaints FROM complaint c WHERE c.campaign = which) n,
        (SELECT count(*) AS handed FROM send_log s WHERE s.campaign = which AND s.handed_at IS NOT NULL
            AND s.state NOT IN ('queued', 'skipped', 'cancelled')) h
$$;

-- A complaint about a message, or about the newest marketing message of 30 days to a phone, which is also a no. Over the red
-- line its campaign stops. `known`: the same was recorded a moment ago. Nothing: there is no such message.
CREATE FUNCTION deed.complaint_record(said_where text, said_by text, about bigint, remark text, digest text, at timestamptz,
    OUT complaint bigint, OUT known boolean, OUT campaign bigint, OUT campaign_name text, OUT complaints bigint, OUT handed bigint,
    OUT over boolean, OUT stopped boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    told send_log;
    who member;
BEGIN
    -- A message names its own phone: with another one beside it, complaints would tell who is a member.
    SELECT s.* FROM send_log s WHERE CASE WHEN about IS NOT NULL THEN s.id = about AND (said_by IS NULL OR s.phone IS NOT DISTINCT FROM said_by)
        ELSE s.phone = said_by AND s.message_class = 'marketing' AND s.handed_at > complaint_record.at - interval '30 days' END
    ORDER BY s.handed_at DESC NULLS LAST, s.id DESC LIMIT 1 INTO told;
    SELECT m.* FROM member m WHERE m.phone = coalesce(said_by, told.phone) INTO who;
    PERFORM deed.allow(ARRAY[coalesce(told.store, who.home_store)]);
    IF about IS NOT NULL AND told.id IS NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('complaint', 0));
    SELECT c.id FROM complaint c WHERE c.phone = coalesce(said_by, told.phone) AND c.source = said_where AND c.note = remark
        AND c.at > complaint_record.at - interval '5 minutes' LIMIT 1 INTO complaint;
    known := complaint IS NOT NULL;
    IF NOT known THEN
        INSERT INTO complaint (source, phone, member, store, send_log, campaign, staff, note, at)
        VALUES (said_where, coalesce(said_by, told.phone), coalesce(who.id, told.member), coalesce(told.store, who.home_store), told.id,
            told.campaign, deed.staff(), remark, at) RETURNING id INTO complaint;
        IF who.id IS NOT NULL THEN
            PERFORM deed.opt_out(who.id, at, false, 'complaint', said_where);
        ELSIF digest IS NOT NULL THEN
            INSERT INTO suppression AS s (phone_hmac, since, source) VALUES (digest, at, 'complaint')
            ON CONFLICT (phone_hmac) DO UPDATE SET since = greatest(s.since, EXCLUDED.since);
        END IF;
    END IF;
    SELECT c.id, c.name FROM campaign c WHERE c.id = told.campaign INTO campaign, campaign_name;
    IF campaign IS NOT NULL THEN
        SELECT o.* FROM deed.complaints_of(campaign) o INTO complaints, handed, over;
    END IF;
    stopped := coalesce(over, false) AND deed.campaign_stop(campaign, 'complaints', at);
END $$;
