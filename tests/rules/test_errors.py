"""Every mistake in a rule is one error, at the key that is wrong, in words that say what to write."""

import pytest

from mailrules.rules import Rule
from tests.rules.builders import matches, message, problems

UNKNOWN = "extra_forbidden"

MISTAKES = [
    # match itself
    ({"match": None}, "match", 'match = "everything"'),
    ({"match": {}}, "match", 'match = "everything"'),
    ({"match": "all"}, "match", 'match = "everything"'),
    ({"match": 5}, "match", "should be a table"),
    ({"match": [{"subject": "a"}]}, "match", "{ any = [{ ... }, { ... }] }"),
    ({"match": {"form": "@a.example"}}, "match.form", UNKNOWN),
    # groups
    ({"match": {"any": {"from": "@a.example"}}}, "match.any", "[{ ... }, { ... }]"),
    ({"match": {"all": "x"}}, "match.all", "[{ ... }, { ... }]"),
    ({"match": {"any": []}}, "match.any", "at least one table"),
    ({"match": {"any": [{}]}}, "match.any.0", "an empty table"),
    ({"match": {"any": [{"subject": "a"}, 5]}}, "match.any.1", "should be a table"),
    ({"match": {"not": {}}}, "match.not", "an empty table"),
    ({"match": {"not": "everything"}}, "match.not", "should be a table"),
    ({"match": {"not": {"any": [{"form": 1}]}}}, "match.not.any.0.form", UNKNOWN),
    # addresses
    ({"match": {"from": "example.org"}}, "match.from", 'write "@example.org"'),
    ({"match": {"from": "Ann Lee <ann@example.org>"}}, "match.from", "write the address alone"),
    ({"match": {"from": "Ann Lee"}}, "match.from", ".name"),
    ({"match": {"from": "ann@"}}, "match.from", "ann@example.org"),
    ({"match": {"from": "@"}}, "match.from", "@example.org"),
    ({"match": {"from": "ann@example.org bob@example.org"}}, "match.from", "ann@example.org"),
    ({"match": {"from": ""}}, "match.from", "empty pattern"),
    ({"match": {"from": " "}}, "match.from", "empty pattern"),
    ({"match": {"from": []}}, "match.from", "at least one address"),
    ({"match": {"from": {}}}, "match.from", "write an address"),
    ({"match": {"from": 5}}, "match.from", "write an address"),
    ({"match": {"from": ["@a.example", 5]}}, "match.from.1", "text in quotes"),
    ({"match": {"from": {"matches": ["@a.example", "b.example"]}}}, "match.from.matches.1", 'write "@b.example"'),
    ({"match": {"from": {"domian": "a.example"}}}, "match.from.domian", UNKNOWN),
    ({"match": {"from": {"domain": {"ends": "a"}}}}, "match.from.domain.ends", UNKNOWN),
    ({"match": {"from": {"domain": ""}}}, "match.from.domain", "empty pattern"),
    ({"match": {"from": {"domain": {"is": []}}}}, "match.from.domain.is", "at least one"),
    ({"match": {"from": {"local": "a", "case_sensitive": True}}}, "match.from", "beside an operator"),
    ({"match": {"from": {"exists": False, "domain": "a.example"}}}, "match.from", "exists = false stands alone"),
    # text
    ({"match": {"subject": ""}}, "match.subject", "empty pattern"),
    ({"match": {"subject": 5}}, "match.subject", "write a text"),
    ({"match": {"subject": []}}, "match.subject", "at least one text"),
    ({"match": {"subject": ["a", ""]}}, "match.subject.1", "empty pattern"),
    ({"match": {"subject": {"contains": ["a", 5]}}}, "match.subject.contains.1", "text in quotes"),
    ({"match": {"subject": {"contains": {"a": 1}}}}, "match.subject.contains", "text in quotes"),
    ({"match": {"subject": {"contians": "a"}}}, "match.subject.contians", UNKNOWN),
    ({"match": {"subject": {"regex": "(a"}}}, "match.subject.regex", "missing )"),
    ({"match": {"subject": {"regex": ["a", "(?=b)"]}}}, "match.subject.regex.1", "no look-around"),
    ({"match": {"subject": {"regex": "a{2000}"}}}, "match.subject.regex", "RE2"),
    ({"match": {"subject": {"exists": "yes"}}}, "match.subject.exists", "true or false"),
    ({"match": {"subject": {"case_sensitive": True}}}, "match.subject", "beside an operator"),
    ({"match": {"subject": {"exists": True, "case_sensitive": True}}}, "match.subject", "beside an operator"),
    ({"match": {"subject": {"exists": False, "contains": "a"}}}, "match.subject", "stands alone"),
    ({"match": {"subject": {"case_sensitive": False}}}, "match.subject", "asks for nothing"),
    ({"match": {"list_id": {"nam": "a"}}}, "match.list_id.nam", UNKNOWN),
    ({"match": {"header": "X-A"}}, "match.header", 'header."X-Spam-Flag"'),
    ({"match": {"header": {}}}, "match.header", 'header."X-Spam-Flag"'),
    ({"match": {"header": {"X A": "b"}}}, "match.header.X A", "without the colon"),
    ({"match": {"header": {"X-A": ""}}}, "match.header.X-A", "empty pattern"),
    ({"match": {"header": {"X-A": {"si": "b"}}}}, "match.header.X-A.si", UNKNOWN),
    # size and age
    ({"match": {"size": "1 MiB"}}, "match.size", "size.over or size.under"),
    ({"match": {"size": 5}}, "match.size", "size.over or size.under"),
    ({"match": {"size": {}}}, "match.size", "size.over or size.under"),
    ({"match": {"size": {"over": "1 XB"}}}, "match.size.over", '"500 KB"'),
    ({"match": {"size": {"over": "MB"}}}, "match.size.over", '"500 KB"'),
    ({"match": {"size": {"over": True}}}, "match.size.over", '"500 KB"'),
    ({"match": {"size": {"over": 1.5}}}, "match.size.over", "whole number"),
    ({"match": {"size": {"over": -1}}}, "match.size.over", "negative"),
    ({"match": {"size": {"over": 10, "under": 10}}}, "match.size", "more than over"),
    ({"match": {"size": {"under": 0}}}, "match.size", "more than 0"),
    ({"match": {"age": "90 days"}}, "match.age", "age.over or age.under"),
    ({"match": {"age": {"over": "90"}}}, "match.age.over", '"90 days"'),
    ({"match": {"age": {"over": 90}}}, "match.age.over", '"90 days"'),
    ({"match": {"age": {"over": "1 month"}}}, "match.age.over", "write days"),
    ({"match": {"age": {"over": "2 days", "under": "1 day"}}}, "match.age", "more than over"),
    # flags and search
    ({"match": {"flags": "\\Sean"}}, "match.flags", "\\Seen"),
    ({"match": {"flags": "\x0clagged"}}, "match.flags", "'\\Seen'"),
    ({"match": {"flags": 5}}, "match.flags", "'\\Seen'"),
    ({"match": {"flags": []}}, "match.flags", "'\\Seen'"),
    ({"match": {"flags": {}}}, "match.flags", "'\\Seen'"),
    ({"match": {"flags": ["\\Seen", "a b"]}}, "match.flags.1", "without spaces"),
    ({"match": {"flags": {"is": "\\Seen"}}}, "match.flags.is", UNKNOWN),
    ({"match": {"search": ""}}, "match.search", "'UNSEEN FLAGGED'"),
    ({"match": {"search": 5}}, "match.search", "'UNSEEN FLAGGED'"),
    ({"match": {"search": []}}, "match.search", "'UNSEEN FLAGGED'"),
    ({"match": {"search": ["SEEN", " "]}}, "match.search.1", "'UNSEEN FLAGGED'"),
    # then
    ({"then": None}, "then", 'then.move = "Archive"'),
    ({"then": {}}, "then", 'then.move = "Archive"'),
    ({"then": "move"}, "then", 'then.move = "Archive"'),
    ({"then": {"mvoe": "A"}}, "then.mvoe", UNKNOWN),
    ({"then": {"move": "A", "trash": True}}, "then", "keep move or trash"),
    ({"then": {"trash": True, "expunge": True}}, "then", "keep trash or expunge"),
    ({"then": {"create": False}}, "then", "does nothing by itself"),
    ({"then": {"create": False, "stop": True}}, "then", "copy or move"),
    ({"then": {"create": "no", "move": "A"}}, "then.create", "true or false"),
    ({"then": {"trash": False}}, "then.trash", "write true"),
    ({"then": {"expunge": "yes"}}, "then.expunge", "write true"),
    ({"then": {"stop": 1}}, "then.stop", "write true"),
    # targets
    ({"then": {"move": ""}}, "then.move", "'\\Junk'"),
    ({"then": {"move": 5}}, "then.move", "'\\Junk'"),
    ({"then": {"move": ["A", "B"]}}, "then.move", "text, not a list"),
    ({"then": {"move": "/A"}}, "then.move", "without / at its start"),
    ({"then": {"move": "A/"}}, "then.move", "without / at its start"),
    ({"then": {"move": "A//B"}}, "then.move", "single ones between"),
    ({"then": {"move": "../A"}}, "then.move", "the whole path"),
    ({"then": {"move": "A/./B"}}, "then.move", "the whole path"),
    ({"then": {"move": "A/*"}}, "then.move", "% or *"),
    ({"then": {"move": "A /B"}}, "then.move", "leave the space out"),
    ({"then": {"move": "\\Jnk"}}, "then.move", "\\Junk, \\Archive"),
    ({"then": {"move": "\x0clagged"}}, "then.move", "'\\Flagged'"),
    ({"then": {"copy": []}}, "then.copy", "at least one mailbox"),
    ({"then": {"copy": ["A", ""]}}, "then.copy.1", "can't be empty"),
    # templates
    ({"then": {"move": "A/{from.domian}"}}, "then.move", "did you mean {from.domain}?"),
    ({"then": {"move": "A/{from}"}}, "then.move", "write {from.address} or"),
    ({"then": {"move": "A/{foo}"}}, "then.move", "the values of from, to"),
    ({"then": {"move": "A/{}"}}, "then.move", "the values of from, to"),
    ({"then": {"move": "A/{header}"}}, "then.move", "write {header.NAME}"),
    ({"then": {"move": "A/{header.}"}}, "then.move", "{header.NAME}"),
    ({"then": {"move": "A/{"}}, "then.move", "{{ and }}"),
    ({"then": {"move": "A/}"}}, "then.move", "{{ and }}"),
    ({"then": {"move": "A/{{x}"}}, "then.move", "{{ and }}"),
    ({"then": {"move": "{received}"}}, "then.move", "{received:%Y-%m}"),
    ({"then": {"move": "{received:%B}"}}, "then.move", "use %Y %y %m"),
    ({"then": {"move": "{received:%"}}, "then.move", "{{ and }}"),
    ({"then": {"move": "{received:%Y%}"}}, "then.move", "use %Y %y %m"),
    ({"then": {"move": "{received:%Y//%m}"}}, "then.move", "single ones between"),
    ({"then": {"move": "{subject:%Y}"}}, "then.move", "{received:%Y-%m}"),
    # flags to set
    ({"then": {"add_flags": "a b"}}, "then.add_flags", "without spaces"),
    ({"then": {"add_flags": "é"}}, "then.add_flags", "ASCII"),
    ({"then": {"add_flags": ["a", "\\Deleted"]}}, "then.add_flags.1", "then.expunge = true"),
    ({"then": {"set_flags": "\\recent"}}, "then.set_flags", "$New"),
    ({"then": {"add_flags": "\\Junk"}}, "then.add_flags", "then.move = '\\Junk'"),
    ({"then": {"remove_flags": []}}, "then.remove_flags", "at least one flag"),
    ({"then": {"add_flags": 5}}, "then.add_flags", "\\Seen"),
    ({"then": {"add_flags": ""}}, "then.add_flags", "\\Seen"),
    ({"then": {"add_flags": "\\Seen", "remove_flags": "\\seen"}}, "then", "keep one of them"),
    ({"then": {"set_flags": "\\Seen", "add_flags": "a"}}, "then", "put them all there"),
    # the rule
    ({"name": None}, "name", 'name = "invoices"'),
    ({"name": ""}, "name", "1 to 200 characters"),
    ({"name": "a\nb"}, "name", "control character"),
    ({"name": 5}, "name", 'name = "invoices"'),
    ({"enabled": "yes"}, "enabled", "true or false"),
    ({"mode": "act"}, "mode", 'mode = "observe"'),
    ({"accounts": []}, "accounts", "enabled = false"),
    ({"accounts": 5}, "accounts", '["INBOX", "Lists/*"]'),
    ({"mailboxes": ["INBOX", ""]}, "mailboxes.1", '["INBOX", "Lists/*"]'),
    ({"chain": True}, "chain", "then.move"),
    ({"chain": "yes"}, "chain", "true or false"),
    ({"matches": {}}, "matches", UNKNOWN),
]


@pytest.mark.parametrize(("keys", "place", "words"), MISTAKES, ids=lambda value: str(value)[:60])
def test_a_mistake_is_one_error_that_says_what_to_write(keys: dict[str, object], place: str, words: str) -> None:
    ((loc, message),) = problems(**keys)

    assert ".".join(map(str, loc)) == place
    assert words in message


def test_all_mistakes_are_named_at_once() -> None:
    found = problems(
        name=None,
        match={"form": 1, "from": ["@a.example", "b", 5], "not": {"subject": {"regex": ["(", "["]}}, "size": 5},
        then={"move": "{foo}", "add_flags": ["\\Recent", "ok", "a b"], "mvoe": 1},
        enabled="no",
        extra=1,
    )

    assert sorted(".".join(map(str, loc)) for loc, _ in found) == [
        "enabled",
        "extra",
        "match.form",
        "match.from.1",
        "match.from.2",
        "match.not.subject.regex.0",
        "match.not.subject.regex.1",
        "match.size",
        "name",
        "then.add_flags.0",
        "then.add_flags.2",
        "then.move",
        "then.mvoe",
    ]


@pytest.mark.parametrize("value", [5, "a", [], {}, None])
def test_what_is_no_rule_at_all_is_one_error(value: object) -> None:
    with pytest.raises(ValueError, match=r"1 validation error for Rule\n.*\[\[rules\]\]"):
        Rule.model_validate(value)


@pytest.mark.parametrize(
    "keys",
    [
        {"match": {"from": "ann@localhost"}},
        {"match": {"from": "*"}},
        {"match": {"from": {"exists": False}}},
        {"match": {"header": {"List-Unsubscribe": {"exists": True}}}},
        {"match": {"not": {"any": [{"subject": "a"}], "from": "@a.example"}}},
        {"match": {"subject": {"regex": "^$"}}},
        {"match": {"subject": {"regex": "a", "case_sensitive": True}}},
        {"match": {"flags": "\\Deleted"}},
        {"then": {"move": "{{x}}/{received:%Y/%m}"}},
        {"then": {"move": "A B/ü/#c"}},
        {"then": {"copy": ["A", "\\archive"], "move": "INBOX", "add_flags": "$A", "stop": True}},
        {"then": {"move": "A", "create": False}, "chain": True},
        {"accounts": "work", "mailboxes": ["INBOX", "Lists/*"], "mode": "observe", "enabled": False},
    ],
    ids=str,
)
def test_what_is_right_is_no_error(keys: dict[str, object]) -> None:
    assert problems(**keys) == []


@pytest.mark.parametrize(
    ("match", "loc"),
    [
        ({"subject": {"glob": "?" * 3_000_000}}, ("match", "subject", "glob")),
        ({"subject": {"contains": ["a", "b" * 65_537]}}, ("match", "subject", "contains", 1)),
        ({"subject": {"regex": "a" * 65_537}}, ("match", "subject", "regex")),
        ({"from": "?" * 65_537}, ("match", "from")),
    ],
)
def test_a_pattern_that_is_far_too_long_is_an_error(match: object, loc: tuple[object, ...]) -> None:
    assert problems(match=match) == [(loc, "a pattern has at most 65,536 characters")]


@pytest.mark.parametrize("scope", ["accounts", "mailboxes"])
def test_a_scope_that_is_far_too_long_is_an_error(scope: str) -> None:
    assert problems(**{scope: ["?" * 65_537]}) == [((scope, 0), "a pattern has at most 65,536 characters")]


@pytest.mark.parametrize("pattern", ["?" * 65_536, "*\U00010300" * 32_768, "\u0390" * 65_535 + "?"])
def test_the_longest_pattern_compiles(pattern: str) -> None:
    assert not matches({"subject": {"glob": pattern}}, message("Subject: a"))
