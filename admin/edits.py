"""How each table is edited in the back office: the stock panel's configuration, with our rules where it asks for them.

The stock panel replaces rows (PUT) without asking a hook, so nobody may; its own screen changes them (PATCH).
"""

from typing import Any, TypeAlias

from piccolo.columns import Column
from piccolo.table import Table
from piccolo_admin.endpoints import TableConfig
from piccolo_api.crud.endpoints import OrderBy, PiccoloCRUD
from piccolo_api.crud.hooks import Hook, HookType
from piccolo_api.crud.validators import Validators
from starlette.requests import Request

from admin import (
    edits_campaigns,
    edits_doors,
    edits_gateways,
    edits_inbox,
    edits_people,
    edits_program,
    edits_rules,
    edits_staff,
    edits_stores,
)
from admin.edits_frame import Edit, Rules, columns_of, hold_fixed, name_of, tidy
from admin.edits_uses import check_unused
from admin.refused import NO_PUT, READ_ONLY, NotHere, Refused
from admin.screens import Language, Screen, Words
from rules.refusals import Refusal

Values: TypeAlias = dict[Column, Any]

RULES: dict[str, Rules] = {
    **edits_stores.RULES,
    **edits_program.RULES,
    **edits_people.RULES,
    **edits_staff.RULES,
    **edits_doors.RULES,
    **edits_gateways.RULES,
    **edits_inbox.RULES,
    **edits_rules.RULES,
    **edits_campaigns.RULES,
}


def table_config(*, screen: Screen, language: Language) -> TableConfig:
    """The stock panel's configuration of a table, whose sentences are in `language`."""
    keeper = _Keeper(screen, language)
    table = screen.table
    descending, order = screen.order.startswith("-"), screen.order.removeprefix("-")
    return TableConfig(
        table_class=table,
        visible_columns=_columns(table, screen.shown),
        # An empty list would mean: all of them.
        visible_filters=_columns(table, screen.filters or screen.shown),
        order_by=[OrderBy(column=_column(table, order), ascending=not descending)],
        link_column=_column(table, screen.link),
        menu_group=screen.group.of(language),
        validators=keeper.validators(),
        hooks=[] if screen.read_only else keeper.hooks(),
    )


def _column(table: type[Table], name: str) -> Column:
    return table._meta.get_column_by_name(name)  # noqa: SLF001  Piccolo keeps it there


def _columns(table: type[Table], names: tuple[str, ...]) -> list[Column]:
    return [_column(table, name) for name in names]


class _Keeper:
    """Holds one table's rules wherever the stock panel writes."""

    def __init__(self, screen: Screen, language: Language) -> None:
        self.screen = screen
        self.language = language
        self.rules = RULES.get(screen.tablename, Rules())

    def validators(self) -> Validators:
        """Before anything is read: what is not done on this table at all, and the log-ins, which know no hooks."""
        if self.screen.read_only:
            return Validators(every=[self._only_reads])
        born: list[Any] = [self._staff_is_born] if self.screen.tablename == "staff" else [self._may_be_new]
        return Validators(put_single=[self._no_put], delete_all=[self._no_put], post_single=born)

    def hooks(self) -> list[Hook]:
        return [
            Hook(HookType.pre_save, self.pre_save),
            Hook(HookType.pre_patch, self.pre_patch),
            Hook(HookType.pre_delete, self.pre_delete),
        ]

    async def pre_save(self, row: Table, request: Request) -> Table:
        """Judges a new row and completes it."""
        names = [name_of(column) for column in columns_of(self.screen.table)]
        edit = self._edit(request, key=None, old={}, new={name: getattr(row, name) for name in names})
        await self._judged(edit, never=self.rules.no_new)
        for name in names:
            setattr(row, name, edit.new[name])
        return row

    async def pre_patch(self, row_id: int, values: Values, request: Request) -> Values:
        """Judges a row as it would be; what stays as it was is not written."""
        table = self.screen.table
        key = table._meta.primary_key  # noqa: SLF001  Piccolo keeps it there
        old = await table.select(exclude_secrets=False).where(key == row_id).first()
        if old is None:
            raise Refused(_GONE, language=self.language)
        # The screen never has a secret and sends an empty one back.
        asked = {name_of(column): value for column, value in values.items() if value or not column._meta.secret}  # noqa: SLF001
        edit = self._edit(request, key=row_id, old=old, new={**old, **asked})
        await self._judged(edit, never=self.rules.no_change)
        names = [name_of(column) for column in columns_of(table)]
        # An UPDATE needs something to set; the same again changes nothing and still asks for the right to.
        changed = [name for name in names if edit.changes(name)] or [name for name in names if name != "password"][:1]
        return {_column(table, name): edit.new[name] for name in changed}

    async def pre_delete(self, row_id: int) -> None:
        """Judges a removal."""
        try:
            if self.rules.no_removal is not None:
                raise _never(self.rules.no_removal)
            if self.rules.removable is not None:
                await self.rules.removable(row_id)
            await check_unused(screen=self.screen, key=row_id, rules=self.rules)
        except Refusal as refusal:
            raise Refused(refusal, language=self.language) from refusal

    async def _judged(self, edit: Edit, *, never: Words | None) -> None:
        try:
            if never is not None:
                raise _never(never)
            tidy(edit, rules=self.rules)
            hold_fixed(edit, rules=self.rules)
            if self.rules.check is not None:
                await self.rules.check(edit)
        except Refusal as refusal:
            raise Refused(refusal, language=self.language) from refusal

    def _edit(self, request: Request, *, key: int | None, old: dict[str, Any], new: dict[str, Any]) -> Edit:
        return Edit(screen=self.screen, key=key, old=old, new=new, staff=request.scope["staff"])

    async def _staff_is_born(self, piccolo_crud: PiccoloCRUD, request: Request) -> None:
        """Piccolo makes users without a hook: what it is about to read is judged and completed in place."""
        _ = piccolo_crud
        asked: dict[str, Any] = await request.json()
        names = [name_of(column) for column in columns_of(self.screen.table)]
        edit = self._edit(request, key=None, old={}, new={name: asked.get(name) for name in names})
        await self._judged(edit, never=self.rules.no_new)
        asked.update(edit.new)

    async def _may_be_new(self, piccolo_crud: PiccoloCRUD, request: Request) -> None:
        """Before the row is put together: one whose key is another row's never can be."""
        _ = piccolo_crud, request
        if self.rules.no_new is not None:
            raise Refused(_never(self.rules.no_new), language=self.language)

    async def _no_put(self, piccolo_crud: PiccoloCRUD, request: Request) -> None:
        _ = piccolo_crud, request
        raise NotHere(NO_PUT, language=self.language)

    async def _only_reads(self, piccolo_crud: PiccoloCRUD, request: Request) -> None:
        _ = piccolo_crud
        if request.method not in {"GET", "HEAD"}:
            raise NotHere(READ_ONLY, language=self.language)


def _never(words: Words) -> Refusal:
    return Refusal(code="not_here", en=words.en, zh=words.zh)


_GONE = Refusal(code="not_found", en="The row is not there any more.", zh="这条记录已不存在。")
