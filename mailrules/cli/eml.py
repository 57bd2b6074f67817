"""Reads a message from a file as a server would tell it."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from mailrules.rules import Message

_LONGEST_HEADER = 1_048_576  # octets; what has no empty line by then is no message


def read_message(path: Path) -> Message:
    """Return the message with its size and date; it carries no flags. Raises OSError.

    The date of arrival is taken from the Date header, or from the file where that says nothing.
    """
    with path.open("rb") as file:
        about = path.stat()
        header = _header(file.read(_LONGEST_HEADER))
    modified = datetime.fromtimestamp(about.st_mtime, UTC)
    return Message(header=header, size=about.st_size, received=_date(header) or modified, flags=frozenset())


def _header(start: bytes) -> bytes:
    lines: list[bytes] = []
    for line in start.splitlines(keepends=True):
        lines.append(line)
        if not line.strip(b"\r\n"):
            break
    return b"".join(lines)


def _date(header: bytes) -> datetime | None:
    field = next((line for line in header.splitlines() if line[:5].lower() == b"date:"), b"")
    try:
        date = parsedate_to_datetime(field[5:].decode("ascii", "replace"))
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
