"""Temporary: tests/conftest.py will bring `db`."""

from tests.actions.conftest import _pristine, _servers, db

__all__ = ["_pristine", "_servers", "db"]
