"""The routes of the list, of the wizard's steps and of the live page; other pages below /campaigns have theirs beside them."""

from litestar.handlers import HTTPRouteHandler

from web.pages.campaigns import campaign_copied, campaign_moved, campaign_opened, campaigns_list
from web.pages.campaigns_check import campaign_check, campaign_checked
from web.pages.campaigns_content import campaign_content, campaign_content_kept, campaign_looked
from web.pages.campaigns_frame import campaigns_file
from web.pages.campaigns_goal import campaign_begun, campaign_goal, campaign_goal_kept, campaign_new
from web.pages.campaigns_live import campaign_live
from web.pages.campaigns_send import campaign_send, campaign_sent
from web.pages.campaigns_test import campaign_test, campaign_tested

CAMPAIGN_PAGES: list[HTTPRouteHandler] = [
    campaigns_file,
    campaigns_list,
    campaign_opened,
    campaign_moved,
    campaign_copied,
    campaign_new,
    campaign_begun,
    campaign_goal,
    campaign_goal_kept,
    campaign_content,
    campaign_content_kept,
    campaign_looked,
    campaign_check,
    campaign_checked,
    campaign_test,
    campaign_tested,
    campaign_send,
    campaign_sent,
    campaign_live,
]
