-- Audiences: who a wave of a campaign goes to, frozen as rows of the send log with their texts; and when campaigns are over.

-- What a wave says and when. `wordings`: of each version with its signature, placeholders as {name}, and `contents`, `variants`
-- and `later` (minutes) beside them; `bounds`: where in 0…1 the second version begins, the third …; `longest`: characters that
-- a text may have before the opt-out words; `blocked`: a regular expression of the words, in lower case, that no text may hold
-- (null: there are none); `link`: what stands before a link's code; `fallbacks`: by placeholder, what stands for nothing.
-- `holdout`: the share of a campaign's (`seed`) members that gets nothing; `sample`: the share that this step (`salt`) is for.
-- `personal`: members were chosen by what they did. Whoever refused that is left out; nobody is told what they did against
-- their will: the fall-back stands for it (rules/personal.py).
CREATE TYPE deed.wave AS (wordings text[], contents bigint[], variants bigint[], later integer[], bounds float8[], longest integer,
    blocked text, is_plain boolean, at timestamptz, send_before timestamptz, zone text, pads bytea[], link text, fallbacks jsonb,
    holdout float8, sample float8, seed bigint, salt bigint, personal boolean);

-- A number from 0 to below 1 that a member draws once and for ever for a purpose.
CREATE FUNCTION deed.lot(member bigint, purpose bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (hashint8extended(member, purpose) & 9007199254740991)::float8 / 9007199254740992
$$;

-- A value as it may stand inside a message: no bracket of a signature, no brace of a placeholder, no line break.
CREATE FUNCTION deed.loose(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT btrim(translate(value, E'\n\r\t【】{}｛｝', '   '), E' \u3000\u00a0')
$$;

-- How each of `members` stands to a wave: why they are left out (null: they are not), else what they get, and from when.
-- `wanted`: its step, of which some rows are there already; who has one is not told again. Else null.
CREATE FUNCTION deed.wave_plan(wave deed.wave, wanted bigint, members bigint[])
RETURNS TABLE (member bigint, phone text, store bigint, reason text, leaves_at timestamptz, code text, text text, version integer)
LANGUAGE plpgsql ROWS 1000 SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    -- Any message that waits goes before one that is planned now.
    behind CONSTANT bigint := 1::bigint << 62;
    whole CONSTANT bigint := (SELECT c.campaign FROM campaign_step c WHERE c.id = wanted);
    said CONSTANT text := array_to_string(wave.wordings, ' ');
    named CONSTANT boolean := said ~ '\{(name|title|title_or_name|tier|store|usual|favourite)\}';
    pointed CONSTANT boolean := said ~ '\{(points|to_next_tier)\}';
    ending CONSTANT boolean := said ~ '\{(expiring_points|expires_on)\}';
    usual CONSTANT boolean := said LIKE '%{usual}%';
    liked CONSTANT boolean := said LIKE '%{favourite}%';
    linked CONSTANT boolean := said LIKE '%{link}%';
    day CONSTANT date := (wave.at AT TIME ZONE wave.zone)::date;
    apart CONSTANT bigint := hashtextextended('holdout', wave.seed);
    tried CONSTANT bigint := hashtextextended('sample', wave.salt);
    drawn CONSTANT bigint := hashtextextended('version', wave.salt);
BEGIN
    RETURN QUERY
    WITH who AS MATERIALIZED (
        SELECT m.id, m.phone, m.name, m.title, m.home_store, m.tier, m.phone_status, m.erased_at, m.preferences,
            CASE WHEN cardinality(wave.wordings) = 1 THEN 1 ELSE 1 + width_bucket(deed.lot(m.id, drawn), wave.bounds) END AS version
        FROM member m
        WHERE m.id = ANY (members) AND (wave.sample >= 1 OR deed.lot(m.id, tried) < wave.sample) AND (whole IS NULL
            OR NOT EXISTS (SELECT FROM send_log x WHERE x.campaign = whole AND x.step = wanted AND x.member = m.id))
    ), shop AS MATERIALIZED (
        SELECT o.id, deed.loose(o.name) AS name, deed.hours_next(wave.at, wave.zone, o.id) AS opens FROM store o
        WHERE o.id IN (SELECT w.home_store FROM who w)
    ), rank AS MATERIALIZED (SELECT t.id, deed.loose(t.name) AS name FROM tier t),
    judged AS MATERIALIZED (
        SELECT j.id - behind AS id, j.reason FROM deed.contact_judge((
            SELECT array_agg(ROW(behind + w.id, 'marketing', w.phone, w.home_store, wave.is_plain, wave.contents[w.version], wave.send_before,
                w.id, w.phone, w.phone_status = 'invalid', w.erased_at IS NOT NULL, w.preferences ->> 'fewer' = 'true')::deed.planned)
            FROM who w), wave.at, wave.zone, wave.pads, true) j
    ), refuser AS MATERIALIZED (
        SELECT n.member FROM deed.not_personalised() n WHERE (wave.personal OR usual OR liked) AND n.member = ANY (members)
    ), allowed AS (
        -- Before the group that is held out to compare with: both are of the same people.
        SELECT w.*, x.member IS NOT NULL AS aside, coalesce(j.reason, CASE WHEN wave.personal AND x.member IS NOT NULL THEN 'not_personalised'
            WHEN whole IS NOT NULL AND EXISTS (
                SELECT FROM send_log d WHERE d.step = wanted AND d.campaign = whole AND d.phone = w.phone
                    AND d.campaign IS NOT NULL AND d.reason IS NULL)
            THEN 'duplicate' WHEN wave.holdout > 0 AND deed.lot(w.id, apart) < wave.holdout THEN 'holdout' END) AS reason
        FROM who w LEFT JOIN judged j ON j.id = w.id LEFT JOIN refuser x ON x.member = w.id
    ), worded AS (
        SELECT a.id, a.phone, a.home_store, a.reason, o.opens, v.code, a.version,
            CASE WHEN a.reason IS NULL THEN replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
                wave.wordings[a.version],
                '{title_or_name}', CASE WHEN v.title IN ('先生', '女士', '小姐') AND v.name <> '' THEN
                    CASE WHEN v.name LIKE '%' || v.title THEN v.name ELSE v.name || v.title END
                    ELSE coalesce(nullif(v.title, ''), nullif(v.name, ''), wave.fallbacks ->> 'title_or_name') END),
                '{name}', coalesce(nullif(v.name, ''), wave.fallbacks ->> 'name')),
                '{title}', coalesce(nullif(v.title, ''), nullif(v.name, ''), wave.fallbacks ->> 'title')),
                '{usual}', coalesce(nullif(v.usual, ''), wave.fallbacks ->> 'usual')),
                '{favourite}', coalesce(nullif(v.favourite, ''), wave.fallbacks ->> 'favourite')),
                '{tier}', r.name), '{store}', o.name),
                '{points}', coalesce(nullif(p.balance, 0)::text, wave.fallbacks ->> 'points')),
                '{to_next_tier}', coalesce(nullif(p.missing, ''), wave.fallbacks ->> 'to_next_tier')),
                '{expiring_points}', coalesce(e.points::text, wave.fallbacks ->> 'expiring_points')),
                '{expires_on}', coalesce(to_char(e.expires_on, 'FMMM"月"FMDD"日"'), wave.fallbacks ->> 'expires_on')),
                '{link}', wave.link || v.code) END AS text
        FROM allowed a JOIN rank r ON r.id = a.tier JOIN shop o ON o.id = a.home_store
        LEFT JOIN LATERAL (SELECT s.balance, trim_scale(s.to_next_tier)::text AS missing FROM deed.standing(a.id, day) s WHERE pointed) p ON true
        LEFT JOIN LATERAL (SELECT x.points, x.expires_on FROM deed.ending(a.id, day) x ORDER BY x.expires_on LIMIT 1) e ON ending
        CROSS JOIN LATERAL (SELECT CASE WHEN named THEN deed.loose(a.name) END AS name, CASE WHEN named THEN deed.loose(a.title) END AS title,
            -- What may not be promoted is not named, however often it is bought.
            CASE WHEN usual AND NOT a.aside THEN (SELECT deed.loose(coalesce(b.name, c.name)) FROM member_habit h LEFT JOIN product b ON b.id = h.product
                LEFT JOIN category c ON c.id = coalesce(b.category, h.category)
                WHERE h.member = a.id AND coalesce(c.promotable, true)) END AS usual,
            CASE WHEN liked AND NOT a.aside THEN (SELECT deed.loose(b.name) FROM member_interest i JOIN product b ON b.id = i.product
                LEFT JOIN category c ON c.id = b.category WHERE i.member = a.id AND coalesce(c.promotable, true)
                ORDER BY i.since DESC, i.id DESC LIMIT 1) END AS favourite,
            CASE WHEN linked AND a.reason IS NULL THEN deed.link_code() ELSE '' END AS code OFFSET 0) v
    )
    SELECT w.id, w.phone::text, w.home_store, f.reason, w.opens, nullif(w.code, ''), CASE WHEN f.reason IS NULL THEN w.text END, w.version
    FROM worded w CROSS JOIN LATERAL (SELECT coalesce(w.reason, CASE WHEN char_length(w.text) > wave.longest
        OR named AND lower(w.text) ~ wave.blocked THEN 'blocked_text' END) OFFSET 0) f(reason);
END $$;

-- What a wave would be, with `ending` after each text: people by reason, or by the characters of what they get; texts with
-- characters of two units are told themselves.
CREATE FUNCTION deed.wave_forecast(wave deed.wave, members bigint[], ending text)
RETURNS TABLE (reason text, characters integer, text text, people bigint) LANGUAGE sql ROWS 100 AS $$
    SELECT p.reason, char_length(p.text || ending), CASE WHEN p.text || ending ~ E'[\U00010000-\U0010ffff]' THEN p.text || ending END, count(*)
    FROM deed.wave_plan(wave, NULL, members) p GROUP BY 1, 2, 3
$$;

-- Writes the rows of `members` for a step that is being frozen, in chunks of at most 1000 of one store. Two freezes take
-- turns, so that the later one sees what the earlier one decided and ids tell the order of commits. `again`: some rows were
-- there before, and nobody gets a second one.
CREATE FUNCTION deed.wave_freeze(wave deed.wave, wanted bigint, members bigint[], again boolean, now_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    step campaign_step;
    begun text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('regulars freeze', 0));
    -- Whoever cancels meanwhile waits, and finds these rows.
    SELECT s.* FROM campaign_step s JOIN campaign c ON c.id = s.campaign
    WHERE s.id = wanted AND s.state = 'freezing' AND c.state IN ('draft', 'review', 'scheduled', 'sending', 'paused') FOR SHARE OF c INTO step;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT CASE WHEN c.canary > 0 THEN 'held' ELSE 'waiting' END FROM campaign c WHERE c.id = step.campaign INTO begun;
    UPDATE campaign_step s SET is_personal = true
    WHERE s.id = wanted AND NOT s.is_personal AND (wave.personal OR array_to_string(wave.wordings, ' ') ~ '\{(usual|favourite)\}');
    WITH planned AS MATERIALIZED (
        SELECT p.*, (row_number() OVER (PARTITION BY p.store, p.version, p.reason IS NULL ORDER BY p.member) - 1) / 1000 AS part
        FROM deed.wave_plan(wave, CASE WHEN again THEN wanted END, members) p
    ), chunk AS MATERIALIZED (
        SELECT nextval('send_chunk_id_seq') AS id, g.* FROM (
            SELECT p.store, p.version, p.part, count(*) AS size, min(p.leaves_at) + make_interval(mins => wave.later[p.version]) AS due
            FROM planned p WHERE p.reason IS NULL GROUP BY p.store, p.version, p.part ORDER BY p.store, p.part, p.version) g
    ), chunked AS (
        INSERT INTO send_chunk (id, message_class, campaign, step, store, state, due_at, send_before, size)
        SELECT c.id, 'marketing', step.campaign, wanted, c.store, begun, c.due, step.send_before, c.size FROM chunk c
    ), linked AS (
        INSERT INTO short_link (code, campaign, step, member, created_at, expires_at)
        SELECT p.code, step.campaign, wanted, p.member, now_at, step.send_before + interval '30 days' FROM planned p
        WHERE p.reason IS NULL AND p.code IS NOT NULL
    )
    INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, campaign, step, variant, chunk, business_date, content,
        is_plain, expects_reply, state, reason, scheduled_at, send_before, created_at)
    SELECT p.member, CASE WHEN p.reason IS NULL THEN p.phone END, p.store, 'marketing', 'step:' || wanted || ':' || p.member, p.text,
        step.campaign, wanted, wave.variants[p.version], c.id, (coalesce(p.leaves_at, wave.at) AT TIME ZONE wave.zone)::date,
        wave.contents[p.version], wave.is_plain, step.expects_reply, CASE WHEN p.reason IS NULL THEN 'queued' ELSE 'skipped' END, p.reason, wave.at, step.send_before, now_at
    FROM planned p LEFT JOIN chunk c ON p.reason IS NULL AND c.store = p.store AND c.version = p.version AND c.part = p.part
    ORDER BY p.store, p.member;
END $$;

-- The whole audience has its rows. Of what is held the first chunks, in an order that chance gives, are let go until they
-- hold the canary's messages; where that is all of them nothing is held back.
CREATE FUNCTION deed.wave_frozen(wanted bigint, now_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    whole bigint;
    wish integer;
BEGIN
    UPDATE campaign_step s SET state = 'frozen', frozen_at = now_at,
        audience = (SELECT count(*) FROM send_log l WHERE l.campaign = s.campaign AND l.step = s.id)
    WHERE s.id = wanted AND s.state = 'freezing' RETURNING s.campaign INTO whole;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE campaign c SET state = 'sending' WHERE c.id = whole AND c.state IN ('draft', 'review', 'scheduled');
    SELECT c.canary FROM campaign c WHERE c.id = whole INTO wish;
    UPDATE send_chunk k SET state = 'waiting' FROM (
        SELECT h.id, sum(h.size) OVER (ORDER BY md5(h.id::text), h.id) - h.size AS ahead FROM send_chunk h WHERE h.step = wanted AND h.state = 'held') o
    WHERE k.id = o.id AND k.state = 'held' AND o.ahead < wish;
    UPDATE campaign_step s SET canary_state = 'waiting', canary_at = now_at
    WHERE s.id = wanted AND EXISTS (SELECT FROM send_chunk k WHERE k.step = wanted AND k.state = 'held');
END $$;

-- Campaigns all of whose steps are frozen and none of whose messages is queued or on its way are finished; returns how many.
-- Messages that were offered again lie alone or in chunks without a campaign.
CREATE FUNCTION deed.campaigns_finish(at timestamptz) RETURNS bigint LANGUAGE sql AS $$
    WITH over AS (
        UPDATE campaign c SET state = 'finished' WHERE c.state = 'sending'
            AND EXISTS (SELECT FROM campaign_step s WHERE s.campaign = c.id AND s.frozen_at <= at)
            AND NOT EXISTS (SELECT FROM campaign_step s WHERE s.campaign = c.id AND s.state <> 'frozen')
            AND NOT EXISTS (SELECT FROM send_chunk k WHERE k.campaign = c.id AND (k.state <> 'done' OR k.sending > 0))
            AND NOT EXISTS (SELECT FROM send_log l WHERE l.chunk IS NULL AND l.next_at IS NOT NULL AND l.campaign = c.id AND l.state = 'queued')
            AND NOT EXISTS (SELECT FROM send_chunk k JOIN send_log l ON l.chunk = k.id AND l.campaign = c.id AND l.state IN ('queued', 'sending')
                            WHERE k.state IN ('waiting', 'claimed') AND k.message_class = 'marketing' AND k.campaign IS NULL)
        RETURNING 1
    )
    SELECT count(*) FROM over
$$;
