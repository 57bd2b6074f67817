"""What disks do to the daemon: the campaigns of ``python -m tests.faults disk``."""

from __future__ import annotations

from tests.faults import disk_prefixes

CAMPAIGNS = disk_prefixes.CAMPAIGNS
