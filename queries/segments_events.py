"""What members bought, how they answered messages and what they wish for, as conditions over `member m`."""

from queries.segments_names import Goods
from queries.segments_query import Query
from rules.segments_tree import Bought, Reacted, Took, Wished

AFTER_DAYS = 7  # so long a purchase counts as one after a message
LATELY = 90  # days in which answers to messages are looked at
_GOT = "l.campaign IS NOT NULL AND l.state IN ('accepted', 'delivered')"
# A no, or a wish for less, is no answer to an offer.
_ANSWER = "r.kind NOT IN ('opt_out', 'opt_out_all', 'fewer')"
_CLICKS = "short_link k JOIN click c ON c.link = k.id AND NOT c.is_preview"
_BOUGHT_AFTER = f"""
SELECT FROM purchase p WHERE p.member = l.member AND p.kind = 'sale' AND p.business_date >= l.business_date
    AND p.business_date <= l.business_date + {AFTER_DAYS} AND p.purchased_at >= l.handed_at
"""


def bought(rule: Bought, query: Query) -> str:
    """Receipts with something of a category or product; a line that was voided, and a refund, is no purchase."""
    sold = f"""
        purchase_line l JOIN purchase p ON p.id = l.purchase
        WHERE {_goods(query.names.goods[rule.thing, rule.name], query)} AND l.amount >= 0 AND p.kind = 'sale' AND p.member IS NOT NULL
    """
    if rule.days is not None:
        sold += f" AND p.business_date > {query.since(days=rule.days)}"
    if rule.times == 1:
        return query.listed(sql=f"SELECT DISTINCT p.member FROM {sold}")
    receipts = f"SELECT DISTINCT p.member, p.id, p.business_date FROM {sold}"
    times = query.value(value=rule.times, kind="integer")
    if rule.span is None:
        return query.listed(sql=f"SELECT r.member FROM ({receipts}) r GROUP BY r.member HAVING count(*) >= {times}")
    took = f"""
        SELECT r.member, r.business_date - lag(r.business_date, {times} - 1) OVER (PARTITION BY r.member ORDER BY r.business_date, r.id) AS days
        FROM ({receipts}) r
    """
    span = query.value(value=rule.span, kind="integer")
    return query.listed(sql=f"SELECT DISTINCT g.member FROM ({took}) g WHERE g.days < {span}")


def reacted(rule: Reacted, query: Query) -> str:
    """To messages of campaigns: got them, clicked on their links (no previews), or answered."""
    times = (
        "" if rule.times == 1 else f" HAVING count(DISTINCT {{}}) >= {query.value(value=rule.times, kind='integer')}"
    )
    one = (
        ""
        if rule.campaign is None
        else f" AND {{}}.campaign = {query.value(value=query.names.campaigns[rule.campaign], kind='bigint')}"
    )
    if rule.how == "got":
        since = "" if rule.days is None else f" AND l.business_date > {query.since(days=rule.days)}"
        rows, counted = f"send_log l WHERE l.member = m.id AND {_GOT}{one.format('l')}{since}", "l.id"
    elif rule.how == "clicked":
        since = "" if rule.days is None else f" AND c.at >= {query.begun(days=rule.days)}"
        rows, counted = f"{_CLICKS} WHERE k.member = m.id AND k.campaign IS NOT NULL{one.format('k')}{since}", "k.id"
    else:
        since = "" if rule.days is None else f" AND r.said_at >= {query.begun(days=rule.days)}"
        joined = "reply r JOIN send_log l ON l.id = r.send_log AND l.campaign IS NOT NULL"
        rows, counted = f"{joined} WHERE r.member = m.id AND {_ANSWER}{one.format('l')}{since}", "l.id"
    return f"EXISTS (SELECT FROM {rows}{times.format(counted)})"


def took(rule: Took, query: Query) -> str:
    """Clicked, answered or bought after a message of a campaign of this kind."""
    since = "" if rule.days is None else f" AND l.business_date > {query.since(days=rule.days)}"
    return f"""EXISTS (
        SELECT FROM send_log l JOIN campaign g ON g.id = l.campaign AND g.content_kind = {query.value(value=rule.content, kind="text")}
        WHERE l.member = m.id AND {_GOT}{since} AND (
            EXISTS (SELECT FROM {_CLICKS} WHERE k.member = l.member AND k.campaign = l.campaign AND k.step = l.step)
            OR EXISTS (SELECT FROM reply r WHERE r.send_log = l.id AND {_ANSWER}) OR EXISTS ({_BOUGHT_AFTER})))"""


def after_message(*, query: Query) -> str:
    """Bought within a week after a message of a campaign, lately."""
    since = query.since(days=LATELY)
    return f"EXISTS (SELECT FROM send_log l WHERE l.member = m.id AND {_GOT} AND l.business_date > {since} AND EXISTS ({_BOUGHT_AFTER}))"


def wished(rule: Wished, query: Query) -> str:
    """Wishes and favourites, of anything, of a product, or of the products of a category."""
    goods = "" if rule.thing is None or rule.name is None else (
        f" AND i.product = ANY ({query.value(value=list(query.names.goods[rule.thing, rule.name].products), kind='bigint[]')})"
    )  # fmt: skip
    since = "" if rule.days is None else f" AND i.since > {query.since(days=rule.days)}"
    kind = query.value(value=rule.kind, kind="text")
    return f"EXISTS (SELECT FROM member_interest i WHERE i.member = m.id AND i.kind = {kind}{goods}{since})"


def fastest(*, query: Query) -> str:
    """Joins how many minutes the fastest answer of lately took; returns the expression for it."""
    begun = query.begun(days=LATELY)
    return query.joined(sql=f"""
        SELECT n.member, min(n.minutes) AS minutes FROM (
            SELECT k.member, c.seconds_after / 60 AS minutes FROM {_CLICKS}
            WHERE k.member IS NOT NULL AND k.campaign IS NOT NULL AND c.at >= {begun}
            UNION ALL
            SELECT r.member, extract(epoch FROM r.said_at - l.handed_at) / 60 FROM reply r JOIN send_log l ON l.id = r.send_log
            WHERE r.member IS NOT NULL AND l.campaign IS NOT NULL AND {_ANSWER} AND r.said_at >= {begun}) n
        GROUP BY n.member""") + ".minutes"  # fmt: skip


def _goods(goods: Goods, query: Query) -> str:
    products = f"l.product = ANY ({query.value(value=list(goods.products), kind='bigint[]')})"
    if goods.category is None:
        return products
    return f"({products} OR l.category = {query.value(value=goods.category, kind='bigint')})"
