"""Files that people take from pages of ours: each leaves a line in the audit log."""

from litestar import Response

from actions.noting import note_export
from queries.staff import Identity
from tables.scope import scope
from web.clients import client
from web.pages.frame import attachment
from web.pages.live import Asked

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def taken(
    *, request: Asked, staff: Identity, what: str, body: bytes, name: str, media_type: str, rows: int
) -> Response[bytes]:
    """The file `name` with `rows` rows of the table or page `what`, once it stands in the log who takes it. Raises Refusal
    too_many.
    """
    async with scope(role=staff.role, stores=staff.stores, staff=staff.staff, address=client(request)):
        await note_export(what=what, file=name, rows=rows)
    return attachment(body=body, name=name, media_type=media_type)
