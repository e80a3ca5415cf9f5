"""What bench/access.py needs beyond the chain of bench/load.py: a message to each member, most of them delivered."""

from bench.database import superuser
from bench.load import DAY, HASH, ZONE

_MESSAGES = f"""
INSERT INTO send_log (member, phone, store, message_class, dedupe_key, text, parts, cost, state, reason, handed_at, delivered_at,
                      business_date)
SELECT m.id, m.phone, m.home_store, 'marketing', 'bench:' || m.id, '您好，欢迎再来', 1, 0.035, s.state,
    CASE s.state WHEN 'skipped' THEN 'cap' END, CASE WHEN s.state <> 'skipped' THEN s.at END,
    CASE s.state WHEN 'delivered' THEN s.at + interval '4 seconds' END, s.day
FROM member m CROSS JOIN LATERAL (
    SELECT date '{DAY}' - pg_temp.h(m.id, 70, 90) AS day,
        (date '{DAY}' - pg_temp.h(m.id, 70, 90) + time '11:00') AT TIME ZONE '{ZONE}' AS at,
        CASE WHEN pg_temp.h(m.id, 71, 100) < 3 THEN 'failed' WHEN pg_temp.h(m.id, 71, 100) < 20 THEN 'skipped' ELSE 'delivered' END AS state
) s ORDER BY s.day, m.id
"""


async def write_to_members() -> None:
    """Fills the send log, once; in the order of its days, as it would have grown."""
    connection = await superuser()
    try:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM send_log)"):
            return
        await connection.execute(f"SET session_replication_role = replica; SET synchronous_commit = off; {HASH}")
        await connection.execute(_MESSAGES)
        await connection.execute("VACUUM (ANALYZE, FREEZE) send_log")
        await connection.execute("SELECT setval('send_log_id_seq', (SELECT max(id) FROM send_log))")
    finally:
        await connection.close()
