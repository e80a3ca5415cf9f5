"""The pages of ours that ask who is logged in (dependency `staff`), and the API, which asks for a key (dependency `key`)."""

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from web.api.documents import openapi
from web.api.routes import routes
from web.hooks import hooks
from web.pages.account import ACCOUNT_PAGES
from web.pages.audit import audit_page
from web.pages.campaigns_people_routes import PEOPLE_PAGES
from web.pages.campaigns_results import RESULT_PAGES
from web.pages.campaigns_routes import CAMPAIGN_PAGES
from web.pages.forecast import forecast_csv, forecast_page
from web.pages.links import opt_out_deed, opt_out_page, personal_deed, short_link_page
from web.pages.member_export import member_export
from web.pages.member_points import member_points_page
from web.pages.messages import account_paused, messages_page, sending_released
from web.pages.settlement import settlement_csv, settlement_page, settlement_xlsx
from web.pages.simulator import simulator_faults, simulator_page, simulator_reply
from web.pages.staff import STAFF_PAGES

PAGES: list[HTTPRouteHandler] = [
    messages_page,
    account_paused,
    sending_released,
    simulator_page,
    simulator_reply,
    simulator_faults,
    settlement_page,
    settlement_csv,
    settlement_xlsx,
    forecast_page,
    forecast_csv,
    member_points_page,
    member_export,
    audit_page,
    short_link_page,
    opt_out_page,
    opt_out_deed,
    personal_deed,
    *ACCOUNT_PAGES,
    *STAFF_PAGES,
    *CAMPAIGN_PAGES,
    *RESULT_PAGES,
    *PEOPLE_PAGES,
]


def api(*, rate: int) -> list[HTTPRouteHandler | Router]:
    """The API and its description, and the addresses of gateways; `rate`: requests a minute for each key."""
    return [openapi, routes(rate=rate), *hooks()]
