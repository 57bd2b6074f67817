"""What it means to take a capability away from a server: which words vanish, which commands are unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# A command's text, without its tag, that needs the capability. Extensions that only add response data need no row.
NEEDS = {
    "CONDSTORE": rb"(CHECK|.*\((CONDSTORE|CHANGEDSINCE|UNCHANGEDSINCE)\b)",
    "ENABLE": rb"ENABLE\b",
    "ESEARCH": rb"(UID )?SEARCH RETURN\b",
    "ID": rb"ID\b",
    "IDLE": rb"IDLE\b",
    "LIST-EXTENDED": rb"LIST (\(|.*\bRETURN \()",
    "LIST-STATUS": rb"LIST .*\bRETURN \(.*STATUS\b",
    "LITERAL+": rb".*\{\d+\+\}\r\n",
    "LITERAL-": rb".*\{\d+\+\}\r\n",
    "LOGIN": rb"LOGIN\b",
    "MOVE": rb"(UID )?MOVE\b",
    "NAMESPACE": rb"NAMESPACE\b",
    "NOTIFY": rb"NOTIFY\b",
    "SASL-IR": rb"AUTHENTICATE \S+ \S",
    "SPECIAL-USE": rb"LIST .*SPECIAL-USE\b",
    "STARTTLS": rb"STARTTLS\b",
    "UIDPLUS": rb"UID EXPUNGE\b",
    "UNSELECT": rb"UNSELECT\b",
}
_CODES = {
    "UIDPLUS": re.compile(rb"\[(APPENDUID|COPYUID)[^\]]*\] ?"),
    "CONDSTORE": re.compile(rb"\[(HIGHESTMODSEQ|NOMODSEQ)[^\]]*\] ?"),
}
_LISTED = re.compile(rb"(\* CAPABILITY|\[CAPABILITY)((?: [^\]\r\n ]+)*)")


class Removed:
    """The capabilities that a server shall not have."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.upper() for name in names)
        patterns = [NEEDS[name] for name in self._names if name in NEEDS]
        self._forbidden = re.compile(b"|".join(patterns) if patterns else rb"(?!)", re.IGNORECASE | re.DOTALL)
        self._codes = [pattern for name, pattern in _CODES.items() if name in self._names]

    def forbids(self, text: bytes) -> bool:
        """Tell whether a command (its first line, without the tag) is unknown to such a server."""
        return self._forbidden.match(text) is not None

    def strip(self, line: bytes) -> bytes:
        """Return a server's line as such a server would have sent it."""
        if self._names:
            line = _LISTED.sub(self._without, line)
        for pattern in self._codes:
            line = pattern.sub(b"", line)
        return line

    def _without(self, match: re.Match[bytes]) -> bytes:
        kept = [word for word in match[2].split() if word.decode().upper() not in self._names]
        return b" ".join([match[1], *kept])
