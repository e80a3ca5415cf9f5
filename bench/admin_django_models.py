"""The tables as Django sees them, and the two admins; import it after `admin_django.configure`."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from bench.admin_django import PER_PAGE, EstimatedPaginator, is_phone

STATUS = [("unknown", "未验证"), ("valid", "有效"), ("invalid", "无效")]
KINDS = [("earn", "消费"), ("redeem", "兑换"), ("expire", "过期"), ("refund", "退货"), ("import", "导入")]


class _Named(models.Model):  # type: ignore[misc]  # Django is untyped
    name = models.CharField(max_length=100)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.name)


class Store(_Named):
    class Meta:
        managed, db_table, app_label = False, "store", "bench"


class Tier(_Named):
    class Meta:
        managed, db_table, app_label = False, "tier", "bench"


class Member(_Named):
    phone = models.CharField(max_length=16, null=True)  # noqa: DJ001
    home_store = models.ForeignKey(Store, models.DO_NOTHING, db_column="home_store")
    joined_on = models.DateField()
    tier = models.ForeignKey(Tier, models.DO_NOTHING, db_column="tier")
    tier_valid_until = models.DateField(null=True)
    phone_status = models.CharField(max_length=10, choices=STATUS)

    class Meta:
        managed, db_table, app_label = False, "member", "bench"


class PointsEntry(models.Model):  # type: ignore[misc]
    member = models.ForeignKey(Member, models.DO_NOTHING, db_column="member")
    store = models.ForeignKey(Store, models.DO_NOTHING, db_column="store")
    kind = models.CharField(max_length=10, choices=KINDS)
    points = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    source = models.CharField(max_length=20)
    reference = models.CharField(max_length=120)
    business_date = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        managed, db_table, app_label = False, "points_entry", "bench"

    def __str__(self) -> str:
        return str(self.pk)


class MemberAdmin(admin.ModelAdmin):  # type: ignore[misc]
    list_display = ("name", "phone", "tier", "tier_valid_until", "home_store", "joined_on", "phone_status")
    list_filter = ("tier", "phone_status")
    search_fields = ("name", "phone")
    ordering = ("-id",)
    list_per_page = PER_PAGE


class EntryAdmin(admin.ModelAdmin):  # type: ignore[misc]
    list_display = ("id", "member", "store", "kind", "points", "balance_after", "business_date", "created_at")
    list_filter = ("kind",)
    search_fields = ("member__phone", "member__name", "reference")
    ordering = ("-id",)
    list_per_page = PER_PAGE


class _Tuned(admin.ModelAdmin):  # type: ignore[misc]
    show_full_result_count = False
    paginator = EstimatedPaginator
    to_member: ClassVar[str] = ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str  # noqa: ARG002
    ) -> tuple[QuerySet[Any], bool]:  # fmt: skip
        if not search_term:
            return queryset, False
        if is_phone(search_term):
            return queryset.filter(**{f"{self.to_member}phone": f"+86{search_term}"}), False
        return queryset.filter(**{f"{self.to_member}name__startswith": search_term}), False


class TunedMemberAdmin(_Tuned, MemberAdmin):
    list_select_related = ("tier", "home_store")


class TunedEntryAdmin(_Tuned, EntryAdmin):
    to_member = "member__"
    list_select_related = ("member", "store")


PLAIN_SITE, TUNED_SITE = admin.AdminSite("plain"), admin.AdminSite("tuned")
for _site, _kinds in ((PLAIN_SITE, (MemberAdmin, EntryAdmin)), (TUNED_SITE, (TunedMemberAdmin, TunedEntryAdmin))):
    _site.register(Member, _kinds[0])
    _site.register(PointsEntry, _kinds[1])
    _site.register([Store, Tier])


def _of(site: admin.AdminSite) -> dict[str, admin.ModelAdmin]:
    found = {"member": site.get_model_admin(Member), "points_entry": site.get_model_admin(PointsEntry)}
    for one in found.values():
        one.admin_site = site
    return found


PLAIN, TUNED = _of(PLAIN_SITE), _of(TUNED_SITE)
