"""Django's admin over the same tables, as it comes and as a careful team would tune it; rendered in process, no HTTP.

The tuning: an estimated count where nothing is asked, no second full count, search by exact phone or by how a name begins,
joins of the columns that are shown alone.
It cannot find the last digits of a phone.
"""

import re
from typing import Any

import django
from django.conf import settings
from django.core.paginator import Paginator
from django.db import connection
from django.test import RequestFactory
from django.utils.functional import cached_property

PER_PAGE = 50
_PHONE = re.compile(r"1[3-9][0-9]{9}")


def configure(*, host: str, port: str) -> None:
    """Django on the server's socket, as the superuser: no policy slows it down."""
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql", "NAME": "regulars", "USER": "postgres", "HOST": host, "PORT": port,
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=[
            "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages",
            "django.contrib.sessions",
            "bench",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        ROOT_URLCONF="bench.admin_django", SECRET_KEY="bench", STATIC_URL="/static/", USE_TZ=True,  # noqa: S106
        ALLOWED_HOSTS=["*"], DEBUG=False, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )  # fmt: skip
    django.setup()


class EstimatedPaginator(Paginator):  # type: ignore[misc]  # Django is untyped
    """reltuples where the query has no condition."""

    @cached_property  # type: ignore[untyped-decorator]
    def count(self) -> int:
        query = self.object_list.query
        if query.where:
            return int(super().count)
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE relname = %s", [query.model._meta.db_table])  # noqa: SLF001
            return int(cursor.fetchone()[0])


class Pages:
    """Renders a change list of one of the two admins."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User

        from bench import admin_django_models as declared

        self.admins = {"plain": declared.PLAIN, "tuned": declared.TUNED}
        self.user = User(username="bench", is_staff=True, is_superuser=True, is_active=True)
        self.factory = RequestFactory()

    def render(self, *, admin: str, table: str, params: dict[str, str]) -> bytes:
        request = self.factory.get(f"/{admin}/bench/{table}/", params)
        request.user = self.user
        response: Any = self.admins[admin][table].changelist_view(request)
        if response.status_code != 200:
            raise ValueError(f"{admin} {table} {params}: {response.status_code}")
        return bytes(response.render().content)


def is_phone(text: str) -> bool:
    return _PHONE.fullmatch(text) is not None


def __getattr__(name: str) -> object:
    """`urlpatterns`, asked for by Django when its applications are ready."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import path

    from bench import admin_django_models as declared

    return [path("plain/", declared.PLAIN_SITE.urls), path("tuned/", declared.TUNED_SITE.urls)]
