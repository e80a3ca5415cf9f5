"""What must be true of messages and campaigns at any time (design 4.9): each query returns no rows.

`$1` are the members to look at (null = all); `$2`, where it stands, the pads of the refused phones' digests.
"""

# What was handed over a minute or more after a no: of the member, unless they said yes again, or of the phone, unless its
# member said yes later than that.
SOLD_TO_A_NO = """
    SELECT s.id, s.member, s.handed_at, c.at AS withdrawn_at, x.since AS suppressed_at FROM send_log s
    LEFT JOIN LATERAL (SELECT c.granted, c.at FROM consent c WHERE c.member = s.member AND c.purpose = 'marketing_sms'
                       AND c.at <= s.handed_at - interval '60 seconds' ORDER BY c.at DESC, c.id DESC LIMIT 1) c ON true
    LEFT JOIN suppression x ON x.since <= s.handed_at - interval '60 seconds' AND x.phone_hmac =
        encode(sha256(($2::bytea[])[2] || sha256(($2::bytea[])[1] || convert_to(s.phone, 'UTF8'))), 'hex')
    WHERE s.message_class = 'marketing' AND s.handed_at IS NOT NULL AND ($1::bigint[] IS NULL OR s.member = ANY ($1))
        AND (NOT c.granted OR x.since IS NOT NULL AND (c.granted AND c.at > x.since) IS NOT TRUE)"""
OPEN_AT_THE_END = """
    SELECT s.id, s.campaign, c.state AS campaign_state, s.state FROM campaign c JOIN send_log s ON s.campaign = c.id
    WHERE ($1::bigint[] IS NULL OR s.member = ANY ($1))
        AND (s.state = 'queued' AND c.state IN ('finished', 'cancelled', 'stopped') OR s.state = 'sending' AND c.state = 'finished')"""
# Chunks that were made of messages handed over before there were any have no figures and no account.
MISCOUNTED = """
    SELECT c.id AS chunk, c.size, r.* FROM send_chunk c LEFT JOIN (
        SELECT s.chunk, count(*) AS rows, count(*) FILTER (WHERE s.state = 'sending') AS sending,
            count(*) FILTER (WHERE s.state = 'skipped') AS skipped, count(*) FILTER (WHERE s.state = 'accepted') AS accepted,
            count(*) FILTER (WHERE s.state = 'delivered') AS delivered, count(*) FILTER (WHERE s.state = 'failed') AS failed,
            count(*) FILTER (WHERE s.state = 'unknown') AS unknown
        FROM send_log s WHERE s.chunk IS NOT NULL GROUP BY s.chunk) r ON r.chunk = c.id
    WHERE $1::bigint[] IS NULL AND (c.gateway IS NOT NULL OR c.campaign IS NOT NULL)
        AND (c.size, c.sending, c.skipped, c.accepted - c.undelivered, c.delivered, c.failed + c.undelivered, c.unknown) IS DISTINCT FROM
            (coalesce(r.rows, 0), coalesce(r.sending, 0), coalesce(r.skipped, 0), coalesce(r.accepted + r.delivered, 0),
             coalesce(r.delivered, 0), coalesce(r.failed, 0), coalesce(r.unknown, 0))"""

MESSAGES: dict[str, str] = {
    "nothing is sold to who said no": SOLD_TO_A_NO,
    "campaigns that are over have no open messages": OPEN_AT_THE_END,
    "a chunk's figures are its messages": MISCOUNTED,
}
