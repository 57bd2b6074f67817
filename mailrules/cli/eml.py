"""Reads a message from a file as a server would tell it."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO

from mailrules.rules import Message


def read_message(path: Path) -> Message:
    """Return the message with its size and date; it carries no flags. Raises OSError.

    The date of arrival is taken from the Date header, or from the file where that says nothing.
    """
    with path.open("rb") as file:
        about = path.stat()
        header = _header(file)
    modified = datetime.fromtimestamp(about.st_mtime, UTC)
    return Message(header=header, size=about.st_size, received=_date(header) or modified, flags=frozenset())


def _header(file: BinaryIO) -> bytes:
    """Read up to the first empty line."""
    lines: list[bytes] = []
    for line in file:
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
