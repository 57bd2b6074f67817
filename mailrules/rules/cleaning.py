"""Makes strangers' values safe in mailbox names: none can make a level, leave its own or look like something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.rules.text import fold, is_unprintable, nfc

if TYPE_CHECKING:
    from mailrules.rules.verdict import Facts

MAX_VALUE = 120
"""The most octets of UTF-8 that one value can bring: servers bound a level of a name, and modified UTF-7 doubles it."""


def clean(value: str, delimiter: str) -> str:
    """Make a value safe as part of one level of a mailbox name; empty if nothing is left.

    `delimiter` is the server's. Besides what separates levels and what LIST takes for wildcards, the backslash and the
    double quote go, which Cyrus and mox refuse.
    """
    filler = filler_of(delimiter)
    kept = "".join(" " if character.isspace() else character for character in nfc(value))
    kept = "".join(character for character in kept if not is_unprintable(character))
    for character in {"/", "%", "*", "\\", '"', delimiter} - {""}:
        kept = kept.replace(character, filler)
    kept = " ".join(kept.split()).encode("utf-8")[:MAX_VALUE].decode("utf-8", "ignore").strip()
    if not kept.strip("."):  # another level
        return kept.replace(".", filler)
    return filler + kept[1:] if kept[0] in "~#" else kept  # a home directory or a namespace


def is_reserved(level: str, facts: Facts) -> bool:
    """Tell whether a first level leads out of the user's own mailboxes, or into INBOX."""
    return fold(level) in map(fold, ("INBOX", *facts.reserved))


def filler_of(delimiter: str) -> str:
    """Give what stands for the characters that can't stay."""
    return "-" if delimiter == "_" else "_"
