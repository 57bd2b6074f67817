"""The reference leaves nothing out: every key that a rule file can have is in an example, every word is in the text."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from mailrules.config import json_schema, load
from mailrules.config.model import Account, Config, Daemon, LookupTable
from mailrules.rules import Rule
from mailrules.rules.actions import ACTIONS
from mailrules.rules.addresses import MAX_ADDRESSES
from mailrules.rules.authresults import MAX_RESULTS
from mailrules.rules.cleaning import MAX_VALUE
from mailrules.rules.conditions import CONDITIONS, auth, duplicate, mine, part, thread
from mailrules.rules.conditions.age import write_age
from mailrules.rules.dates import FIRST_YEAR, LAST_YEAR
from mailrules.rules.flags import SETTABLE_FLAGS
from mailrules.rules.headers import MAX_OCTETS
from mailrules.rules.kinds import Kind
from mailrules.rules.match import Match
from mailrules.rules.mime.bodies import MAX_OCTETS_READ, MAX_PARTS_READ
from mailrules.rules.mime.items import MAX_ITEMS
from mailrules.rules.placeholders import PLACES
from mailrules.rules.plan import SPECIAL_USES
from mailrules.rules.questions import CONTENT_LIMIT
from mailrules.rules.rates import LONGEST, SHORTEST
from mailrules.rules.rule import Then
from mailrules.rules.selftest import Case
from mailrules.rules.selftest.expected import Expected
from mailrules.rules.selftest.mail import Attachment, Mail
from mailrules.rules.tables import LONGEST_PATTERN, Table
from mailrules.rules.templates import DATE_CODES, value_names
from tests.docs.pages import DOCS, PAGES, examples, rows, text_of

MODELS: tuple[type[BaseModel], ...] = (
    Account,
    Attachment,
    Case,
    Config,
    Daemon,
    Expected,
    LookupTable,
    Mail,
    Match,
    Rule,
    Then,
)


def tables(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The tables that can stand below one, itself too."""
    found: set[type[BaseModel]] = set()
    open_ones: list[object] = [model]
    while open_ones:
        each = open_ones.pop()
        if isinstance(each, type) and issubclass(each, BaseModel):
            if each not in found:
                found.add(each)
                open_ones += [field.annotation for field in each.model_fields.values()]
                open_ones += [each.child("X")] if issubclass(each, Table) else []
        else:
            open_ones += get_args(each)
    return found


def owner(table: type[BaseModel], name: str) -> type[BaseModel]:
    """The class that brings a field in: what eight conditions have from it need be shown once only."""
    return next(each for each in reversed(table.__mro__) if name in getattr(each, "model_fields", {}))


def known() -> set[tuple[str, str]]:
    """Every key of every table, by the class that brings it in."""
    all_tables = {table for model in MODELS for table in tables(model)}
    fields = {(owner(table, name), table, name) for table in all_tables for name in table.model_fields}
    return {(whose.__name__, table.model_fields[name].alias or name) for whose, table, name in fields}


@cache
def shown() -> frozenset[tuple[str, str]]:
    """The keys that the examples use, in the same form."""
    found: set[tuple[str, str]] = set()

    def walk(value: object) -> None:
        if isinstance(value, BaseModel):
            table = type(value)
            for name in value.model_fields_set & table.model_fields.keys():
                found.add((owner(table, name).__name__, table.model_fields[name].alias or name))
                walk(getattr(value, name))
            for each in (value.model_extra or {}).values():
                walk(each)
        elif isinstance(value, tuple | list):
            for each in value:
                walk(each)
        elif isinstance(value, dict):
            for each in value.values():
                walk(each)

    for example in examples():
        with tempfile.TemporaryDirectory() as folder:
            walk(load(example.write(Path(folder))).config)
    return frozenset(found)


def test_every_key_is_shown_in_an_example_that_is_run() -> None:
    assert sorted(known() - shown()) == []


@pytest.mark.parametrize(
    "word",
    [
        *CONDITIONS,
        *ACTIONS,
        *Rule.keys(),
        *Match.keys(),
        *Then.keys(),
        *LookupTable.model_fields,
        *Account.model_fields,
        *Daemon.model_fields,
        *Case.keys(),
        *Mail.keys(),
        *Expected.keys(),
        *Attachment.keys(),
        *(each.value for each in Kind),
        *(word for words in (auth.Word, mine.Way) for word in get_args(words)),
        *SPECIAL_USES,
        *SETTABLE_FLAGS,
        *DATE_CODES,
    ],
)
def test_every_word_is_in_the_text(word: str) -> None:
    named = rf"`(header|date|then|match|accounts|password)?\.?'?\"?{re.escape(word)}['\"]?(\.|`| =|=)"
    assert re.search(named, text_of()), f"no page has `{word}`"


@pytest.mark.parametrize("name", [*value_names(), *PLACES])
def test_every_value_of_a_mailbox_name_is_told(name: str) -> None:
    text = text_of("actions")
    field, _, part_of = name.partition(".")
    alike = {"to", "cc", "bcc", "sender", "reply_to", "recipient", "delivered_to"}
    assert f"`{{{name}}}`" in text or (field in alike and f"`{{from.{part_of}}}`" in text)


@pytest.mark.parametrize("key", ["received", "sent", "now", "date.NAME"])
def test_every_date_of_a_mailbox_name_is_told(key: str) -> None:
    assert f"`{{{key}:%" in text_of("actions")


def test_what_can_be_compared_by_is_told() -> None:
    text = text_of("conditions")
    words = [*duplicate._TEXT_FIELDS, *duplicate._ADDRESS_FIELDS]
    assert [word for word in words if f'`"{word}"`' not in text] == []


def kib(octets: int) -> str:
    return f"{octets >> 20} MiB" if octets % (1 << 20) == 0 else f"{octets >> 10} KiB"


@pytest.mark.parametrize(
    ("page", "fact"),
    [
        ("rules", f"| header fields of one name | the first {kib(MAX_OCTETS)} |"),
        ("rules", f"| all header fields that rules ask for | with more than {kib(MAX_OCTETS)} of them a"),
        ("rules", f"| addresses in the header fields of one name | the first {MAX_ADDRESSES:,} |"),
        ("rules", f"| results in one Authentication-Results | the first {MAX_RESULTS:,} |"),
        ("rules", f"| `body`, each part | the first {kib(CONTENT_LIMIT)}, as they are encoded |"),
        ("rules", f"| `body`, all parts together | {kib(MAX_OCTETS_READ)}, in the first {MAX_PARTS_READ} parts |"),
        ("rules", f"| `attachment`, `part` | the first {MAX_ITEMS:,} parts |"),
        ("rules", f"| `part.header`, `part.language` | the first {part.MAX_HEADERS} parts |"),
        ("rules", f"| earlier messages of a conversation | the {thread.MAX_RELATIVES} nearest |"),
        ("rules", f"| a pattern in the rule file | {LONGEST_PATTERN:,} characters |"),
        ("rules", f"| one value in a mailbox's name | {MAX_VALUE} octets of UTF-8 |"),
        ("rules", f"| how long `duplicate` remembers | up to {write_age(duplicate.LONGEST)} |"),
        ("rules", f"| `every` | from {write_age(SHORTEST)} to {LONGEST.days // 7} weeks |"),
        ("rules", f"| new mailboxes a day and account | {Account.model_fields['create_limit'].default}, see"),
        ("conditions", f"Looked at are the first {kib(CONTENT_LIMIT)} of each part"),
        ("conditions", f"of all parts together {kib(MAX_OCTETS_READ)}, in at most {MAX_PARTS_READ} parts"),
        ("conditions", f"of the first {part.MAX_HEADERS} parts at most"),
        ("conditions", f"of at most {thread.MAX_RELATIVES}."),
        ("conditions", f"A pattern has at most {LONGEST_PATTERN:,} characters"),
        ("conditions", f"Years go from {FIRST_YEAR} to {LAST_YEAR}"),
        ("conditions", f'`"{duplicate._WITHIN.days} days"` unless you say otherwise'),
        ("actions", f"a value has at most {MAX_VALUE} octets"),
        ("settings", f"| `create_limit` | {Account.model_fields['create_limit'].default} |"),
        ("settings", f"| `max_connections` | {Account.model_fields['max_connections'].default} |"),
    ],
)
def test_numbers_are_the_codes_own(page: str, fact: str) -> None:
    assert fact in " ".join(text_of(page).split())


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for file, anchor in re.findall(r"\]\(([\w./-]*)(?:#([^)\s]+))?\)", page.read_text(encoding="utf-8")):
            target = page if not file else DOCS / file
            assert target.is_file(), f"{page.name}: {file}"
            assert not anchor or anchor in anchors(target), f"{page.name}: {file}#{anchor}"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_rows_of_tables_of_three_columns_can_be_read() -> None:
    assert len(list(rows(DOCS / "sieve.md"))) > 100


def test_the_schema_tells_what_every_key_is_for() -> None:
    definitions = json_schema()["definitions"]
    assert isinstance(definitions, dict)
    undescribed = {
        f"{name}.{key}"
        for name, table in definitions.items()
        for each in [table, *(choice for choice in table.get("anyOf", ()) if isinstance(choice, dict))]
        for key, described in each.get("properties", {}).items()
        if not described.get("description") and not _of_table(described, definitions)
    }
    assert undescribed == set()


def _of_table(described: dict[str, str], definitions: dict[str, dict[str, str]]) -> str:
    """What the table is for that stands under a key: editors show it where the key has no words of its own."""
    return definitions.get(described.get("$ref", "").rpartition("/")[2], {}).get("description", "")
