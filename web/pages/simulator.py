"""/simulator: the pretend phones, for HQ to see what would have reached the members."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

from config.settings import settings
from gateways.registry import gateway
from gateways.simulator import Simulator
from queries.staff import Identity
from rules.messages import parts
from tables.access import STORE_ROLES

TEMPLATES = TemplateConfig(directory=Path(__file__).parent / "templates", engine=JinjaTemplateEngine)

WORDS = {
    "zh": {
        "title": "模拟手机",
        "about": "短信通道为模拟器：以下短信不会真正发出。页面每 5 秒自动刷新。",
        "rules": "尾号 0000 视为空号，尾号 7 视为关机，其余号码约 3 秒后送达。",
        "empty": "还没有短信。通知会在 08:00–21:00 发出。",
        "parts": "条",
        "accepted": "发送中",
        "delivered": "已送达",
        "failed": "关机，未送达",
        "back": "返回后台",
    },
    "en": {
        "title": "Pretend phones",
        "about": "The gateway is the simulator: none of these texts really leaves. The page refreshes every 5 seconds.",
        "rules": "Numbers ending in 0000 do not exist, those ending in 7 are switched off, others get it after 3 seconds.",
        "empty": "No texts yet. Notices leave from 08:00 to 21:00.",
        "parts": "part(s)",
        "accepted": "on its way",
        "delivered": "delivered",
        "failed": "switched off, not delivered",
        "back": "Back office",
    },
}


@get("/simulator", include_in_schema=False)
async def simulator_page(staff: NamedDependency[Identity]) -> Template:
    """The newest texts by phone, masked. HQ alone may look: the texts are of all stores' members."""
    if staff.role in STORE_ROLES:
        raise PermissionDeniedException
    sms = gateway(name=settings().gateway)
    if not isinstance(sms, Simulator):
        raise NotFoundException
    phones = [
        {"phone": phone.phone, "texts": [_shown(text=text.text, at=text.at, state=text.state) for text in phone.texts]}
        for phone in await sms.phones(now=datetime.now(UTC))
    ]
    language = settings().language
    return Template("simulator.html", context={"language": language, "words": WORDS[language], "phones": phones})


def _shown(*, text: str, at: datetime, state: str) -> dict[str, Any]:
    when = at.astimezone(settings().zone)
    return {"text": text, "at": f"{when:%m-%d %H:%M}", "state": state, "parts": parts(text=text)}
