"""Says what is wrong where a file is not TOML, in the words of someone who writes rules.

``tomllib`` stops at the first error and explains it to programmers. TOML's own traps are looked for first (`traps`);
the rest of its messages are put into plain words here.
"""

import re
from collections.abc import Sequence
from typing import Final

from mailrules.config import traps
from mailrules.config.locate import Kind, Mark, scan
from mailrules.rules.text import printable
from mailrules.values import value


@value(frozen=True, slots=True)
class SyntaxProblem:
    """Where the text stops being TOML (line from 1), and what to do about it."""

    line: int
    message: str


def explain(text: str, error: Exception) -> SyntaxProblem:
    """Explain what ``tomllib.loads(text)`` raised: its TOMLDecodeError, or one of Python's own limits."""
    lines = text.rstrip("\n").split("\n")
    if isinstance(error, RecursionError):
        return SyntaxProblem(_fullest(lines, "[{"), "lists or tables are nested too deeply")
    if "Exceeds the limit" in str(error):
        return SyntaxProblem(_fullest(lines, "0123456789"), "a number has too many digits")
    said, line, column = _parts(str(error), len(lines))
    marks = scan(text)
    if trap := traps.clash(marks, lines, line) if said.startswith(_CLASHES) else None:
        return SyntaxProblem(line, trap)
    if split := traps.split_table(marks, line) if said.startswith(_IN_INLINE_TABLES) else None:
        return SyntaxProblem(split.line, traps.SPLIT_TABLE)
    here = lines[line - 1] if line <= len(lines) else ""
    if said.startswith("Unescaped"):
        return SyntaxProblem(line, traps.backslash(here, column))
    if said == "Invalid value":
        return SyntaxProblem(line, _invalid_value(here[column - 1 :] if column else ""))
    if said.startswith(_UNCLOSED) and column == 0:
        line = _begun(marks, line)
    if said.startswith("Expected newline") and re.search(r"'\s*\Z", here[: column - 1]) and "'" in here[column - 1 :]:
        return SyntaxProblem(line, "an apostrophe ends a text in single quotes; write this one in double quotes")
    if said == "Unclosed array" and (begun := _around(marks, line)) < line:
        return SyntaxProblem(line, f"the list that begins on line {begun} is not closed: a comma or a ] is missing")
    words = next((words for opening, words in _WORDS if said.startswith(opening)), said[:1].lower() + said[1:])
    return SyntaxProblem(line, words.replace("{}", printable(said.removeprefix("Illegal character "))))


def _fullest(lines: Sequence[str], characters: str) -> int:
    """Return the line with the most of some characters, for errors that Python raises without a place."""
    return 1 + max(range(len(lines)), key=lambda index: sum(lines[index].count(each) for each in characters))


_POSITION: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def _parts(said: str, last: int) -> tuple[str, int, int]:
    """Return message, line and column; the document's end is its last line's column 0."""
    found = _POSITION.fullmatch(said)
    if found is None:
        return said, last, 0
    return found[1], int(found[2] or last), int(found[3] or 0)


def _begun(marks: tuple[Mark, ...], last: int) -> int:
    """Return the line of the statement that goes on to the end of the text, for what is never closed."""
    return next((mark.line for mark in marks if mark.kind is Kind.KEY and mark.end >= last), last)


def _around(marks: tuple[Mark, ...], line: int) -> int:
    """Return the line of the statement that goes on over a line."""
    return next((mark.line for mark in marks if mark.kind is Kind.KEY and mark.line <= line <= mark.end), line)


def _invalid_value(rest: str) -> str:
    word = re.match(r"[\w-]*", rest)
    if word and word.group() in {"True", "False", "TRUE", "FALSE"}:
        return f"write {word.group().lower()} in small letters"
    if rest.startswith(("“", "”", "„", "‘", "’", "«")):
        return "quotes must be straight: \"…\" or '…'"
    if not rest.strip() or rest.startswith("#"):
        return "the value is missing"
    return "this value is not TOML; a text needs quotes around it"


_CLASHES: Final = ("Cannot", "Duplicate inline table key")
_IN_INLINE_TABLES: Final = ("Unclosed inline table", "Invalid initial character for a key part")
_UNCLOSED: Final = ("Unterminated string", "Expected '\"'", "Expected \"'", "Unclosed array", "Invalid value")
_WORDS: Final = (
    ("Cannot declare", "this table is there already; put its keys together in one place"),
    ("Cannot", "this key is given twice; keep one"),
    ("Duplicate", "this key is given twice; keep one"),
    ("Expected '=' after a key", "a key needs a value: key = value"),
    ("Expected ']", "the table's name is not closed: a ] is missing, or its name needs quotes"),
    ("Expected newline", "something is left over on this line; one key = value stands on a line, and texts in quotes"),
    ("Expected", "a text is not closed: the quote at its end is missing"),
    ("Unterminated string", "a text is not closed: the quote at its end is missing"),
    ("Illegal character '\\n'", "a text is not closed: the quote at the end of the line is missing"),
    ("Illegal character", "the character {} cannot stand in a text as it is"),
    ("Found invalid character '\\n'", "a text is not closed: the quote at the end of the line is missing"),
    ("Found invalid character", "there is a control character here; delete it"),
    ("Invalid initial character", "a key is missing here, or it needs quotes around it"),
    ("Invalid statement", "a line begins with a key, a [table] or a # comment"),
    ("Unclosed array", "a list is not closed: a comma or a ] is missing"),
    ("Unclosed inline table", "a { … } is not closed: a comma or a } is missing"),
    ("Invalid date or datetime", "there is no such date"),
    ("Invalid hex value", r"\u wants four hexadecimal digits, \U eight; for a plain backslash use 'single quotes'"),
    ("Escaped character is not", r"\u and \U want the number of a Unicode character"),
)
