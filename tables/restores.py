"""What was brought back from a backup, and who let messages leave again."""

from piccolo.table import Table

from tables.columns import At, Day, Key, Refers
from tables.staff import Staff


class Restoration(Table):
    """One restore: no message leaves until it is released. `backup_at`: the moment that the data is of; `business_date`: the
    day of the restore, for whose earlier days no notice is sent any more.
    """

    id = Key()
    restored_at = At()
    backup_at = At()
    business_date = Day()
    released_at = At(null=True)
    released_by = Refers(Staff, null=True)
