"""Says times as people do: ``12 s ago``, ``3 min``."""

from datetime import datetime, timedelta

_UNITS = ((timedelta(days=2), timedelta(days=1), "days"), (timedelta(hours=2), timedelta(hours=1), "h"))
_MINUTE = timedelta(minutes=1)


def span(length: timedelta) -> str:
    """Say how long something is, in the one unit that suits it."""
    for least, unit, name in _UNITS:
        if length >= least:
            return f"{length // unit} {name}"
    if length >= 2 * _MINUTE:
        return f"{length // _MINUTE} min"
    return f"{max(0, int(length.total_seconds()))} s"


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago something was; a dash for what never was."""
    return "–" if moment is None else f"{span(now - moment)} ago"
