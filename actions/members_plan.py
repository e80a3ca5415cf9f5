"""How the rows of a members file are judged and written: SQL over `judged` (r) and the run's `terms` (w)."""

from collections.abc import Mapping

from actions.imports_columns import Column
from actions.imports_plan import CHUNK_OF_ROWS, Inspect, Plan, Reason, differs, overwritten

_FIELDS = {name: f"r.{name}" for name in ("name", "title", "birthday", "home_store", "joined_on")} | {
    # Where somebody lives is kept with their yes alone, and no file says one.
    name: f"CASE WHEN r.{name} IS NOT NULL AND deed.agreed(m.id, 'location') THEN r.{name} END"
    for name in ("latitude", "longitude")
}
# Of the tags (n) of a row those that this member may have.
_ALLOWED = (
    "NOT EXISTS (SELECT FROM tag s WHERE s.name = n.name AND s.purpose IS NOT NULL AND NOT deed.agreed({}, s.purpose))"
)

# OFFSET 0 keeps questions as they stand: asked once a row, by the member's own index, however new the statistics are.
_JUDGE = f"""
    INSERT INTO judged SELECT r.*, m.id, CASE
        WHEN coalesce(r.home_store, m.home_store, w.home_store) IS NULL THEN 'homeless'
        WHEN o.opened <> r.points THEN 'conflict'
        WHEN m.id IS NULL THEN 'created'
        WHEN x.fields OR x.grants OR x.opens OR x.decides OR x.tagged THEN 'updated' ELSE 'unchanged' END,
        x.fields, x.grants, x.opens, x.decides, x.tagged, x.unagreed
    FROM file_row r CROSS JOIN terms w LEFT JOIN member m ON m.phone = r.phone
    LEFT JOIN LATERAL (SELECT e.points AS opened FROM points_entry e
        WHERE r.points IS NOT NULL AND e.source = 'import' AND e.reference = 'opening:' || m.id OFFSET 0) o ON true
    CROSS JOIN LATERAL (SELECT
        {differs(_FIELDS, known="m")} AS fields,
        r.tier IS NOT NULL AND NOT EXISTS (SELECT FROM (SELECT * FROM tier_grant g WHERE g.member = m.id OFFSET 0) g
            WHERE g.tier = r.tier AND g.valid_until = w.granted_until AND g.reason = 'import') AS grants,
        r.points > 0 AND o.opened IS NULL AS opens,
        r.marketing_consent IS NOT NULL AND w.consent_source IS NOT NULL AND NOT EXISTS (SELECT FROM consent c
            WHERE c.member = m.id AND c.purpose = 'marketing_sms')
            -- A no to this number outlived whoever said it; a list is not somebody who says yes.
            AND NOT (r.marketing_consent AND EXISTS (SELECT FROM suppression s WHERE s.phone_hmac =
                encode(sha256(w.pads[2] || sha256(w.pads[1] || convert_to(r.phone, 'UTF8'))), 'hex'))) AS decides,
        EXISTS (SELECT FROM unnest(r.tags) AS n(name) WHERE {_ALLOWED.format("m.id")} AND NOT EXISTS (SELECT FROM tag t
            JOIN member_tag x ON x.tag = t.id AND x.member = m.id WHERE t.name = n.name)) AS tagged,
        r.latitude IS NOT NULL AND NOT deed.agreed(m.id, 'location')
            OR EXISTS (SELECT FROM unnest(r.tags) AS n(name) WHERE NOT ({_ALLOWED.format("m.id")})) AS unagreed
        OFFSET 0) x
    WHERE {CHUNK_OF_ROWS}"""

_NEW_TAGS = """
    INSERT INTO tag (name) SELECT DISTINCT n.name FROM judged r CROSS JOIN unnest(r.tags) AS n(name)
    WHERE r.tagged AND r.outcome IN ('created', 'updated') AND NOT EXISTS (SELECT FROM tag t WHERE t.name = n.name)
    ORDER BY 1 ON CONFLICT (name) DO NOTHING"""

_BIRTHS = """
    INSERT INTO member (phone, name, title, birthday, home_store, joined_on, tier, tier_valid_until)
    SELECT r.phone, coalesce(r.name, ''), coalesce(r.title, ''), r.birthday, coalesce(r.home_store, w.home_store),
        coalesce(r.joined_on, w.today), coalesce(r.tier, w.base_tier),
        CASE WHEN r.tier IS NOT NULL THEN w.granted_until END
    FROM judged r CROSS JOIN terms w WHERE r.outcome = 'created' ORDER BY r.phone
    ON CONFLICT (phone) DO NOTHING RETURNING id, phone"""

# A grant lifts at once whom it ranks higher; whose rank it equals keeps it for as long as the grant lasts.
_UPDATES = f"""
    WITH moved AS (
        UPDATE member m SET {overwritten(_FIELDS, known="m")},
            tier = CASE WHEN given.rank > has.rank THEN given.id ELSE m.tier END,
            tier_valid_until = CASE WHEN given.rank > has.rank THEN w.granted_until
                WHEN given.rank = has.rank THEN greatest(m.tier_valid_until, w.granted_until)
                ELSE m.tier_valid_until END
        FROM judged r LEFT JOIN tier given ON r.grants AND given.id = r.tier CROSS JOIN terms w CROSS JOIN tier has
        WHERE m.id = r.target AND has.id = m.tier AND r.outcome = 'updated' AND (r.fields OR r.grants)
        RETURNING m.id, old.tier AS had, new.tier AS has
    )
    INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date)
    SELECT id, had, has, 'import', w.moved_on FROM moved CROSS JOIN terms w WHERE had <> has ORDER BY id"""

# Born into the lowest tier, then lifted: a change counts from the day after its business date.
_LIFTED_AT_BIRTH = """
    INSERT INTO tier_change (member, from_tier, to_tier, reason, business_date)
    SELECT r.target, w.base_tier, r.tier, 'import', w.moved_on FROM judged r CROSS JOIN terms w
    WHERE r.outcome = 'created' AND r.tier IS NOT NULL ORDER BY r.target"""

_GRANTS = """
    INSERT INTO tier_grant (member, tier, valid_from, valid_until, reason)
    SELECT r.target, r.tier, w.moved_on + 1, w.granted_until, 'import' FROM judged r CROSS JOIN terms w
    WHERE r.outcome IN ('created', 'updated') AND r.grants ORDER BY r.target"""

_OPENINGS = """
    SELECT count(*) FROM (
        SELECT array_agg(ROW(m.id, m.home_store, 'import', r.points, 'import', 'opening:' || m.id, NULL, NULL, NULL,
            w.today, w.today, coalesce(r.points_expire_on, w.points_expire_on))::deed.posting ORDER BY m.id) AS postings
        FROM judged r CROSS JOIN terms w JOIN member m ON m.id = r.target
        WHERE r.outcome IN ('created', 'updated') AND r.opens) opening
    CROSS JOIN LATERAL deed.points_credit(opening.postings) WHERE opening.postings IS NOT NULL"""

_DECISIONS = """
    INSERT INTO consent (member, purpose, granted, source, text_version, at)
    SELECT r.target, 'marketing_sms', r.marketing_consent, w.consent_source, 'import', now()
    FROM judged r CROSS JOIN terms w
    WHERE r.outcome IN ('created', 'updated') AND r.decides ORDER BY r.target"""

_TAGS = f"""
    INSERT INTO member_tag (member, tag, source) SELECT r.target, t.id, 'manual'
    FROM judged r CROSS JOIN unnest(r.tags) AS n(name) JOIN tag t ON t.name = n.name
    WHERE r.outcome IN ('created', 'updated') AND r.tagged AND {_ALLOWED.format("r.target")} ORDER BY r.target, t.id
    ON CONFLICT (member, tag) DO NOTHING"""

_REASONS = {
    "homeless": Reason(
        column="home_store",
        en="A new member needs a home store: fill it in, or name one for the whole file with --store.",
        zh="新会员需要所属门店：请填写，或用 --store 为整个文件指定一个。",
    ),
    "conflict": Reason(
        column="points",
        en="The opening balance of this member was imported before with another number: leave the cell empty, "
        "and correct the balance by an adjustment.",
        zh="该会员的期初积分已导入过，且数值不同：请将此格留空，并通过积分调整更正余额。",
    ),
}


def member_plan(*, columns: tuple[Column, ...], terms: Mapping[str, tuple[str, object]], inspect: Inspect) -> Plan:
    """Terms: today, moved_on, home_store, base_tier, granted_until, points_expire_on, consent_source."""
    return Plan(
        kind="members",
        table="member",
        columns=columns,
        terms=terms,
        together=("latitude", "longitude"),
        flags=("fields", "grants", "opens", "decides", "tagged", "unagreed"),
        left_out="unagreed",
        judge=_JUDGE,
        prepare=(_NEW_TAGS,),
        births=_BIRTHS,
        updates=_UPDATES,
        after=(_LIFTED_AT_BIRTH, _GRANTS, _OPENINGS, _DECISIONS, _TAGS),
        reasons=_REASONS,
        inspect=inspect,
    )
