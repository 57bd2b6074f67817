"""Reads the rows of lookup tables: those in the rule file itself, and those in files of their own.

Such a file is CSV, a key and a value in each row, or a plain list of keys. Keys have no spaces around them. A key that
is there twice, whatever its case, must have the same value; each of its spellings counts where the case matters.
"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BeforeValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails

from mailrules.config.problems import ConfigError, Problem
from mailrules.config.words import expected
from mailrules.rules.tables import wrong
from mailrules.rules.text import fold, printable


def _inline(value: object) -> Mapping[str, str]:
    match value:
        case Mapping():
            rows = [(key, key, inner) for key, inner in value.items()]
        case list():
            rows = [(index, key, key) for index, key in enumerate(value)]
        case _:
            raise ValueError(expected('a table of rows, { "key" = "value" }, or a list of keys', value))
    if not rows:
        raise ValueError("there is no row in it")
    read: dict[str, str] = {}
    first: dict[str, str] = {}
    errors: list[InitErrorDetails] = []
    for place, key, inner in rows:
        if not isinstance(inner, str):
            errors.append(_error(place, inner, f'{expected("text", inner)}: write quotes around it, as in "1"'))
        elif not key.strip() or not inner.strip():
            errors.append(_error(place, inner, "must not be empty"))
        else:
            row = inner if isinstance(value, Mapping) else ""
            if first.setdefault(fold(key.strip()), row) == row:
                read[key.strip()] = row
            else:
                errors.append(_error(place, inner, "this key, but for its case, has another value above; keep one"))
    if errors:
        raise ValidationError.from_exception_data("rows", errors)
    return read


def _error(place: str | int, value: object, message: str) -> InitErrorDetails:
    return InitErrorDetails(type=wrong(message), loc=(place,), input=value)


_KEY = {"type": "string", "minLength": 1}
_ROWS_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "object", "additionalProperties": _KEY, "minProperties": 1},
            {"type": "array", "items": _KEY, "minItems": 1},
        ]
    }
)
ROWS = (BeforeValidator(_inline), _ROWS_SCHEMA)
"""For ``Annotated[Mapping[str, str], *ROWS]``: rows as they stand in the rule file; of a list the values are empty."""


_MOST_TOLD = 10
"""Problems that are told of one file."""


def read_rows(file: Path, owner: str, headings: int) -> dict[str, str]:
    """Return the rows, keys of a plain list with empty values; ``owner`` is whose they are, as in ``table 'x'``.

    So many rows with ``headings`` are passed over, and lines that are empty or begin with ``#``. Raises OSError if the
    file cannot be read, ConfigError with what is wrong in it.
    """
    if not file.is_file() and file.exists():  # a device or a pipe may have no end
        raise OSError(None, "this is no file")
    data = file.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = Problem(file, line, owner, "this is not UTF-8 text; save the file as UTF-8")
        raise ConfigError([problem]) from None
    reader = _Reader(plain=file.suffix.lower() == ".txt")
    reader.read(text, headings)
    told = [Problem(file, line, owner, message) for line, message in reader.wrong[:_MOST_TOLD]]
    if (more := len(reader.wrong) - len(told)) > 0:
        told.append(Problem(file, reader.wrong[_MOST_TOLD][0], owner, f"this and {more - 1} more lines are wrong too"))
    if told:
        raise ConfigError(told)
    return reader.rows


class _Reader:
    """The rows read so far, and what is wrong with lines (from 1)."""

    def __init__(self, *, plain: bool) -> None:
        self.rows: dict[str, str] = {}
        self.wrong: list[tuple[int | None, str]] = []
        self._plain = plain
        self._columns = 0
        self._first: dict[str, tuple[int, str]] = {}  # by folded key
        self._values: dict[str, str] = {}  # few values in many rows: each is kept once

    def read(self, text: str, headings: int) -> None:
        for number, line in _lines(text):
            if headings:
                headings -= 1
                continue
            try:
                self._row(number, self._fields(line))
            except ValueError as error:
                self.wrong.append((number, str(error)))
        if not self.rows and not self.wrong:
            self.wrong.append((None, "there is no row in this file"))

    def _fields(self, line: str) -> list[str]:
        if self._plain:
            return [line]
        if '"' not in line:
            return line.split(",")
        try:
            return next(csv.reader([line], strict=True, skipinitialspace=True))
        except csv.Error:
            raise ValueError('a quote is not closed, or text follows one; inside quotes write it twice, ""') from None

    def _row(self, number: int, fields: list[str]) -> None:
        self._columns = self._columns or _columns(fields)
        if len(fields) != self._columns:
            raise ValueError(f"expected {_COLUMNS[self._columns]} as above, not {len(fields)}; {_COMMAS}")
        key = fields[0].strip()
        value = fields[1].strip() if len(fields) > 1 else ""
        if not key:
            raise ValueError("there is no key before the comma")
        if not value and len(fields) > 1:
            raise ValueError(f"the key '{printable(key)}' has no value behind the comma")
        line, known = self._first.setdefault(fold(key), (number, value))
        if value == known:  # a row that is there twice does no harm
            self.rows[key] = self._values.setdefault(value, value)
        else:
            raise ValueError(f"the key '{printable(key)}' has another value on line {line}; keep one of them")


_COLUMNS = {1: "one column", 2: "two columns"}
_COMMAS = "quotes go around what has a comma in it"


def _columns(fields: list[str]) -> int:
    """Return how many columns the first row says that there are."""
    if len(fields) > 2:
        raise ValueError(f"expected a key and a value, not {len(fields)} columns; {_COMMAS}")
    if len(fields) == 1 and any(separator in fields[0] for separator in ";\t"):
        raise ValueError("columns are separated by commas: key,value")
    return len(fields)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield number, stripped
