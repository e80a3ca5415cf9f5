"""What a program promises beyond points and tiers, in the tables: promotions, rewards and the stores that have them."""

from dataclasses import astuple

from rules.program import Program, PromotionRule, RewardRule
from rules.program_fields import refuse
from tables.scope import current

# Of promotions with one name a file means this one; `{name}` is the name.
_MEANT = "(SELECT o.id FROM points_promotion o WHERE o.name = {name} ORDER BY o.is_active DESC, o.id DESC LIMIT 1)"
# A multiplier of 1 or less promises nothing.
_READ_PROMOTIONS = f"""
SELECT p.name, p.multiplier, p.starts_on, p.ends_on, coalesce(p.weekdays, '{{}}') AS weekdays,
    ARRAY(SELECT s.code FROM store s WHERE s.id = ANY (p.stores)) AS stores,
    ARRAY(SELECT c.name FROM category c WHERE c.id = ANY (p.categories)) AS categories, t.name AS tag, p.birthday_month
FROM points_promotion p LEFT JOIN tag t ON t.id = p.tag
WHERE p.is_active AND p.multiplier > 1 AND p.id = {_MEANT.format(name="p.name")} ORDER BY p.id
"""
_READ_REWARDS = """
SELECT r.name, r.kind, r.points, r.value, r.stock, t.rank AS min_tier, r.description,
    ARRAY(SELECT s.code FROM reward_store p JOIN store s ON s.id = p.store WHERE p.reward = r.id ORDER BY p.id) AS codes,
    ARRAY(SELECT p.stock FROM reward_store p WHERE p.reward = r.id ORDER BY p.id) AS stocks
FROM reward r LEFT JOIN tier t ON t.id = r.tier WHERE r.is_active ORDER BY r.id
"""
_WRITE_PROMOTION = f"""
WITH said AS (
    SELECT $1::text AS name, $2::numeric AS multiplier, $3::date AS starts_on, $4::date AS ends_on, nullif($5::int[], '{{}}') AS weekdays,
        (SELECT array_agg(s.id ORDER BY s.id) FROM store s WHERE s.code = ANY ($6::text[])) AS stores,
        (SELECT array_agg(c.id ORDER BY c.id) FROM category c WHERE c.name = ANY ($7::text[])) AS categories,
        (SELECT t.id FROM tag t WHERE t.name = $8) AS tag, $9::boolean AS birthday_month
), known AS (
    UPDATE points_promotion p SET multiplier = said.multiplier, starts_on = said.starts_on, ends_on = said.ends_on,
        weekdays = said.weekdays, stores = said.stores, categories = said.categories, tag = said.tag,
        birthday_month = said.birthday_month, is_active = true
    FROM said WHERE p.id = {_MEANT.format(name="said.name")} RETURNING p.id
)
INSERT INTO points_promotion (name, multiplier, starts_on, ends_on, weekdays, stores, categories, tag, birthday_month, is_active)
SELECT said.*, true FROM said WHERE NOT EXISTS (SELECT FROM known)
"""
_END_PROMOTIONS = f"""
UPDATE points_promotion p SET is_active = false
WHERE p.is_active AND (p.name <> ALL ($1::text[]) OR p.id <> {_MEANT.format(name="p.name")})
"""
_WRITE_REWARD = """
INSERT INTO reward (name, kind, points, value, stock, tier, description, is_active)
VALUES ($1, $2, $3, $4, $5, (SELECT id FROM tier WHERE rank = $6), $7, true)
ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, points = excluded.points, value = excluded.value,
    stock = excluded.stock, tier = excluded.tier, description = excluded.description, is_active = true
"""
_END_REWARDS = "UPDATE reward SET is_active = false WHERE is_active AND name <> ALL ($1::text[])"
_PLACES = "unnest($1::text[], $2::text[], $3::int[]) AS said(reward, code, stock)"
_LEAVE_PLACES = f"""
DELETE FROM reward_store p USING reward r, store s WHERE r.id = p.reward AND s.id = p.store AND r.is_active
    AND NOT EXISTS (SELECT FROM {_PLACES} WHERE said.reward = r.name AND said.code = s.code)
"""
_WRITE_PLACES = f"""
INSERT INTO reward_store (reward, store, stock)
SELECT r.id, s.id, said.stock FROM {_PLACES} JOIN reward r ON r.name = said.reward JOIN store s ON s.code = said.code
ON CONFLICT (reward, store) DO UPDATE SET stock = excluded.stock
"""


async def read_promotions() -> tuple[PromotionRule, ...]:
    """The promotions that are switched on; their lists in the order of a file."""
    rows = await current().fetch(_READ_PROMOTIONS)
    lists = ("weekdays", "stores", "categories")
    return tuple(PromotionRule(**{**row, **{name: tuple(sorted(row[name])) for name in lists}}) for row in rows)


async def read_rewards() -> tuple[RewardRule, ...]:
    """The rewards that are offered, with what is left of them."""
    read = []
    for row in await current().fetch(_READ_REWARDS):
        plain = {name: value for name, value in row.items() if name not in {"codes", "stocks"}}
        places = dict(zip(row["codes"], row["stocks"], strict=True))
        read.append(RewardRule(**plain, stores=tuple((code, places[code]) for code in sorted(places))))
    return tuple(read)


async def check_offers(*, program: Program) -> None:
    """Raises Refusal `bad_program` at the first store, category or tag that there is not, with its place in the file."""
    for number, promotion in enumerate(program.promotions, start=1):
        place = f"promotions[{number}]"
        await _known(place=f"{place}.stores", table="store", column="code", names=promotion.stores)
        await _known(place=f"{place}.categories", table="category", column="name", names=promotion.categories)
        tags = () if promotion.tag is None else (promotion.tag,)
        await _known(place=f"{place}.tag", table="tag", column="name", names=tags)
    for number, reward in enumerate(program.rewards, start=1):
        codes = tuple(code for code, _ in reward.stores)
        await _known(place=f"rewards[{number}].stores", table="store", column="code", names=codes)


async def write_promotions(*, promotions: tuple[PromotionRule, ...]) -> None:
    """A promotion is known by its name; one that is missing here is switched off."""
    connection = current()
    await connection.executemany(_WRITE_PROMOTION, [astuple(promotion) for promotion in promotions])
    await connection.execute(_END_PROMOTIONS, [promotion.name for promotion in promotions])


async def write_rewards(*, rewards: tuple[RewardRule, ...]) -> None:
    """A reward is known by its name; one that is missing here is no longer offered. Stocks become what is said here."""
    connection = current()
    await connection.execute(_END_REWARDS, [reward.name for reward in rewards])
    # The last field is the stores, which have rows of their own.
    await connection.executemany(_WRITE_REWARD, [astuple(reward)[:-1] for reward in rewards])
    said = [(reward.name, code, stock) for reward in rewards for code, stock in reward.stores]
    columns = [[row[at] for row in said] for at in range(3)]
    await connection.execute(_LEAVE_PLACES, *columns)
    await connection.execute(_WRITE_PLACES, *columns)


async def _known(*, place: str, table: str, column: str, names: tuple[str, ...]) -> None:
    rows = await current().fetch(f"SELECT {column} AS name FROM {table} WHERE {column} = ANY ($1::text[])", names)
    unknown = sorted(set(names) - {row["name"] for row in rows})
    if unknown:
        en, zh = _WHAT[table]
        refuse(
            place=place,
            en=f"there is no {en} {', '.join(unknown)}: correct it, or add it first",
            zh=f"没有{zh} {'、'.join(unknown)}：请更正，或先新增",
        )


_WHAT = {"store": ("store", "门店"), "category": ("category", "品类"), "tag": ("tag", "标签")}
