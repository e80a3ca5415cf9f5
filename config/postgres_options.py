"""What the embedded PostgreSQL is told on its command line, so that an upgrade of ours changes it everywhere."""

import os
from pathlib import Path

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # Durable, always: a posted point must survive the power cut that follows.
    "fsync": "on",
    "synchronous_commit": "on",
    # A small machine is short of processor, not of disk: each first-touched page would be compressed once more.
    "wal_compression": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "autovacuum": "on",
    # Short statements lose more by compiling than they win.
    "jit": "off",
    # Solid state disks; the default belongs to turning ones.
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # Details and statements hold phone numbers; logs must not.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
LARGEST_BUFFERS_MB = 4096
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def memory_options() -> dict[str, str]:
    """A sixth of the memory for buffers, at most 4 GB; the rest in proportion."""
    memory = _memory_mb()
    return {
        "shared_buffers": f"{max(32, min(LARGEST_BUFFERS_MB, memory // 6))}MB",
        "effective_cache_size": f"{max(64, memory // 2)}MB",
        "maintenance_work_mem": f"{max(32, min(256, memory // 16))}MB",
        "work_mem": "16MB" if memory >= 4096 else "4MB",  # noqa: PLR2004 – 4 GB
    }


def _memory_mb() -> int:
    """The machine's memory, or the container's when that is less."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = CGROUP_LIMIT.read_text().strip()
    except OSError:
        limit = "max"
    return min(whole, int(limit) if limit.isdigit() else whole) // 1_048_576
