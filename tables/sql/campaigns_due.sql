-- Campaigns that run by themselves: which steps are due, whom they follow, which version won, canaries and red lines.

-- Whether nothing of a frozen step can leave any more. Messages that wait for hours, or were offered again, lie alone or in
-- chunks without a step.
CREATE FUNCTION deed.step_over(wanted bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM campaign_step s WHERE s.id = wanted AND s.state = 'frozen')
        AND NOT EXISTS (SELECT FROM send_chunk k WHERE k.step = wanted AND (k.state <> 'done' OR k.sending > 0))
        AND NOT EXISTS (SELECT FROM send_log l WHERE l.chunk IS NULL AND l.next_at IS NOT NULL AND l.step = wanted AND l.state = 'queued')
        AND NOT EXISTS (SELECT FROM send_chunk k JOIN send_log l ON l.chunk = k.id AND l.step = wanted AND l.state IN ('queued', 'sending')
                        WHERE k.state IN ('waiting', 'claimed') AND k.message_class = 'marketing' AND k.campaign IS NULL)
$$;

-- The steps whose time has come, or whose freeze was broken off, the earliest first. One that follows another waits for its
-- end and the minutes after it, and for the hours, so that whoever reacts meanwhile is heard. `late`: nothing may leave any more.
CREATE FUNCTION deed.steps_due(at timestamptz, zone text)
RETURNS TABLE (step bigint, campaign bigint, number integer, kind text, follows bigint, rule text, store bigint, begun boolean, late boolean)
LANGUAGE sql STABLE ROWS 5 AS $$
    SELECT s.id, c.id, s.number, s.kind::text, s.follows, c.rule, c.store, s.state = 'freezing', s.send_before <= at
    FROM campaign_step s JOIN campaign c ON c.id = s.campaign
    WHERE s.state <> 'frozen' AND s.scheduled_at <= at + interval '2 minutes' AND c.state IN ('scheduled', 'sending')
        AND CASE WHEN s.follows IS NULL OR s.state = 'freezing' THEN true
            WHEN s.send_before <= at THEN EXISTS (SELECT FROM campaign_step f WHERE f.id = s.follows AND f.state = 'frozen')
            WHEN s.scheduled_at > at OR NOT deed.hours_open(at, zone, NULL) OR NOT deed.step_over(s.follows) THEN false
            ELSE at >= coalesce((SELECT max(k.done_at) FROM send_chunk k WHERE k.step = s.follows AND k.accepted + k.failed + k.unknown > 0)
                                + make_interval(mins => s.wait_minutes), s.scheduled_at) END
    ORDER BY s.scheduled_at, s.id
$$;

-- How many people got each version of a step, and how many of them clicked, or bought after they had it, until `at`.
CREATE FUNCTION deed.versions_tried(wanted bigint, wish text, at timestamptz) RETURNS TABLE (label text, trials bigint, hits bigint)
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_mergejoin = off SET enable_hashjoin = off AS $$
    SELECT v.label::text, count(l.id), count(l.id) FILTER (WHERE CASE wish
        WHEN 'click' THEN EXISTS (SELECT FROM short_link k JOIN click x ON x.link = k.id
            WHERE k.member = l.member AND k.campaign = l.campaign AND k.step = wanted AND NOT x.is_preview AND x.at <= versions_tried.at)
        ELSE EXISTS (SELECT FROM purchase p WHERE p.member = l.member AND p.kind = 'sale' AND p.business_date >= l.business_date
            AND p.purchased_at > l.handed_at AND p.purchased_at <= versions_tried.at) END)
    FROM campaign_variant v LEFT JOIN send_log l ON l.variant = v.id AND l.state IN ('accepted', 'delivered', 'unknown')
    WHERE v.step = wanted GROUP BY v.label ORDER BY v.label
$$;

-- The version that won the trial is what the step `wanted` says to the rest.
CREATE FUNCTION deed.winner_goes(wanted bigint, won text, how text) RETURNS void LANGUAGE sql AS $$
    WITH tried AS (
        UPDATE campaign_step f SET winner = won, verdict = how FROM campaign_step s WHERE s.id = wanted AND f.id = s.follows RETURNING f.id
    )
    UPDATE campaign_step s SET text = v.text, landing = v.landing
    FROM tried t JOIN campaign_variant v ON v.step = t.id AND v.label = won WHERE s.id = wanted AND s.state = 'draft'
$$;

-- A campaign whose next step cannot be frozen waits for a person, who is told why.
CREATE FUNCTION deed.campaign_halt(which bigint, why text) RETURNS boolean LANGUAGE sql AS $$
    WITH halted AS (
        UPDATE campaign c SET state = 'paused', reason = why WHERE c.id = which AND c.state IN ('scheduled', 'sending') RETURNING 1
    ) SELECT EXISTS (SELECT FROM halted)
$$;

-- Whoever clicks needs no reminder: what is still queued for them of the steps that follow up on it stays here.
CREATE FUNCTION deed.click_spares() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    needless bigint[] := ARRAY(
        SELECT l.id FROM short_link k JOIN campaign_step s ON s.follows = k.step AND s.kind = 'follow_up'
        JOIN send_log l ON l.campaign = k.campaign AND l.step = s.id AND l.member = k.member AND l.state = 'queued' WHERE k.id = NEW.link);
BEGIN
    IF needless <> '{}' THEN
        PERFORM deed.sends_end(needless, 'skipped', 'clicked');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER spares AFTER INSERT ON click FOR EACH ROW WHEN (NOT NEW.is_preview) EXECUTE FUNCTION deed.click_spares();

-- What became of the messages of a campaign that were handed over, or of one step's (`one`). `reported`: of how many it is
-- known; of a campaign that still sends those chunks count that had time enough, because what fails is reported first. A no on
-- our page belongs to the newest link that its member had then.
CREATE FUNCTION deed.red_figures(which bigint, one bigint, at timestamptz,
    OUT sent bigint, OUT reported bigint, OUT delivered bigint, OUT opted_out bigint, OUT complained bigint)
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_mergejoin = off SET enable_hashjoin = off AS $$
#variable_conflict use_column
DECLARE
    since timestamptz;
BEGIN
    SELECT coalesce(sum(k.accepted + k.failed + k.unknown), 0), coalesce(sum(k.delivered + k.undelivered + k.failed) FILTER (WHERE r.ripe), 0),
        coalesce(sum(k.delivered) FILTER (WHERE r.ripe), 0), min(k.handed_at)
    FROM send_chunk k CROSS JOIN LATERAL (SELECT one IS NOT NULL OR k.state = 'done'
        AND (k.delivered + k.undelivered >= 0.9 * k.accepted OR k.done_at <= red_figures.at - interval '30 minutes') AS ripe) r
    WHERE k.campaign = which AND k.step = coalesce(one, k.step) AND k.handed_at IS NOT NULL
    INTO sent, reported, delivered, since;
    SELECT count(*) FROM (
        SELECT coalesce(r.member, -r.id) FROM reply r JOIN send_log s ON s.id = r.send_log
        WHERE r.at >= since AND r.kind IN ('opt_out', 'opt_out_all') AND s.campaign = which AND s.step = coalesce(one, s.step)
        UNION SELECT c.member FROM consent c CROSS JOIN LATERAL (
            SELECT k.campaign, k.step FROM short_link k WHERE k.member = c.member AND k.created_at <= c.at
            ORDER BY k.created_at DESC, k.id DESC LIMIT 1) k
        WHERE c.source = 'link' AND NOT c.granted AND c.purpose = 'marketing_sms' AND c.at >= since
            AND k.campaign = which AND k.step = coalesce(one, k.step)) o INTO opted_out;
    SELECT count(DISTINCT coalesce(c.phone, c.id::text)) FROM complaint c
    WHERE c.campaign = which AND (one IS NULL OR EXISTS (SELECT FROM send_log s WHERE s.id = c.send_log AND s.step = one)) INTO complained;
END $$;

-- What is to be judged now: steps (`step`) whose canary has sung – what it let go is done, and nine of ten reports are there,
-- or half an hour is over, or the step's time – and campaigns of which `enough` messages were handed over.
CREATE FUNCTION deed.red_watch(at timestamptz, enough integer)
RETURNS TABLE (campaign bigint, step bigint, sent bigint, reported bigint, delivered bigint, opted_out bigint, complained bigint)
LANGUAGE sql STABLE ROWS 5 AS $$
    SELECT j.campaign, j.step, f.sent, f.reported, f.delivered, f.opted_out, f.complained FROM (
        SELECT s.campaign, s.id AS step FROM campaign_step s JOIN campaign c ON c.id = s.campaign AND c.state = 'sending'
        CROSS JOIN LATERAL (SELECT bool_or(k.state <> 'done' OR k.sending > 0) AS busy, max(k.done_at) AS last,
                sum(k.delivered + k.undelivered) AS told, sum(k.accepted) AS accepted
            FROM send_chunk k WHERE k.step = s.id AND k.state <> 'held') k
        WHERE s.canary_state = 'waiting' AND k.busy IS NOT TRUE AND (k.told >= 0.9 * k.accepted
            OR k.last <= red_watch.at - interval '30 minutes' OR s.send_before <= red_watch.at)
        UNION ALL
        SELECT c.id, NULL FROM campaign c WHERE c.state = 'sending' AND enough <= (
            SELECT sum(k.accepted + k.failed + k.unknown) FROM send_chunk k WHERE k.campaign = c.id)) j
    CROSS JOIN LATERAL deed.red_figures(j.campaign, j.step, red_watch.at) f
$$;

-- The canary of a step is judged. With a reason its campaign stops. Else the rest may leave; where hardly any of the canary's
-- messages left, so many more first. Chunks are let go in the order in which the freeze began. Returns the canary's state.
CREATE FUNCTION deed.canary_judged(wanted bigint, why text, sent bigint, at timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    whole campaign;
    more boolean;
BEGIN
    SELECT c.* FROM campaign_step s JOIN campaign c ON c.id = s.campaign
    WHERE s.id = wanted AND s.canary_state = 'waiting' AND c.state = 'sending' FOR UPDATE OF s INTO whole;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF why IS NOT NULL THEN
        UPDATE campaign_step s SET canary_state = 'stopped', canary_at = canary_judged.at WHERE s.id = wanted;
        PERFORM deed.campaign_stop(whole.id, why, canary_judged.at);
        RETURN 'stopped';
    END IF;
    more := sent < 0.9 * whole.canary AND EXISTS (SELECT FROM send_chunk k WHERE k.step = wanted AND k.state = 'held');
    UPDATE send_chunk k SET state = 'waiting' FROM (
        SELECT h.id, sum(h.size) OVER (ORDER BY md5(h.id::text), h.id) - h.size AS ahead FROM send_chunk h WHERE h.step = wanted AND h.state = 'held') o
    WHERE k.id = o.id AND k.state = 'held' AND (NOT more OR o.ahead < whole.canary - sent);
    UPDATE campaign_step s SET canary_state = CASE WHEN more THEN 'waiting' ELSE 'passed' END, canary_at = canary_judged.at WHERE s.id = wanted;
    RETURN CASE WHEN more THEN 'waiting' ELSE 'passed' END;
END $$;
