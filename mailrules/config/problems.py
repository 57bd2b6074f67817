"""What is wrong with a rule file, said so that its writer can mend it.

A problem reads ``rules.toml:14: rule 'lists': match.form: unknown key (did you mean 'from'?)``: where, in whose
words, and what to write. Nothing here ever holds a secret.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from mailrules.config.watch import NOTHING, Watch
from mailrules.rules.text import printable
from mailrules.values import value

KeyPath = tuple[str | int, ...]
"""The way to a value in a TOML document: keys of tables and indexes of arrays, as in ``("rules", 3, "match")``."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+\Z")


@value(frozen=True, slots=True)
class Problem:
    """One mistake, or one warning: the file and line (from 1) if they are known, the place in words, the message."""

    file: Path | None
    line: int | None
    where: str
    message: str

    def __str__(self) -> str:
        place = "" if self.file is None else f"{self.file}:" if self.line is None else f"{self.file}:{self.line}:"
        return " ".join(part for part in (place, f"{self.where}:" if self.where else "", self.message) if part)


class ConfigError(Exception):
    """The rule file cannot be used. ``problems`` holds all that was found, in the order of the files and their lines.

    ``watch`` tells what to watch for the moment when it is mended.
    """

    def __init__(self, problems: Sequence[Problem], watch: Watch = NOTHING) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
        self.watch = watch


def render(path: KeyPath) -> str:
    """Write a key path as TOML does, with indexes from 0: ``match.any[1].header."X Y"``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE_KEY.match(part) else f'"{printable(part)}"')
    return text


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, if one is near."""
    return next(iter(difflib.get_close_matches(word.lower(), sorted(known), n=1)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'from'?)`` for the known word that was probably meant, or nothing."""
    near = nearest(word, known)
    return f" (did you mean {near!r}?)" if near else ""


def quoted_list(words: Iterable[str], joint: str = "or") -> str:
    """Return ``'a', 'b' or 'c'``."""
    quoted = [repr(word) for word in words]
    return f" {joint} ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
