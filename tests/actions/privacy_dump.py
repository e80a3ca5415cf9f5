"""Everything that the database holds, and how somebody might stand in it."""

import json
from base64 import b64encode

import asyncpg

from config.settings import OWNER, settings
from tests.actions.privacy_world import WIDE, older_name, older_number, spaced

_TABLES = """
SELECT c.oid::regclass::text AS place FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""


def spellings(*, phone: str, name: str) -> set[str]:
    """How number and name, and those before them, may stand anywhere: plain, spaced, wide, escaped, in hexadecimal, in base 64."""
    found = set()
    for number in (phone, older_number(phone)):
        found |= {number, spaced(number), spaced(number).replace(" ", "-"), number.translate(WIDE)}
    found |= {name, older_name(name)}
    coded = {text.encode() for text in found}
    # However many bytes stand before them, in base 64 all but the ends are one of three texts.
    base64 = {b64encode(b"\0" * n + text)[4:-4].decode() for text in coded for n in range(3)}
    return found | {json.dumps(text)[1:-1] for text in found} | {text.hex() for text in coded} | base64


async def dump(*, samples: bool = False) -> str:
    """Everything that the database holds, as text: each table of each schema but the catalogue's, which holds no rows of ours
    beyond the planner's `samples` of them. As superuser, from whom no policy hides anything.
    """
    connection = await asyncpg.connect(settings().owner_dsn.replace(OWNER, "postgres", 1))
    try:
        names = await connection.fetch(_TABLES)
        places = (
            [row["place"] for row in names] + ["pg_statistic", "pg_statistic_ext_data"] * samples + ["pg_largeobject"]
        )
        every = " UNION ALL ".join(f"SELECT string_agg(t::text, chr(10)) FROM {place} t" for place in places)
        return str(await connection.fetchval(f"SELECT string_agg(d.held, chr(10)) FROM ({every}) d(held)"))
    finally:
        await connection.close()


_TABLES = """
SELECT c.oid::regclass::text AS place FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
"""
