"""Finds the state that a rule file names, be the rest of the file right or wrong.

Who asks the daemon how it is wants to know that above all while the newest rule file is broken.
"""

import re
import tomllib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mailrules.config.model import default_state
from mailrules.config.problems import ConfigError
from mailrules.config.sources import Document, read_document
from mailrules.config.values import FilePath, Place
from mailrules.config.words import message

_TABLE = re.compile(r"^[ \t]*\[[ \t]*daemon[ \t]*\].*\n?(?:(?![ \t]*\[).*\n?)*", re.MULTILINE)
_LINE = re.compile(r"^[ \t]*daemon[ \t]*(?:\.[ \t]*state[ \t]*)?=.*", re.MULTILINE)
_STATE = ("daemon", "state")


def find_state(path: Path) -> Path:
    """Return the state's file. Raises ConfigError if the rule file can't be read, or what it says of the state."""
    try:
        document = read_document(path)
    except ConfigError:
        if (found := _daemon_alone(path)) is None:
            raise
        document = found
    written = document.at(_STATE)
    if written is None:
        return default_state()
    try:
        state: Path = TypeAdapter(FilePath).validate_python(written, context=Place(path.parent))
    except ValidationError as error:
        said = message(error.errors(include_url=False)[0], "table")
        raise ConfigError([document.problem(_STATE, said)]) from None
    return state


def _daemon_alone(path: Path) -> Document | None:
    """Read the table [daemon] of a file that is no TOML elsewhere; None if that can't be read either."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = _TABLE.search(text) or _LINE.search(text)
        return Document(path, 0, text, tomllib.loads(table[0] if table else ""))
    except (OSError, ValueError, RecursionError):
        return None
