"""What Piccolo needs to know: the tables, and where their history lies."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

TOPICS = (
    "stores", "staff", "sessions", "tiers", "members", "tier_moves", "tags", "products", "purchases", "points", "segments",
    "habits",
    "program", "campaigns", "messages", "gateways", "contact", "replies", "links", "nights", "audit", "keys", "codes",
    "webhooks", "restores", "retention", "erasures",
)  # fmt: skip

APP_CONFIG = AppConfig(
    app_name="regulars",
    migrations_folder_path=str(Path(__file__).parent.parent / "piccolo_migrations"),
    table_classes=table_finder([f"tables.{topic}" for topic in TOPICS], exclude_imported=True),
)
