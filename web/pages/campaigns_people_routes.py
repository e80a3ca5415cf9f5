"""The routes of step 3 of the wizard, and of the pages of segments, calendar and budgets."""

from litestar.handlers import HTTPRouteHandler

from web.pages.campaigns_budget import budget_page, budget_set
from web.pages.campaigns_calendar import calendar_page
from web.pages.campaigns_people import people_edited, people_page
from web.pages.campaigns_segments import (
    segment_counted,
    segment_dropped,
    segment_edited,
    segment_page,
    segments_page,
)

PEOPLE_PAGES: list[HTTPRouteHandler] = [
    people_page,
    people_edited,
    segments_page,
    segment_page,
    segment_edited,
    segment_counted,
    segment_dropped,
    calendar_page,
    budget_page,
    budget_set,
]
