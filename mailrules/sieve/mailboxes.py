"""Mailbox names as scripts have them, as paths of rules."""

from __future__ import annotations

from typing import Final

_PREFIX: Final = "INBOX."
_INBOX: Final = "INBOX"


def path_of(name: str) -> str:
    """Give the path of a mailbox: ``/`` between its levels, and without the namespace ``INBOX.`` of some servers.

    Such servers (Courier, Cyrus, and Dovecot set up like them) part levels with a dot.
    """
    if name.upper().startswith(_PREFIX) and len(name) > len(_PREFIX):
        return name[len(_PREFIX) :].replace(".", "/")
    return _INBOX if name.upper() == _INBOX else name


def literal(text: str) -> str:
    """Write a text for a target, where braces are for values."""
    return text.replace("{", "{{").replace("}", "}}")
