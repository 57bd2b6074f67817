"""The table of RFCs in `mailrules.imap.standards` tells the truth about the code and about the tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

import mailrules
from mailrules.imap import extensions, standards

PACKAGE = Path(mailrules.__file__).parent
TESTS = Path(__file__).parent.parent
DOVECOT_TESTS = (TESTS / "client" / "test_every_command.py",)

_ROW = re.compile(r"^(\d{4}) (.{34}) (.{66}) (\w+)$")
_CITED = re.compile(r"RFC (\d{3,5})")
_OF_VENDORS = re.compile(r"\bX-[A-Z0-9-]+")


@dataclass(frozen=True)
class Row:
    number: int
    title: str
    support: str
    tried: str


def rows() -> dict[int, Row]:
    found = [match for line in (standards.__doc__ or "").splitlines() if (match := _ROW.match(line))]
    return {int(match[1]): Row(int(match[1]), match[2].strip(), match[3].strip(), match[4]) for match in found}


def cited() -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for path in set(PACKAGE.rglob("*.py")) - set(PACKAGE.joinpath("sieve").rglob("*.py")):
        text = path.read_text() if path != PACKAGE / "imap" / "standards.py" else ""
        for number in _CITED.findall(text):
            found.setdefault(int(number), set()).add(str(path.relative_to(PACKAGE)))
    return found


def extension_files() -> list[Path]:
    return sorted(path for path in PACKAGE.joinpath("imap", "extensions").glob("*.py") if path.stem != "__init__")


def test_the_table_can_be_read() -> None:
    table = rows()
    assert 3501 in table
    assert list(table) == sorted(table)
    assert {row.tried for row in table.values()} <= {"Dovecot", "transcript", "unit"}
    assert table[9051].tried == "transcript"


def test_every_rfc_that_the_code_cites_is_in_the_table() -> None:
    missing = {number: files for number, files in cited().items() if number not in rows()}
    assert missing == {}


def test_every_rfc_in_the_table_is_cited_by_the_code() -> None:
    assert set(rows()) - set(cited()) == set()


@pytest.mark.parametrize("path", extension_files(), ids=lambda path: path.stem)
def test_an_extension_is_in_the_tables_and_in_the_contents(path: Path) -> None:
    assert path.stem in extensions.__all__
    first_line = path.read_text().splitlines()[0]
    numbers = [int(number) for number in _CITED.findall(first_line)]
    of_vendors = _OF_VENDORS.findall(first_line)
    assert numbers or of_vendors
    assert all(number in rows() for number in numbers)
    assert all(name in (standards.__doc__ or "") for name in of_vendors)


def test_the_contents_name_no_file_that_is_not_there() -> None:
    assert set(extensions.__all__) == {path.stem for path in extension_files()}


@pytest.mark.parametrize("row", rows().values(), ids=lambda row: str(row.number))
def test_a_row_is_tried_as_it_says(row: Row) -> None:
    match row.tried:
        case "Dovecot":
            assert any(f"RFC {row.number}" in path.read_text() for path in DOVECOT_TESTS)
        case "transcript":
            texts = [path.read_text() for path in TESTS.joinpath("transcripts").rglob("*.txt")]
            assert any(f"RFC {row.number}" in text for text in texts)
        case _:
            assert cited()[row.number]
