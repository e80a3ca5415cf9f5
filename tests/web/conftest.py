"""The same clients as the back office's tests have: people who are logged in."""

from tests.admin.conftest import log_in

__all__ = ["log_in"]
