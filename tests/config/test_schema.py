"""The JSON Schema admits what the loader admits, and tells editors of the usual mistakes."""

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from mailrules.config import json_schema
from mailrules.rules.actions import ACTIONS
from mailrules.rules.conditions import CONDITIONS

CONFIGS = Path(__file__).parent.parent / "configs"
EXAMPLE = CONFIGS.parent.parent / "rules.example.toml"
GOOD = [EXAMPLE, *sorted((CONFIGS / "good").glob("*.toml"))]
SEEN_BY_EDITORS = [
    "account-keys-missing",
    "account-limits",
    "account-not-a-table",
    "account-tls",
    "account-unknown-key",
    "account-wrong-types",
    "rule-dates",
    "rule-keys-missing",
    "rule-mailbox-as-a-number",
    "rule-match-as-text",
    "rule-nested",
    "rule-numbers",
    "rule-switches",
    "rule-unknown-action",
    "rule-unknown-key",
    "rule-unknown-operator",
    "tables",
    "tables-in-double-brackets",
    "ten-mistakes",
    "top-unknown-table",
    "trap-keys-after-a-sub-table",
    "trap-rules-in-single-brackets",
]


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


@pytest.mark.parametrize("name", SEEN_BY_EDITORS)
def test_mistakes_are_seen_while_typing(validator: Draft7Validator, name: str) -> None:
    assert not validator.is_valid(read(CONFIGS / "bad" / f"{name}.toml"))


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
