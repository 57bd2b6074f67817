"""Makes strangers' values safe in mailbox names: none can make a level, leave its own or look like something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import category

from mailrules.rules.text import JOINERS, fold, is_unprintable, nfc

if TYPE_CHECKING:
    from mailrules.rules.verdict import Facts

MAX_VALUE = 120
"""The most octets of UTF-8 that one value can bring: servers bound a level of a name, and modified UTF-7 doubles it."""

# Of Unicode's Default_Ignorable_Code_Point those that are no format characters: fillers and selectors of variants.
_IGNORED = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)


def clean(value: str, delimiter: str) -> str:
    """Make a value safe as part of one level of a mailbox name; empty if nothing is left.

    `delimiter` is the server's. Besides what separates levels and what LIST takes for wildcards, the backslash and the
    double quote go, which Cyrus and mox refuse.
    """
    filler = filler_of(delimiter)
    kept = "".join(" " if character.isspace() else character for character in nfc(value))
    kept = "".join(each for each in kept if not is_unprintable(each) and not _IGNORED.match(each))
    for character in {"/", "%", "*", "\\", '"', delimiter} - {""}:
        kept = kept.replace(character, filler)
    kept = " ".join(kept.split()).encode("utf-8")[:MAX_VALUE].decode("utf-8", "ignore")
    kept = _without_stray_joiners(kept).strip()
    if not kept.strip("."):  # another level
        return kept.replace(".", filler)
    return filler + kept[1:] if kept[0] in "~#" else kept  # a home directory or a namespace


def _without_stray_joiners(text: str) -> str:
    """Leave the characters out that join letters, where they don't: nobody could see them."""
    return "".join(
        character
        for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False)
        if character not in JOINERS or (_is_letter(before) and _is_letter(after))
    )


def _is_letter(character: str) -> bool:
    """Tell letters and the marks on them."""
    return category(character)[0] in "LM"


def is_reserved(level: str, facts: Facts) -> bool:
    """Tell whether a first level leads out of the user's own mailboxes, or into INBOX."""
    seen = "".join(character for character in level if character not in JOINERS)
    return fold(seen) in map(fold, ("INBOX", *facts.reserved))


def filler_of(delimiter: str) -> str:
    """Give what stands for the characters that can't stay."""
    return "-" if delimiter == "_" else "_"
