"""The stock panel, set up as ours: tables, forms, log-in, language."""

import logging
import warnings
from datetime import timedelta
from urllib.parse import urlsplit

from piccolo_admin.endpoints import AdminRouter, create_admin
from piccolo_admin.translations.data import ENGLISH
from piccolo_admin.translations.models import Translation

from admin.door import Door
from admin.edits import table_config
from admin.forms import forms
from admin.log_in import Authenticator, CountedAtTheDesk
from admin.registry import SCREENS
from admin.screens import Words
from admin.texts import PANEL
from config.settings import Settings
from tables.access import STAFF_ROLES, STORE_ROLES, Role
from tables.sessions import Session
from tables.staff import Staff

SITE = Words("回头客", "Regulars")
SIMULATOR = Words("模拟手机", "Pretend phones")
CAMPAIGNS = Words("群发活动", "Campaigns")
MESSAGES = Words("短信发送", "Messages leaving")
SETTLEMENT = Words("门店积分结算", "Settlement")
ACCOUNT = Words("我的账号", "My account")
STAFF = Words("店员", "Staff of stores")
LONGEST_SESSION = timedelta(days=30)
FORECAST = Words("积分到期预测", "Points forecast")
AUDIT = Words("操作记录查询", "Who did what")
# They would write the row's values into the log; what is our mistake, the request's own line tells.
for _talkative in ("piccolo_api.crud.exceptions", "piccolo_admin.endpoints"):
    logging.getLogger(_talkative).setLevel(logging.CRITICAL + 1)
# Whether the cookie is for https alone follows from the public URL; the log-in would warn of it every time.
warnings.filterwarnings("ignore", message="If running sessions in production", category=UserWarning)
CHINESE = Translation(language_name="简体中文", language_code="zh-CN", translations=PANEL)
_ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7'\
 fill='%2323394f'/%3E%3Cpath d='M9 9h14v14H9zM13.5 13.5h5v5h-5z' fill='none' stroke='%23fff' stroke-width='2.4'/%3E%3C/svg%3E"
_HEAD = """<title>{site}</title>
  <link rel="icon" href="{icon}">
  <link rel="stylesheet" href="./regulars/screen.css">
  <script src="./regulars/names.js"></script>
  <script src="./regulars/screen.js"></script>
  <script src="./regulars/pages.js"></script>"""


def _screen(panel: AdminRouter, settings: Settings) -> None:
    stock, language = "<title>Piccolo Admin</title>", {"zh": "zh-CN", "en": "en"}[settings.language]
    if stock not in panel.template:
        raise RuntimeError("the panel's page has changed: look where our script goes now")
    head = _HEAD.format(site=SITE.of(settings.language), icon=_ICON)
    panel.template = panel.template.replace(stock, head).replace('<html lang="en">', f'<html lang="{language}">')


def back_office(*, settings: Settings) -> Door:
    """The ASGI application for `/admin/`."""
    address = urlsplit(settings.public_url)
    panel = create_admin(
        tables=[table_config(screen=screen, language=settings.language) for screen in SCREENS.values()],
        forms=forms(language=settings.language),
        auth_table=Staff,
        session_table=Session,
        rate_limit_provider=CountedAtTheDesk(),
        mfa_providers=[Authenticator()],
        # How long a log-in lasts the chain says, and queries/staff.py asks it each time: this is the longest it may say.
        session_expiry=LONGEST_SESSION,
        max_session_expiry=LONGEST_SESSION,
        increase_expiry=None,
        production=address.scheme == "https",
        allowed_hosts=[address.hostname or "localhost"],
        site_name=SITE.of(settings.language),
        default_language_code={"zh": "zh-cn", "en": "en"}[settings.language],
        translations=[CHINESE, ENGLISH],
        auto_include_related=False,
    )
    _screen(panel, settings)
    links = {role: _links(role=role, settings=settings) for role in STAFF_ROLES}
    return Door(panel=panel, screens=SCREENS, links=links, language=settings.language, zone=settings.zone)


def _links(*, role: Role, settings: Settings) -> dict[str, str]:
    """Pages of ours that a role may open; each page asks again who it is."""
    pages = (
        (CAMPAIGNS, "/campaigns", role != "cashier"),
        (MESSAGES, "/messages", True),
        (SETTLEMENT, "/settlement", role in {"hq_admin", "hq_viewer"}),
        (FORECAST, "/forecast", role != "cashier"),
        (AUDIT, "/audit", role in {"hq_admin", "hq_viewer"}),
        (STAFF, "/staff", role in {"hq_admin", "store_manager"}),
        (ACCOUNT, "/account", True),
        (SIMULATOR, "/simulator", settings.gateway == "simulator" and role not in STORE_ROLES),
    )
    return {words.of(settings.language): path for words, path, may in pages if may}
