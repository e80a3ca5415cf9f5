"""/members/{id}/export.zip: all that is held about a member, for head office to give to them."""

from datetime import UTC, datetime

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from actions.privacy_file import export_member
from config.settings import settings
from queries.staff import Identity
from tables.scope import scope
from web.clients import client
from web.pages.frame import REFUSED, attachment
from web.pages.live import Asked


@get("/members/{member:int}/export.zip", include_in_schema=False, exception_handlers=REFUSED)
async def member_export(request: Asked, staff: NamedDependency[Identity], member: FromPath[int]) -> Response[bytes]:
    """Whoever takes it stands in the audit log."""
    now = datetime.now(UTC)
    async with scope(role=staff.role, stores=staff.stores, staff=staff.staff, address=client(request)):
        body = await export_member(member=member, secret=settings().secret, zone=settings().zone, now=now)
    return attachment(body=body, name=f"member-{member}.zip", media_type="application/zip")
