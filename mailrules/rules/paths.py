"""When two paths name the same mailbox."""

from __future__ import annotations

import re

from mailrules.rules.text import nfc

_INBOX = re.compile(r"INBOX(?=/|\Z)", re.IGNORECASE | re.ASCII)


def path_key(path: str) -> str:
    """Spell a path, or a pattern of paths, as it is compared: NFC, and INBOX in capitals (RFC 9051 §5.1)."""
    found = _INBOX.match(path)
    return nfc(path if found is None else "INBOX" + path[found.end() :])
