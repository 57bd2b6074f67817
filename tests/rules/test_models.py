"""The models are the rule language: what they hold loads again as the same, and describes itself."""

import json
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from mailrules.rules import Rule, Ruleset, suggestions
from mailrules.rules.conditions import CONDITIONS

SCHEMA = Rule.model_json_schema()
RULES: list[dict[str, object]] = [
    {"name": "a", "match": "everything", "then": {"trash": True}},
    {
        "name": "b",
        "match": {
            "from": ["@a.example", "*@b.example"],
            "to": {"domain": {"ends_with": ".example"}, "name": "bob", "case_sensitive": False, "exists": True},
            "subject": {"regex": ["(?i)a", "b"], "contains": "c", "case_sensitive": True},
            "header": {"X-A": "a", "x-b": {"exists": False}},
            "list_id": {"name": {"is": "dev"}},
            "size": {"over": "1 MiB", "under": 2**30},
            "age": {"over": "90 minutes", "under": "2 weeks"},
            "flags": ["\\seen", "$A"],
            "search": "UNSEEN",
            "any": [{"cc": "@c.example"}, {"not": {"bcc": "a@b"}}],
            "all": [{"sender": {"exists": False}}],
            "not": {"reply_to": "@d.example", "all": [{"message_id": "x"}]},
        },
        "then": {"copy": ["A/{received:%Y}", "\\junk"], "move": "{{B}}", "add_flags": "x", "create": False},
        "mode": "observe",
        "enabled": False,
        "accounts": "work",
        "mailboxes": ["INBOX", "Lists/*"],
        "chain": True,
    },
]


def written(rule: Rule) -> dict[str, Any]:
    """Give a rule as JSON and so as TOML could hold it."""
    loaded = json.loads(rule.model_dump_json(exclude_defaults=True))
    assert isinstance(loaded, dict)
    return loaded


@pytest.mark.parametrize("table", RULES, ids=lambda table: str(table["name"]))
def test_a_rule_that_is_written_loads_as_the_same_rule(table: dict[str, object]) -> None:
    rule = Rule.model_validate(table)
    again = Rule.model_validate(written(rule))

    assert again == rule
    assert written(again) == written(rule)
    assert Ruleset((again,)).digest == Ruleset((rule,)).digest


def test_bare_values_are_written_by_their_long_names() -> None:
    rule = Rule.model_validate(RULES[1])

    match = written(rule)["match"]
    assert match["from"] == {"matches": ["@a.example", "*@b.example"]}
    assert match["flags"] == {"has": ["\\Seen", "$A"]}
    assert match["search"] == {"matches": ["UNSEEN"]}
    assert match["age"] == {"over": "90 minutes", "under": "2 weeks"}
    assert match["size"] == {"over": 2**20, "under": 2**30}
    assert match["to"]["name"] == {"contains": ["bob"]}
    assert match["cc" if "cc" in match else "any"][0] == {"cc": {"matches": ["@c.example"]}}


def test_a_rule_cannot_be_changed() -> None:
    rule = Rule.model_validate(RULES[0])

    with pytest.raises(ValidationError, match="frozen"):
        rule.name = "b"  # type: ignore[misc]  # that mypy sees it too is no proof


# The JSON Schema


@pytest.mark.parametrize("table", [*RULES, *(written(Rule.model_validate(table)) for table in RULES)], ids=str)
def test_the_schema_takes_what_the_models_take(table: dict[str, object]) -> None:
    jsonschema.validate(table, SCHEMA)


@pytest.mark.parametrize(
    "keys",
    [
        {"match": {"form": "a"}},
        {"match": {"from": 5}},
        {"match": {"from": {"domian": "a"}}},
        {"match": {"any": [{"form": "a"}]}},
        {"match": "all"},
        {"match": {"subject": None}},
        {"match": {"subject": ""}},
        {"then": {"move": 5}},
        {"then": {"trash": False}},
        {"mode": "act"},
        {"extra": 1},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_easily_got_wrong(keys: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**RULES[0], **keys}, SCHEMA)


def test_the_schema_describes_every_key() -> None:
    tables = {"Rule": SCHEMA, **SCHEMA["$defs"]}

    def keys(table: dict[str, Any]) -> dict[str, Any]:
        found = [table, *table.get("anyOf", [])]
        return {key: value for each in found for key, value in each.get("properties", {}).items()}

    undescribed = [
        f"{name}.{key}"
        for name, table in tables.items()
        for key, value in keys(table).items()
        if not value.get("description")
    ]
    assert undescribed == []
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


# Suggestions


@pytest.mark.parametrize(
    ("loc", "some"),
    [
        ((), {"name", "match", "then", "enabled", "mode", "accounts", "mailboxes", "chain"}),
        (("match",), {"from", "any", "all", "not", "header", *CONDITIONS}),
        (("match", "any", 0), {"from", "subject"}),
        (("match", "not", "all", 3, "not"), {"from", "subject"}),
        (("match", "from"), {"domain", "matches", "contains", "is"}),
        (("match", "from", "domain"), {"is", "ends_with", "case_sensitive"}),
        (("match", "header", "X-A"), {"is", "regex"}),
        (("match", "size"), {"over", "under"}),
        (("match", "list_id", "name"), {"is"}),
        (("then",), {"move", "copy", "trash", "expunge", "add_flags", "remove_flags", "set_flags", "stop", "create"}),
    ],
)
def test_the_keys_at_a_place_are_known(loc: tuple[int | str, ...], some: set[str]) -> None:
    known = suggestions(Rule, loc)

    assert some <= set(known)
    assert len(known) == len(set(known))


@pytest.mark.parametrize("loc", [("name",), ("match", "form"), ("match", "from", "is"), ("then", "move"), ("a", "b")])
def test_where_no_table_can_stand_there_is_nothing_to_suggest(loc: tuple[str, ...]) -> None:
    assert suggestions(Rule, loc) == ()
