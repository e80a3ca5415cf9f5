"""The templates as the migrations ship them: `db` empties that table with all others."""

import re
from importlib import import_module

from tests import make

_STATEMENTS: str = (
    import_module("piccolo_migrations.regulars_2026_11_22t03_00_00_000000").STATEMENTS
    + import_module("piccolo_migrations.regulars_2026_11_22t06_05_00_000000").TEMPLATE
    + import_module("piccolo_migrations.regulars_2026_11_22t13_23_00_000000").TEMPLATE
)


def shipped() -> list[tuple[str, str, str]]:
    """Kind, message class and text of each."""
    return re.findall(r"\('[^']*', '(\w+)', '(\w+)', '([^']*)', true\)", _STATEMENTS)


async def ship_templates() -> None:
    """Into the database, and the chain's row beside them."""
    await make.execute(_STATEMENTS)
    await make.execute(
        "INSERT INTO chain (id, name, signature, phone) VALUES (1, '回头客', '回头客', '') ON CONFLICT DO NOTHING"
    )
