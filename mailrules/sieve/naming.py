"""What rules are called: by the comments of the script, else by what they do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from mailrules.rules.text import is_unprintable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mailrules.sieve.logic import Toml

_GENERATED: Final = re.compile(
    r"rule:\s*\[(?P<rule>.+)\]|(?:filter|rule)\s*(?:name)?\s*:\s*(?P<filter>.+)", re.IGNORECASE
)
"""How mail clients write a filter's name: Roundcube's ``rule:[name]``, Horde's and others' ``Filter: name``."""
_LONGEST: Final = 60
_MOST_LINES: Final = 3


def name_from(comments: Sequence[str]) -> str:
    """Take a name from the comments before a command: the last one if it is short; empty if there is none."""
    for comment in reversed(comments[-_MOST_LINES:]):
        text = " ".join(comment.strip("#*-=;/ \t\r\n").split())
        if text.startswith("@"):
            continue  # Proton Mail says there how its editor shows the filter
        found = _GENERATED.fullmatch(text)
        name = (found["rule"] or found["filter"]).strip() if found else text
        name = " ".join(str(_definition(name).get("name", name)).split())
        if name and len(name) <= _LONGEST and not any(map(is_unprintable, name)) and any(map(str.isalnum, name)):
            return name
    return ""


def is_switched_off(comments: Sequence[str]) -> bool:
    """Tell whether the comments before a command say that it is switched off."""
    _, _, definition = comments[-1].partition(":") if comments else ("", "", "")
    return _definition(definition.strip()).get("enable") is False


def _definition(text: str) -> dict[str, object]:
    """Read the one filter that a comment describes, as Nextcloud does: ``[{"name": "Tea", "enable": true}]``."""
    if not text.startswith("["):
        return {}
    try:
        filters = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return filters[0] if len(filters) == 1 and isinstance(filters[0], dict) else {}


def named(name: str) -> str:
    """Speak of a filter by its name, if it has one."""
    return f"the filter '{name}'" if name else "this filter"


def name_by(then: Mapping[str, Toml]) -> str:
    """Say in few words what a rule does."""
    words: list[str] = []
    for key, value in then.items():
        texts = value if isinstance(value, list) else [value]
        shown = ", ".join(str(text) for text in texts)
        match key:
            case "move":
                words.append(f"to {shown}")
            case "copy":
                words.append(f"copy to {shown}")
            case "add_flags":
                words.append(f"flag {shown}")
            case "remove_flags":
                words.append(f"take {shown} away")
            case "set_flags":
                words.append(f"flags {shown}" if shown else "no flags")
            case "expunge":
                words.append("discard")
            case _:
                words.append("stop")
    text = ", ".join(word for word in words if word != "stop" or len(words) == 1)
    return text if len(text) <= _LONGEST * 3 else text[: _LONGEST * 3 - 1] + "…"


class Names:
    """Gives each rule a name of its own."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def unique(self, name: str) -> str:
        """Give the name, with a number if it is taken."""
        number = 1
        unique = name
        while unique in self._taken:
            number += 1
            unique = f"{name} ({number})"
        self._taken.add(unique)
        return unique
