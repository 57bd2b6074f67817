"""The example rule file, and every rule that the README shows, can be used as they are."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailrules.config import load
from mailrules.demo.mail import samples
from mailrules.rules import Facts, Message, Rule, Verdict
from mailrules.rules.actions import ACTIONS
from mailrules.rules.conditions import CONDITIONS
from mailrules.rules.questions import Question, Search
from mailrules.rules.reader import local_answers
from mailrules.rules.settling import settle

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "rules.example.toml"
NOW = datetime(2025, 3, 17, 9, 30, tzinfo=UTC)


def blocks() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [block for block in re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if block.strip()]


def keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def decide(name: str) -> Verdict:
    """What the example does with one of the demo's mails; its server finds nothing by searching."""
    mail = next(sample for sample in samples(NOW, "ann@example.org") if sample.name == name)
    header = mail.content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    message = Message(header, size=len(mail.content), received=NOW, flags=frozenset())
    facts = Facts(NOW, UTC, "home", "INBOX", ("ann@example.org",))

    def answers(questions: frozenset[Question[object]]) -> Mapping[Question[object], object]:
        searches: dict[Question[object], object] = {each: False for each in questions if isinstance(each, Search)}
        return {**local_answers(mail.content, questions), **searches}

    _, verdict = settle(load(EXAMPLE).ruleset, message, facts, answers)
    assert verdict.unknown == ()
    return verdict


def test_the_example_has_no_problems_and_no_warnings() -> None:
    loaded = load(EXAMPLE)
    loaded.require_accounts()
    assert loaded.warnings == ()


def test_its_own_tests_pass() -> None:
    loaded = load(EXAMPLE)
    assert loaded.tests
    loaded.require_tests()
    assert [note for _, result in loaded.run_tests() for note in result.notes] == []


def test_the_example_shows_every_condition_every_action_and_every_key_of_a_rule() -> None:
    shown = set(keys(tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["rules"]))
    known = {*CONDITIONS, *ACTIONS, *Rule.keys(), "any", "all", "not", "create"}
    assert known - shown == set()


@pytest.mark.parametrize(
    ("mail", "steps"),
    [
        ("newsletter", [{"move": "Newsletters"}]),
        ("invoice", [{"add_flags": ["$Invoice"]}, {"copy": "Accounting/2025-03"}]),
        ("question", [{"move": "Customers/Acme"}]),
        ("contract", [{"move": "Büro/Verträge"}]),
        ("list post", [{"move": "Lists/compost-dev"}]),
        ("big", [{"move": "Big mails"}]),
        ("spam", [{"move": "\\Junk"}]),
        ("alert", [{"add_flags": ["$Alert", "\\Flagged"]}]),
        ("bill in ukrainian", [{"add_flags": ["$Invoice"]}, {"copy": "Accounting/2025-03"}]),
        ("invitation", [{"copy": "Calendar"}, {"copy": "Projects/Meetings"}]),
        ("out of office", [{"set_flags": ["\\Seen"]}, {"move": "Automatic replies"}]),
        ("personal", []),
    ],
)
def test_the_example_sorts_the_demos_mails(mail: str, steps: list[dict[str, object]]) -> None:
    assert steps == decide(mail).plan.to_json()


@pytest.mark.parametrize("block", blocks())
def test_what_the_readme_shows_can_be_loaded(block: str, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(block, encoding="utf-8")
    load(tmp_path / "rules.toml")
