"""The statements behind a campaign's results: read by the role of jobs, counted, never a name or a phone."""

# A person counts as asleep who bought nothing in so many days before.
ASLEEP_DAYS = 90

# $1 the campaign.
CAMPAIGN = """
SELECT c.id, c.name::text AS name, c.state::text AS state, c.reason::text AS reason, c.content_kind::text AS content_kind,
    c.rhythm::text AS rhythm, c.attribution_days,
    EXISTS (SELECT FROM short_link l WHERE l.campaign = c.id) AS links, o.code::text AS store_code, o.name::text AS store_name
FROM campaign c LEFT JOIN store o ON o.id = c.store WHERE c.id = $1
"""
STEPS = """
SELECT s.id, s.number, s.kind::text AS kind, s.state::text AS state, s.winner::text AS winner, s.verdict::text AS verdict, s.scheduled_at,
    s.canary_state::text AS canary_state,
    (SELECT w.winner_by::text FROM campaign_step w WHERE w.follows = s.id AND w.kind = 'winner' ORDER BY w.number LIMIT 1) AS winner_by,
    h.first, h.last
FROM campaign_step s LEFT JOIN LATERAL (
    SELECT min(l.handed_at) AS first, max(l.handed_at) AS last FROM send_log l
    WHERE l.campaign = s.campaign AND l.step = s.id AND l.state NOT IN ('skipped', 'queued', 'cancelled')) h ON true
WHERE s.campaign = $1 ORDER BY s.number
"""
VARIANTS = """
SELECT v.id, v.step, v.label::text AS label, v.share, left(v.text, 200) AS text, v.landing_kind::text AS landing_kind
FROM campaign_variant v JOIN campaign_step s ON s.id = v.step WHERE s.campaign = $1 ORDER BY s.number, v.label
"""
STORES = "SELECT id, code::text AS code, name::text AS name FROM store WHERE id = ANY ($1::bigint[])"

# $1 campaign, $2 steps and $3 when each began, $4 the zone, $5 days of observation, $6 and $7 the business dates from the first
# beginning to the last day of observation, $8 when the first began, $9 when the last observation ends, $10 (of people alone)
# when the last step began.
# A row that was never handed over, and one that was held out, begins with its step.
_LINE = """
WITH line AS MATERIALIZED (
    SELECT x.id, x.member, x.step, x.variant, x.store, CASE WHEN x.sent THEN date_part('hour', x.local)::integer END AS hour,
        x.local::date AS day, x.treated, x.holdout, x.reason, x.sent, x.delivered, x.failed, x.began_at,
        x.began_at + make_interval(hours => 24 * $5) AS ends_at,
        CASE WHEN x.guessed THEN coalesce(x.parts * (SELECT a.price FROM gateway_account a WHERE a.name = x.gateway), 0) ELSE x.cost END AS cost,
        x.guessed
    FROM (
        SELECT s.id, s.member, s.step, s.variant, s.store, s.state <> 'skipped' AS treated, coalesce(s.reason = 'holdout', false) AS holdout,
            s.reason, h.sent, s.state = 'delivered' AS delivered, s.state = 'failed' AS failed, v.began_at, v.began_at AT TIME ZONE $4 AS local,
            CASE WHEN h.sent THEN coalesce(s.cost, 0) ELSE 0 END AS cost, h.sent AND s.cost IS NULL AND s.state <> 'failed' AS guessed,
            s.gateway, CASE WHEN s.cost IS NULL THEN
                coalesce(s.parts, CASE WHEN char_length(s.text) > 70 THEN ceil(char_length(s.text) / 67.0) ELSE 1 END) END AS parts
        FROM send_log s JOIN unnest($2::bigint[], $3::timestamptz[]) AS b(step, began_at) ON b.step = s.step
        CROSS JOIN LATERAL (SELECT s.handed_at IS NOT NULL AND s.state NOT IN ('skipped', 'queued', 'cancelled')) h(sent)
        CROSS JOIN LATERAL (SELECT CASE WHEN h.sent THEN s.handed_at ELSE b.began_at END) v(began_at)
        WHERE s.campaign = $1 OFFSET 0) x
), clicked AS MATERIALIZED (
    SELECT DISTINCT l.step, l.member FROM short_link l JOIN click k ON k.link = l.id AND NOT k.is_preview WHERE l.campaign = $1
), replied AS MATERIALIZED (
    SELECT DISTINCT r.send_log FROM reply r WHERE r.at >= $8 AND r.send_log IS NOT NULL AND r.kind NOT IN ('opt_out', 'opt_out_all')
), opted AS MATERIALIZED (
    SELECT DISTINCT i.id FROM line i JOIN consent c ON c.member = i.member AND c.purpose = 'marketing_sms' AND NOT c.granted
        AND c.at >= $8 AND c.at < $9 AND i.sent AND c.at >= i.began_at AND c.at < i.ends_at
), complained AS MATERIALIZED (
    SELECT DISTINCT c.send_log FROM complaint c WHERE c.campaign = $1
), reaction AS MATERIALIZED (
    SELECT 'clicked' AS kind, i.* FROM line i JOIN clicked k ON k.step = i.step AND k.member = i.member
    UNION ALL SELECT 'replied', i.* FROM line i JOIN replied r ON r.send_log = i.id
    UNION ALL SELECT 'opted_out', i.* FROM line i JOIN opted o ON o.id = i.id
    UNION ALL SELECT 'complained', i.* FROM line i JOIN complained c ON c.send_log = i.id
)"""
# A person is one line of all their steps; observed until some days after the last step, whichever they got.
_PERSON = """, person AS MATERIALIZED (
    SELECT g.*, (g.began_at AT TIME ZONE $4)::date AS day,
        greatest(g.began_at, $10::timestamptz) + make_interval(hours => 24 * $5) AS ends_at FROM (
        SELECT i.member AS id, i.member, NULL::bigint AS step, NULL::bigint AS variant, min(i.store) AS store, NULL::integer AS hour,
            bool_or(i.treated) AS treated, bool_or(i.holdout) AND NOT bool_or(i.treated) AS holdout, bool_or(i.sent) AS sent,
            bool_or(i.delivered) AS delivered, bool_and(i.failed) FILTER (WHERE i.treated) IS TRUE AS failed,
            coalesce(min(i.began_at) FILTER (WHERE i.treated), min(i.began_at) FILTER (WHERE i.holdout)) AS began_at,
            sum(i.cost) AS cost, bool_or(i.guessed) AS guessed
        FROM line i GROUP BY i.member) g
), told AS (
    SELECT DISTINCT r.kind, p.id, p.step, p.variant, p.store, p.hour FROM reaction r JOIN person p ON p.id = r.member
)"""
_MESSAGE = ", told AS (SELECT r.kind, r.id, r.step, r.variant, r.store, r.hour FROM reaction r)"
# Refunds count whenever they come; a sale that was brought back whole never was one.
_TALLY = """, bought AS MATERIALIZED (
    SELECT i.id, min(i.step) AS step, min(i.variant) AS variant, min(i.store) AS store, min(i.hour) AS hour, bool_or(i.holdout) AS holdout,
        sum(u.amount + coalesce(r.back, 0)) AS net
    FROM {unit} i JOIN purchase u ON u.member = i.member AND u.business_date BETWEEN $6 AND $7 AND u.kind = 'sale'
        AND u.purchased_at >= i.began_at AND u.purchased_at < i.ends_at
    LEFT JOIN LATERAL (SELECT sum(t.amount) AS back FROM purchase t WHERE t.refund_of = u.id) r ON true
    WHERE (i.treated OR i.holdout) AND (r.back IS NULL OR u.amount + r.back > 0) GROUP BY i.id
), tally AS (
    SELECT i.step, i.variant, i.store, i.hour, count(*) AS audience, count(*) FILTER (WHERE i.treated) AS treated,
        count(*) FILTER (WHERE i.sent) AS sent, count(*) FILTER (WHERE i.delivered) AS delivered, count(*) FILTER (WHERE i.failed) AS failed,
        sum(i.cost) AS cost, bool_or(i.guessed) AS guessed, count(*) FILTER (WHERE i.holdout) AS held, 0 AS clicked, 0 AS replied,
        0 AS opted_out, 0 AS complained, 0 AS bought, 0::numeric AS revenue, 0::numeric AS squares, 0 AS held_bought,
        0::numeric AS held_revenue, 0::numeric AS held_squares
    FROM {unit} i GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT t.step, t.variant, t.store, t.hour, 0, 0, 0, 0, 0, 0, false, 0, count(*) FILTER (WHERE t.kind = 'clicked'),
        count(*) FILTER (WHERE t.kind = 'replied'), count(*) FILTER (WHERE t.kind = 'opted_out'),
        count(*) FILTER (WHERE t.kind = 'complained'), 0, 0, 0, 0, 0, 0
    FROM told t GROUP BY 1, 2, 3, 4
    UNION ALL
    SELECT b.step, b.variant, b.store, b.hour, 0, 0, 0, 0, 0, 0, false, 0, 0, 0, 0, 0, count(*) FILTER (WHERE NOT b.holdout),
        coalesce(sum(b.net) FILTER (WHERE NOT b.holdout), 0), coalesce(sum(b.net * b.net) FILTER (WHERE NOT b.holdout), 0),
        count(*) FILTER (WHERE b.holdout), coalesce(sum(b.net) FILTER (WHERE b.holdout), 0),
        coalesce(sum(b.net * b.net) FILTER (WHERE b.holdout), 0)
    FROM bought b GROUP BY 1, 2, 3, 4
)
SELECT (SELECT json_agg(c) FROM (
    SELECT GROUPING(t.step, t.variant, t.store, t.hour) AS level, t.step, t.variant, t.store, t.hour, sum(t.audience) AS audience,
        sum(t.treated) AS treated, sum(t.sent) AS sent, sum(t.delivered) AS delivered, sum(t.failed) AS failed, sum(t.cost) AS cost,
        bool_or(t.guessed) AS guessed, sum(t.held) AS held, sum(t.clicked) AS clicked, sum(t.replied) AS replied,
        sum(t.opted_out) AS opted_out, sum(t.complained) AS complained, sum(t.bought) AS bought, sum(t.revenue) AS revenue,
        sum(t.squares) AS squares, sum(t.held_bought) AS held_bought, sum(t.held_revenue) AS held_revenue, sum(t.held_squares) AS held_squares
    FROM tally t GROUP BY GROUPING SETS ((), (t.step), (t.step, t.variant), (t.store), (t.hour))) c)::text AS counts"""
_LEFT_OUT = """,
    (SELECT json_agg(o) FROM (SELECT i.step, i.reason, count(*) AS people FROM line i WHERE NOT i.treated GROUP BY 1, 2) o)::text AS left_out"""
# Of the treated: who redeemed points while observed; who had slept, and who of those came. Only for those who bought since
# is it looked up when they did before.
_HABITS = f""",
    (SELECT json_agg(h) FROM (
        SELECT count(*) FILTER (WHERE z.redeemed) AS redeemed, count(*) FILTER (WHERE z.asleep) AS asleep,
            count(*) FILTER (WHERE z.asleep AND z.came) AS woken
        FROM (SELECT e.member IS NOT NULL AS redeemed, b.id IS NOT NULL AS came,
                CASE WHEN m.last_purchase_on >= i.day THEN NOT EXISTS (SELECT FROM purchase u WHERE u.member = i.member
                    AND u.business_date >= i.day - {ASLEEP_DAYS} AND u.business_date < i.day AND u.kind = 'sale')
                ELSE m.last_purchase_on >= i.day - {ASLEEP_DAYS} IS NOT TRUE END AS asleep
            FROM {{unit}} i LEFT JOIN member_stats m ON m.member = i.member LEFT JOIN bought b ON b.id = i.id
            LEFT JOIN (SELECT DISTINCT v.member FROM {{unit}} v JOIN points_entry e ON e.member = v.member AND e.kind = 'redeem'
                AND e.business_date BETWEEN $6 AND $7 AND e.created_at >= v.began_at AND e.created_at < v.ends_at) e ON e.member = i.member
            WHERE i.treated OFFSET 0) z) h)::text AS habits"""

# Of one step a message is a person; of several both are counted, each by its own.
ONE_STEP = f"{_LINE}{_MESSAGE}{_TALLY}{_LEFT_OUT}{_HABITS}".format(unit="line")
MESSAGES = f"{_LINE}{_MESSAGE}{_TALLY}{_LEFT_OUT}".format(unit="line")
PEOPLE = f"{_LINE}{_PERSON}{_TALLY}{_HABITS}".format(unit="person")
# GROUPING of step, variant, store and hour: 1 where the row is not of one.
WHOLE, OF_STEP, OF_VARIANT, OF_STORE, OF_HOUR = 0b1111, 0b0111, 0b0011, 0b1101, 0b1110
# Some hundred thousand rows are sorted out in memory, by the few who look at results. A campaign that was just frozen looks
# small to the planner, which would compare each of its people with each.
ROOM = "SELECT set_config('work_mem', '96MB', true), set_config('enable_nestloop', 'off', true)"
ROOM_BACK = "SELECT set_config('enable_nestloop', 'on', true)"
