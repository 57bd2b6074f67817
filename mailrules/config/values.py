"""The kinds of value that settings are made of: one text or several, a duration, a path, an address, a time zone.

Each takes what TOML gives and says in a sentence (``ValueError``) what it wanted instead. Relative paths start from the
folder of the file they stand in, which validation gets as its context, a `Place`.
"""

import math
import os
import re
from datetime import UTC, tzinfo
from functools import cache
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, InstanceOf, ValidationInfo, WithJsonSchema

from mailrules.config.problems import did_you_mean
from mailrules.config.words import expected
from mailrules.rules.tables import any_case
from mailrules.rules.text import printable
from mailrules.values import value


@value(frozen=True, slots=True)
class Listen:
    """Where connections are awaited: a host's name or address, and a port; port 0 is any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@value(frozen=True, slots=True)
class Place:
    """Where a setting stands: the folder of its file, and whose it is, as in ``account 'work'``."""

    folder: Path = Path()
    owner: str = "the account"


def place_of(info: ValidationInfo) -> Place:
    """Return the context of a validation; without one, the working directory's."""
    return info.context if isinstance(info.context, Place) else Place()


def resolve(text: str, folder: Path) -> Path:
    """Expand a leading ``~`` and let a relative path start from ``folder``. Raises ValueError for an unknown user."""
    try:
        return folder / Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"there is no home directory for {printable(text.partition('/')[0])!r}") from None


def base_folder(variable: str, default: str) -> Path | None:
    """Return a user's base folder as the XDG Base Directory Specification has it; None for a user without a home."""
    # "All paths set in these environment variables must be absolute."
    if (given := os.environ.get(variable, "")).startswith("/"):
        return Path(given)
    try:
        return Path(default).expanduser()
    except RuntimeError:
        return None


def text(value: object) -> str:
    """Take a text that is not empty."""
    if not isinstance(value, str):
        raise ValueError(expected("text", value))
    if not value.strip():
        raise ValueError("must not be empty")
    return value


def _texts(value: object) -> tuple[object, ...]:
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple):
        raise ValueError(expected("text or a list of texts", value))
    return tuple(value)


def _some_texts(value: object) -> tuple[object, ...]:
    texts = _texts(value)
    if not texts:
        raise ValueError("the list must not be empty")
    return texts


def _path(value: object, info: ValidationInfo) -> Path:
    if isinstance(value, Path):
        return value
    written = text(value)
    if "://" in written:
        raise ValueError("expected the path of a file, not an address")
    return resolve(written, place_of(info).folder)


_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)\Z", re.ASCII | re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hour", "hours"), 3600),
}


def _seconds(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    if not isinstance(value, str):
        raise ValueError(expected('a number of seconds or a text such as "4 min"', value))
    found = _DURATION.match(value.strip())
    unit = found and _UNITS.get(found[2].lower())
    if not found or not unit:
        raise ValueError('expected a number of seconds or a text such as "90 s", "4 min" or "1 hour"')
    return float(found[1]) * unit


_LISTEN = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[\w.-]+)):(?P<port>\d{1,5})", re.ASCII)
_EXPECTED_LISTEN = 'an address and a port, as in "127.0.0.1:9464" or "[::1]:9464"'


def _listen(value: object) -> Listen:
    if isinstance(value, Listen):
        return value
    if not isinstance(value, str):
        raise ValueError(expected(_EXPECTED_LISTEN, value))
    found = _LISTEN.fullmatch(value.strip())
    if not found or (found["v6"] and not _is_ipv6(found["v6"])):
        raise ValueError(f"expected {_EXPECTED_LISTEN}")
    if int(found["port"]) > _LAST_PORT:
        raise ValueError(f"ports go up to {_LAST_PORT}")
    return Listen(found["v6"] or found["host"], int(found["port"]))


def _is_ipv6(written: str) -> bool:
    try:
        IPv6Address(written)
    except ValueError:
        return False
    return True


def _timezone(value: object) -> tzinfo:
    if isinstance(value, tzinfo):
        return value
    name = text(value)
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder of zones, a path that climbs, no such zone
        hint = did_you_mean(name, available_timezones()) or '; zones have names like "Europe/Kyiv"'
        raise ValueError(f"unknown time zone{hint}") from None


@cache
def system_timezone() -> tzinfo:
    """Return the machine's time zone with its rules, not just today's offset: ``TZ``, then /etc/localtime, else UTC.

    Asked once: two loads of one file must give equal settings, and a zone read from a file equals only itself.
    """
    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        if name:
            return ZoneInfo(name)
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, KeyError):
        return UTC


_LAST_PORT = 65535
_TEXT_SCHEMA = {"type": "string", "pattern": r"\S"}
_SECONDS_TEXT = {"type": "string", "pattern": rf"^\s*[0-9]+(\.[0-9]+)?\s*({any_case(*_UNITS)})\s*$"}
_LISTEN_SCHEMA = {"type": "string", "pattern": r"^\s*(\[[0-9a-fA-F:.]+\]|[\w.-]+):[0-9]{1,5}\s*$"}
_SECONDS_SCHEMA = WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, _SECONDS_TEXT]})


def texts_schema(pattern: str, *, least: int = 0) -> WithJsonSchema:
    """Describe one text that is like a pattern, or a list of so many at the least."""
    one = {"type": "string", "pattern": pattern}
    return WithJsonSchema({"anyOf": [one, {"type": "array", "items": one, "minItems": least}]})


Text = Annotated[str, BeforeValidator(text), WithJsonSchema(_TEXT_SCHEMA)]
Seconds = Annotated[float, BeforeValidator(_seconds), _SECONDS_SCHEMA]
FilePath = Annotated[Path, BeforeValidator(_path), WithJsonSchema(_TEXT_SCHEMA)]
ListenAt = Annotated[InstanceOf[Listen], BeforeValidator(_listen), WithJsonSchema(_LISTEN_SCHEMA)]
TimeZone = Annotated[InstanceOf[tzinfo], BeforeValidator(_timezone), WithJsonSchema(_TEXT_SCHEMA)]

TEXTS = (BeforeValidator(_texts), texts_schema(r"\S"))
"""For ``Annotated[tuple[Text, ...], *TEXTS]``: one text, or a list of them."""

SOME_TEXTS = (BeforeValidator(_some_texts), texts_schema(r"\S", least=1))
"""The same, but at least one."""
