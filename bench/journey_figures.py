"""The journey's figures, asked of the product's tables (design.md §3) in one statement."""

from pathlib import Path

from bench.journey_facts import QUARTER_ENDS, YEAR_END
from bench.journey_product import query

DAYS = ", ".join(f"('{day}'::date)" for day in QUARTER_ENDS)
FATE = "CASE WHEN n.send_log IS NOT NULL THEN 'message' ELSE coalesce(n.reason, n.state) END"

# Each gives (label, value); they are printed in this order, rows of one question by label.
QUESTIONS = [
    "SELECT 'stores', count(*)::text FROM store",
    "SELECT 'members', count(*)::text FROM member",
    "SELECT 'products', count(*)::text FROM product",
    "SELECT 'receipts', count(*)::text FROM purchase WHERE kind = 'sale'",
    "SELECT 'lines', count(*)::text FROM purchase_line",
    "SELECT 'amount', sum(amount)::text FROM purchase",
    """SELECT 'nights closed', count(DISTINCT business_date)::text
       FROM job_run WHERE job = 'notices' AND state = 'done'""",
    "SELECT 'points earned', coalesce(sum(points), 0)::text FROM points_entry WHERE kind = 'earn'",
    "SELECT 'points redeemed', coalesce(-sum(points), 0)::text FROM points_entry WHERE kind = 'redeem'",
    "SELECT 'points expired', coalesce(-sum(points), 0)::text FROM points_entry WHERE kind = 'expire'",
    "SELECT 'points outstanding', coalesce(sum(balance), 0)::text FROM points_account",
    "SELECT 'points pending', coalesce(sum(pending), 0)::text FROM points_account",
    "SELECT 'points debt', coalesce(sum(debt), 0)::text FROM points_account",
    f"""SELECT 'points outstanding after {YEAR_END}', coalesce(sum(points), 0)::text
       FROM points_entry WHERE business_date <= '{YEAR_END}'""",
    f"""SELECT 'tier after ' || day || ': rank ' || t.rank,
              count(m.id) FILTER (WHERE coalesce(held.rank, 1) = t.rank)::text
       FROM (VALUES {DAYS}) AS days(day) CROSS JOIN tier t CROSS JOIN member m
       LEFT JOIN LATERAL (SELECT reached.rank FROM tier_change c JOIN tier reached ON reached.id = c.to_tier
                          WHERE c.member = m.id AND c.business_date <= day
                          ORDER BY c.business_date DESC, c.id DESC LIMIT 1) held ON true
       GROUP BY day, t.rank""",
    """SELECT CASE WHEN after.rank > before.rank THEN 'moves up' ELSE 'moves down' END, count(*)::text
       FROM tier_change c JOIN tier before ON before.id = c.from_tier JOIN tier after ON after.id = c.to_tier
       GROUP BY 1""",
    f"SELECT 'notices ' || n.kind || ': ' || {FATE}, count(*)::text FROM notice n GROUP BY 1",
    "SELECT 'send_log ' || state || ' ' || coalesce(reason, ''), count(*)::text FROM send_log GROUP BY 1",
    "SELECT 'messages', count(*)::text FROM send_log WHERE reason = 'replay'",
    """SELECT 'messages per member', round(count(*)::numeric / (SELECT count(*) FROM member), 2)::text
       FROM send_log WHERE reason = 'replay'""",
    """SELECT 'messages of one member at most', coalesce(max(n), 0)::text
       FROM (SELECT count(*) AS n FROM send_log WHERE reason = 'replay' GROUP BY member) AS of_member""",
]


def figures(*, data: Path) -> dict[str, str]:
    parts = [f"SELECT {n} AS i, q.* FROM ({sql}) AS q(label, value)" for n, sql in enumerate(QUESTIONS)]
    everything = " UNION ALL ".join(parts)
    rows = query(data=data, sql=f'SELECT label, value FROM ({everything}) AS f ORDER BY i, label COLLATE "C"')
    return {row[0]: row[1] for row in rows}
