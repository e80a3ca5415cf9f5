"""The forms of the counter, as the stock panel shows them, until the counter has a page of its own."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
from piccolo_admin.endpoints import FormConfig
from pydantic import BaseModel, Field, create_model
from starlette.requests import Request

from admin import forms_consents, forms_erasures, forms_menu, forms_merges, forms_privacy, forms_reveal
from admin.forms_desk import Desk
from admin.forms_menu import Form
from admin.refused import Refused
from admin.screens import Language
from admin.violations import sentence
from config.settings import settings
from queries.staff import Identity
from rules.calendar import business_date
from rules.refusals import Refusal
from tables.access import DEEDS, Role

FORMS = (
    *forms_menu.FORMS,
    *forms_privacy.FORMS,
    *forms_merges.FORMS,
    *forms_consents.FORMS,
    *forms_erasures.FORMS,
    *forms_reveal.FORMS,
)
_BY_SLUG = {form.slug(language): form for form in FORMS for language in ("zh", "en")}


def allowed(*, slug: str, role: Role) -> bool:
    """Whether a role may use a form: when the database lets it do the deed."""
    form = _BY_SLUG.get(slug)
    return form is not None and role in DEEDS[form.deed]


def forms(*, language: Language) -> list[FormConfig]:
    """The forms in the panel's language."""
    return [_config(form, language) for form in FORMS]


def _config(form: Form, language: Language) -> FormConfig:
    async def endpoint(request: Request, data: BaseModel) -> str:
        return await _sent(form, request, data, language)

    return FormConfig(
        name=form.name.of(language),
        pydantic_model=_model(form, language),
        endpoint=endpoint,
        description=form.description.of(language),
        form_group=form.group.of(language),
    )


def _model(form: Form, language: Language) -> type[BaseModel]:
    described: dict[str, Any] = {
        name: (kind, Field(default=default, title=title.of(language)))
        for name, (kind, default, title) in form.all_fields().items()
    }
    model: type[BaseModel] = create_model(form.deed, **described)
    return model


async def _sent(form: Form, request: Request, data: BaseModel, language: Language) -> str:
    who: Identity = request.scope["staff"]
    now, zone = datetime.now(UTC), settings().zone
    desk = Desk(who=who, now=now, day=business_date(at=now, zone=zone), zone=zone)
    try:
        if who.role not in DEEDS[form.deed]:
            raise _NOT_YOURS
        words = await form.run(desk, data.model_dump())
    except Refusal as refusal:
        await desk.keep_look_ups()
        raise Refused(refusal, language=language) from refusal
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        await desk.keep_look_ups()
        raise Refused(sentence(error=error), language=language) from error
    return words.of(language)


_NOT_YOURS = Refusal("not_allowed", "Your role may not use this form.", "无权操作：您的角色不能使用这个表单。")
