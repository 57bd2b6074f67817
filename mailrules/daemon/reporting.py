"""Carries a report from the daemon to whoever asks for it, as JSON.

What one side does not know is passed over and what it misses has a default, so that a command and a daemon of
different versions understand each other. `well` is told although it follows from the rest: scripts look at it first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter

from mailrules.daemon.vitals import AccountReport, DaemonReport

__all__ = ["Report", "from_json", "shared", "to_json"]

T = TypeVar("T")

Report = Callable[[], Awaitable[DaemonReport]]
"""Makes a report, in seconds at most."""


def to_json(report: DaemonReport) -> dict[str, object]:
    """Give the report as an object of JSON: conditions as their words, times as RFC 3339 writes them."""
    account, whole = _adapter(AccountReport), _adapter(DaemonReport)
    accounts = [{"well": each.well, **account.dump_python(each, mode="json")} for each in report.accounts]
    return {"well": report.well, **whole.dump_python(report, mode="json"), "accounts": accounts}


def from_json(told: object) -> DaemonReport:
    """Read a report from what JSON gave. Raises ValueError if it is none."""
    report: DaemonReport = _adapter(DaemonReport).validate_python(told)
    return report


@cache
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    """Make what reads and writes one kind of report, when there is one: most commands never see any."""
    return TypeAdapter(kind)


def shared(make: Report) -> Report:
    """Give what asks ``make`` for one report at a time: all who ask while it is being made get the same one."""
    under_way: asyncio.Task[DaemonReport] | None = None

    async def made() -> DaemonReport:
        return await make()

    async def ask() -> DaemonReport:
        nonlocal under_way
        if under_way is None or under_way.done():
            under_way = asyncio.create_task(made())
        return await asyncio.shield(under_way)

    return ask
