"""Moments as people give them on the command line: ``1h`` ago, a date, a time of today."""

import re
from datetime import datetime, time, timedelta, tzinfo

from mailrules.config import ConfigError, Problem
from mailrules.rules.conditions.age import UNITS

_AGO = re.compile(rf"(\d{{1,6}})\s*(?:({'|'.join(UNITS)})s?|([mhdw]))(?:\s+ago)?", re.IGNORECASE)
_LETTERS = {word[0]: word for word in UNITS}


def moment(option: str, text: str, now: datetime, timezone: tzinfo) -> datetime:
    """Read what an option such as ``--since`` is given; a date or time without a zone is one of ``timezone``.

    Raises ConfigError for anything else.
    """
    wanted = text.strip()
    try:
        if ago := _AGO.fullmatch(wanted):
            word = (ago[2] or _LETTERS[ago[3].lower()]).lower()
            return now - int(ago[1]) * UNITS[word]
        here = now.astimezone(timezone)
        midnight = datetime.combine(here.date(), time(), timezone)
        match wanted.lower():
            case "today":
                return midnight
            case "yesterday":
                return midnight - timedelta(days=1)
        read = _of_today(wanted, midnight) or datetime.fromisoformat(wanted)
        return read if read.tzinfo else read.replace(tzinfo=timezone)
    except (ValueError, OverflowError):
        how = "write how long ago (30m, 1h, 2d, 1w, 3 days) or a date (2025-03-01, 2025-03-01T14:30, 14:30, yesterday)"
        raise ConfigError([Problem(None, None, f"{option} {text}", f"no such time: {how}")]) from None


def _of_today(text: str, midnight: datetime) -> datetime | None:
    if re.fullmatch(r"\d{1,2}:\d\d(:\d\d)?", text):
        return datetime.combine(
            midnight.date(), time.fromisoformat(text if text[2] == ":" else f"0{text}"), midnight.tzinfo
        )
    return None
