"""Short links and who followed them."""

from piccolo.columns import Boolean, Numeric, Varchar
from piccolo.table import Table

from tables.campaigns import Campaign, CampaignStep
from tables.columns import At, Key, Refers, Words
from tables.members import Member


class ShortLink(Table):
    """A code of ours, of one person or of a whole campaign. Without a `url` it opens our own page about the offer.
    `version`: the label of the version whose page a test shows.
    """

    id = Key()
    code = Varchar(length=16, unique=True)
    url = Words(null=True, default=None)
    campaign = Refers(Campaign, null=True)
    step = Refers(CampaignStep, null=True)
    member = Refers(Member, null=True)
    version = Varchar(length=1, null=True, default=None)
    created_at = At()
    expires_at = At(null=True)


class Click(Table):
    """One opening of a link. `is_preview`: no person, but a programme that looked; append-only."""

    id = Key()
    link = Refers(ShortLink)
    at = At()
    device = Varchar(length=10)
    is_preview = Boolean(default=False)
    seconds_after = Numeric(digits=(12, 1), null=True, default=None)
