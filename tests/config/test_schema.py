"""The JSON Schema admits what the loader admits, and tells editors of the usual mistakes."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from mailrules.config import json_schema
from mailrules.rules.actions import ACTIONS
from mailrules.rules.conditions import CONDITIONS

CONFIGS = Path(__file__).parent.parent / "configs"
EXAMPLE = CONFIGS.parent.parent / "rules.example.toml"
GOOD = [EXAMPLE, *sorted((CONFIGS / "good").glob("*.toml"))]
NOT_SEEN = {
    "account-clear-text": "it depends on another key",
    "captures": "it depends on another key",
    "conditions-loops": "it depends on other tables",
    "daemon-grace": "schemas do not compare durations",
    "daemon-history": "schemas do not compare durations",
    "daemon-history-size": "schemas do not compare sizes",
    "group-number-not-ascii": "mailbox names have a grammar of their own",
    "included-rules": "it is in an included file",
    "references": "it depends on other tables",
    "rule-count-of-none": "it depends on another key",
    "rule-never": "what numbers can be depends on what they are of",
    "rule-long-mailboxes": "octets are no characters",
    "rule-regex": "regular expressions have a grammar of their own",
    "rule-same-name-twice": "it depends on other tables",
    "rule-search": "searches have a grammar of their own",
    "rule-search-by-uid": "searches have a grammar of their own",
    "rule-template": "mailbox names have a grammar of their own",
    "same-names": "it is in an included file",
    "table-domain-twice": "it depends on another key",
    "tables-files": "it is in another file",
    "tests-account": "it depends on other tables",
    "tests-nul-in-a-files-name": "it is a text like others, control characters aside",
    "tests-nothing-scheduled": "it depends on other tables",
    "tests-rules-there-are-not": "it depends on other tables",
    "tests-searches-that-no-rule-asks": "it depends on other tables",
    "tests-traps": "it is a text like others, control characters aside",
    "trap-word-boundary": "it is a text like others, control characters aside",
}
"""Files whose mistakes no schema can see, and why; not to speak of what is not TOML."""


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    Draft7Validator.check_schema(json_schema())
    return Draft7Validator(json_schema())


def read(file: Path) -> object:
    """Read a file as editors do that hold TOML against a JSON Schema: its dates and times are text."""
    return json.loads(json.dumps(tomllib.loads(file.read_bytes().decode("utf-8-sig")), default=str))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_good_files_fit(validator: Draft7Validator, file: Path) -> None:
    assert [error.message for error in validator.iter_errors(read(file))] == []


def bad_files() -> Iterator[Path]:
    for file in sorted((CONFIGS / "bad").glob("*.toml")):
        try:
            read(file)
        except ValueError:
            continue
        yield file


@pytest.mark.parametrize("file", list(bad_files()), ids=lambda file: file.stem)
def test_mistakes_are_seen_while_typing(validator: Draft7Validator, file: Path) -> None:
    assert (file.stem in NOT_SEEN) is validator.is_valid(read(file))


@pytest.mark.parametrize(
    "rule",
    [
        {"match": {"any": []}, "then": {"stop": True}},
        {"match": {"all": []}, "then": {"stop": True}},
        {"match": "everything", "then": {"move": "\\Spam"}},
        {"match": "everything", "then": {"copy": ["A", "A//B"]}},
        {"match": "everything", "then": {"set_flags": "a", "add_flags": "b"}},
        {"match": "everything", "then": {"stop": True}, "limit": "0/hour"},
    ],
    ids=str,
)
def test_what_no_rule_can_be_is_seen(validator: Draft7Validator, rule: dict[str, object]) -> None:
    assert not validator.is_valid({"rules": [{"name": "r", **rule}]})


def test_nothing_in_it_is_what_toml_cannot_write() -> None:
    assert '"null"' not in str(json_schema()).replace("'", '"')
    assert "$defs" not in str(json_schema())


def test_every_condition_and_action_is_known_and_described() -> None:
    definitions = json_schema()["definitions"]
    assert isinstance(definitions, dict)
    match, then = definitions["Match"]["properties"], definitions["Then"]["properties"]
    assert set(CONDITIONS) <= set(match)
    assert set(ACTIONS) <= set(then)
    settings = [*definitions["Account"]["properties"].values(), *definitions["Rule"]["properties"].values()]
    assert [setting for setting in settings if "description" not in setting and "$ref" not in setting] == []
