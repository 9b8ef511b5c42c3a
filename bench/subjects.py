"""All that is measured, feature by feature."""

from bench.accounts import ABOUT_ACCOUNTS
from bench.items import ABOUT_ITEMS

SUBJECTS = (
    ABOUT_ACCOUNTS,
    ABOUT_ITEMS,
)
