"""The stock panel, set up as ours: tables, forms, log-in, language."""

import logging
from urllib.parse import urlsplit

from piccolo_admin.endpoints import AdminRouter, create_admin
from piccolo_api.rate_limiting.middleware import InMemoryLimitProvider

from admin.door import Door
from admin.edits import table_config
from admin.forms import forms
from admin.registry import SCREENS
from admin.screens import Words
from config.settings import Settings
from tables.sessions import Session
from tables.staff import Staff

SITE = Words("回头客", "Regulars")
# They would write the row's values into the log; what is our mistake, the request's own line tells.
for _talkative in ("piccolo_api.crud.exceptions", "piccolo_admin.endpoints"):
    logging.getLogger(_talkative).setLevel(logging.CRITICAL + 1)
_HEAD = """<title>{site}</title>
  <link rel="stylesheet" href="./regulars/screen.css">
  <script src="./regulars/names.js"></script>
  <script src="./regulars/screen.js"></script>"""


def _screen(panel: AdminRouter, settings: Settings) -> None:
    stock, language = "<title>Piccolo Admin</title>", {"zh": "zh-CN", "en": "en"}[settings.language]
    if stock not in panel.template:
        raise RuntimeError("the panel's page has changed: look where our script goes now")
    head = _HEAD.format(site=SITE.of(settings.language))
    panel.template = panel.template.replace(stock, head).replace('<html lang="en">', f'<html lang="{language}">')


def back_office(*, settings: Settings) -> Door:
    """The ASGI application for `/admin/`."""
    address = urlsplit(settings.public_url)
    panel = create_admin(
        tables=[table_config(screen=screen, language=settings.language) for screen in SCREENS.values()],
        forms=forms(language=settings.language),
        auth_table=Staff,
        session_table=Session,
        # Without a block's end one bad log-in too many would lock a whole shop's address out until a restart.
        rate_limit_provider=InMemoryLimitProvider(timespan=300, limit=30, block_duration=300),
        production=address.scheme == "https",
        allowed_hosts=[address.hostname or "localhost"],
        site_name=SITE.of(settings.language),
        default_language_code={"zh": "zh-cn", "en": "en"}[settings.language],
        auto_include_related=False,
    )
    _screen(panel, settings)
    return Door(panel=panel, screens=SCREENS, language=settings.language, zone=settings.zone)
