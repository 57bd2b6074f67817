r"""Reads the pages of the reference: their examples, and what each example claims.

A block of TOML is a file of rules, or a few rules written short. Written short, each paragraph is one rule, of which
the name, a `match` for every message and a `then` are left out. A comment below it is a claim about a message::

    # yes: { subject = "Invoice 7" }                      the rule matches this message of a test
    # no: { subject = "Hello" }                           it does not
    # unknown: { subject = "Hello" }                      that can't be known, so that it does nothing
    # yes: { list_id = "a.b" } → { move = "Lists/a" }     this is what is done with the message, as a test expects it
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailrules.config import Loaded

DOCS = Path(__file__).parent.parent.parent / "mailrules" / "docs"
PAGES = sorted(DOCS.glob("*.md"))
RULE = "the example"

_FENCE = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADER = re.compile(r"^\[", re.MULTILINE)
_CLAIM = re.compile(r"# (yes|no|unknown): (\{.*?\}|\".*?\")(?: → (\{.*\}))?")
_ACCOUNT = """\
[accounts.home]
host = "imap.example.org"
username = "ann@example.org"
password.env = "MAILRULES_PASSWORD"
addresses = ["ann@example.org", "ann@example.com"]
authserv_id = "mx.example.org"
watch = ["INBOX", "Lists/*", "Support/*"]
"""

_SOME_RULE = """\
[[rules]]
name = "some rule"
match.subject = "invoice"
then.add_flags = "$Invoice"
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    name: str
    """Of the file that it is, if it stands for one."""
    text: str

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.page.stem}-{self.line}"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an example says of a message."""

    word: str
    message: str
    expect: str


@dataclass(frozen=True, slots=True)
class Example:
    """A rule file that a page shows, with what it takes from the rest of the page to be whole."""

    place: str
    page: Path
    text: str
    claims: tuple[Claim, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write it and the files that its page has for it; give its own path."""
        for block in blocks(self.page):
            if block.name:
                (folder / block.name).parent.mkdir(parents=True, exist_ok=True)
                (folder / block.name).write_text(block.text, encoding="utf-8")
        path = folder / "rules.toml"
        path.write_text(self.text + "".join(map(self._test, self.claims)), encoding="utf-8")
        return path

    def _test(self, claim: Claim) -> str:
        key = "not_matched" if claim.word == "no" else "matched"
        expect = claim.expect or f"{{ {key} = {RULE!r} }}"
        scheduled = "scheduled = true\n" if re.search("^every", self.text, re.MULTILINE) else ""
        name = f"{claim.word}: {claim.message}".replace("'", "’")
        return f"\n[[tests]]\nname = '{name[:190]}'\nmessage = {claim.message}\nexpect = {expect}\n{scheduled}"


def warnings_of(loaded: Loaded) -> list[str]:
    """Give the warnings of an example, beside which all definitions of its page stand, whether it needs them or not."""
    return [str(warning) for warning in loaded.warnings if warning.message != "no rule refers to it"]


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """Give the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    return tuple(
        Block(page, text.count("\n", 0, found.start()) + 1, found[1], found[2] or "", found[3])
        for found in _FENCE.finditer(text)
    )


def examples() -> Iterator[Example]:
    """Give every example of every page."""
    for page in PAGES:
        for block in blocks(page):
            if block.language == "toml" and not block.name:
                yield from _examples(block)


def _examples(block: Block) -> Iterator[Example]:
    if _HEADER.search(block.text):
        yield Example(block.place, block.page, _completed(block.page, block.text))
        return
    for number, paragraph in enumerate(re.split(r"\n\s*\n", block.text.strip()), 1):
        claims = tuple(_claim(line) for line in paragraph.splitlines() if line.startswith("#") and ": " in line)
        yield Example(f"{block.place}-{number}", block.page, short(block.page, paragraph), claims)


def _claim(line: str) -> Claim:
    found = _CLAIM.fullmatch(line)
    assert found is not None, f"this is no claim: {line}"
    return Claim(found[1], found[2], found[3] or "")


def short(page: Path, written: str) -> str:
    """Make a whole rule of one that is written short."""
    table = tomllib.loads(written)
    if "include" in table:
        return _completed(page, written + "\n" + _SOME_RULE)
    lines = ["[[rules]]", *([] if "name" in table else [f'name = "{RULE}"']), written]
    lines += [] if "match" in table else ['match = "everything"']
    lines += [] if "then" in table else ['then.add_flags = "$Example"']
    return _completed(page, "\n".join(lines) + "\n")


def _completed(page: Path, text: str) -> str:
    """Add the account, and what the page defines elsewhere."""
    known = tomllib.loads(text)
    missing = [] if "accounts" in known else [_ACCOUNT]
    missing += [] if "rules" in known else [_SOME_RULE]
    for kind, name, written in _definitions(page):
        if name not in known.get(kind, {}):
            missing.append(written)
    return "\n".join([text, *missing])


@cache
def _definitions(page: Path) -> tuple[tuple[str, str, str], ...]:
    """Give the tables and named conditions that stand in blocks of a page; of one name the first."""
    found: dict[tuple[str, str], str] = {}
    for block in blocks(page):
        if block.language == "toml" and not block.name:
            for written in re.split(r"^(?=\[)", block.text, flags=re.MULTILINE):
                if header := re.match(r"\[(tables|conditions)\.([\w-]+)\]", written):
                    found.setdefault((header[1], header[2]), written)
    return tuple((kind, name, written) for (kind, name), written in found.items())


def forms() -> Iterator[tuple[str, Example]]:
    """Give the rules that the second column of the Sieve table has, with the Sieve that they stand for."""
    page = DOCS / "sieve.md"
    for sieve, here, _ in rows(page):
        for cell in re.findall(r"`[^`]+`(?: \+ `[^`]+`)*", here):
            written = "\n".join(re.findall("`([^`]+)`", cell))
            whole = _completed(page, written) if _HEADER.search(written) else short(page, written)
            yield sieve, Example(f"{sieve}: {cell}", page, whole)


def rows(page: Path) -> Iterator[tuple[str, str, str]]:
    """Give the rows of a page's tables of three columns, without their headings."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith(("| Sieve |", "|---")):
            first, second, third = (cell.strip() for cell in line.removesuffix("|").removeprefix("|").split("|"))
            yield first, second, third


def text_of(*names: str) -> str:
    """Give the text of some pages, of all without a name."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES if not names or page.stem in names)


def values(table: Mapping[str, object]) -> Iterator[object]:
    """Give every value in a table, tables and lists too."""
    for value in table.values():
        yield value
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield from values(each)
