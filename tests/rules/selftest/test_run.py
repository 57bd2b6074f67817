"""A test of a rule file passes if all that it names happens, and nothing else."""

from __future__ import annotations

import pytest

from tests.rules.selftest.running import one, results, rule, told

MOVE = rule("customers", 'from.domain = "acme.example"', 'move = "Customers/Acme"')
COPY = rule("copy", 'subject = "invoice"', 'copy = ["A", "B"]')
FLAGS = rule("flags", 'subject = "invoice"', "add_flags = ['\\Seen', '$Invoice']")
UNFLAG = rule("unflag", 'subject = "invoice"', "remove_flags = '\\Seen'")
SET = rule("set", 'subject = "invoice"', "set_flags = ['\\Seen']")
TRASH = rule("trash", 'subject = "invoice"', "trash = true")
EXPUNGE = rule("expunge", 'subject = "invoice"', "expunge = true")
INVOICE = '{ subject = "invoice", from = "bob@acme.example" }'


@pytest.mark.parametrize(
    ("rules", "expect"),
    [
        (MOVE, '{ move = "Customers/Acme" }'),
        (MOVE, '{ matched = "customers" }'),
        (COPY, '{ copy = ["B", "A"] }'),
        (FLAGS, "{ add_flags = ['$invoice', '\\SEEN'] }"),
        (UNFLAG, "{ remove_flags = ['\\Seen'] }"),
        (SET, "{ set_flags = '\\Seen' }"),
        (TRASH, "{ trash = true }"),
        (EXPUNGE, "{ expunge = true }"),
        (COPY + MOVE, '{ copy = ["A", "B"], move = "Customers/Acme" }'),
        (MOVE + COPY, '{ matched = "customers", not_matched = "copy" }'),
        (rule("junk", 'subject = "invoice"', "move = '\\junk'"), "{ move = '\\Junk' }"),
        (rule("inbox", 'subject = "invoice"', 'copy = "inbox"'), "{ stay = true }"),
        (rule("other", 'subject = "nothing"', 'move = "X"'), "{ stay = true }"),
        (rule("trial", 'subject = "invoice"', 'move = "X"', mode='"observe"'), '{ stay = true, matched = "trial" }'),
        (rule("value", 'subject = "invoice"', 'move = "{list_id}"'), "{ held = true }"),
    ],
)
def test_what_happens_as_expected_passes(rules: str, expect: str) -> None:
    assert told(one(rules, INVOICE, expect)) == []


@pytest.mark.parametrize(
    ("rules", "expect", "expected"),
    [
        (MOVE, '{ move = "Acme" }', [('move "Acme"', 'move "Customers/Acme"', "customers")]),
        (MOVE, "{ trash = true }", [("trash", 'move "Customers/Acme"', "customers")]),
        (MOVE, "{ stay = true }", [("nothing", 'move "Customers/Acme"', "customers")]),
        (MOVE + FLAGS, '{ copy = "A" }', [
            ("no move, trash or expunge", 'move "Customers/Acme"', "customers"), ('copy "A"', "none", None)]),
        (COPY, '{ copy = "A" }', [("no copy", 'copy "B"', "copy")]),
        (COPY, '{ copy = ["A", "C"] }', [('copy "C"', 'copy "B"', "copy")]),
        (FLAGS, "{ add_flags = '\\Seen' }", [("no flag added", "add_flags $Invoice", "flags")]),
        (UNFLAG, "{ stay = true }", [("nothing", r"remove_flags \Seen", "unflag")]),
        (SET, "{ set_flags = [] }", [("set_flags []", r"set_flags [\Seen]", "set")]),
        (COPY, '{ move = "A" }', [
            ('move "A"', "none", None), ("no copy", 'copy "A"', "copy"), ("no copy", 'copy "B"', "copy")]),
        (rule("x", 'subject = "y"', "stop = true"), '{ move = "A" }', [('move "A"', "nothing", None)]),
        (MOVE, '{ not_matched = "customers" }', [('rule "customers" not to match', "a match", "customers")]),
        (MOVE + COPY, '{ matched = ["customers", "copy"] }', [('rule "copy" to match', "no match", None)]),
        (MOVE, "{ held = true }", [("an error, so that the message is held", "none", None)]),
        (rule("value", 'subject = "invoice"', 'move = "{list_id}"'), "{ stay = true }", [
            ("no error", "an error, {list_id} has no value in this message,", "value")]),
        (rule("value", 'subject = "invoice"', 'move = "{list_id}"'), '{ move = "Lists" }', [
            ('move "Lists"', "an error, {list_id} has no value in this message,", "value")]),
    ],
)  # fmt: skip
def test_each_difference_is_told_with_the_rule_that_decided(
    rules: str, expect: str, expected: list[tuple[str, str, str | None]]
) -> None:
    assert told(one(rules, INVOICE, expect)) == expected


@pytest.mark.parametrize(
    ("rules", "message", "expect", "expected"),
    [
        (MOVE, '{ subject = "x", from = "bob@acme.test" }', '{ move = "Customers/Acme" }',
         ("customers", 'from.domain.is "acme.example" – saw acme.test')),
        (COPY + MOVE, '{ subject = "x" }', '{ move = "Customers/Acme" }',
         ("customers", 'from.domain.is "acme.example" – saw (absent)')),
        (TRASH + MOVE, INVOICE, '{ matched = "customers" }',
         ("customers", "it matches, but an earlier rule had ended the run")),
        (rule("lists", 'list_id.exists = true', 'move = "Lists/{list_id.name}"') + MOVE, '{ subject = "x" }',
         '{ move = "Lists/python" }', ("lists", "list_id.exists true – saw (absent)")),
        (rule("not", 'not.subject = "x"', 'move = "A"'), '{ subject = "x" }', '{ move = "A" }',
         ("not", 'not.subject.contains "x" – saw x')),
        (rule("any", 'any = [{ subject = "a" }, { all = [{ subject = "b" }] }]', 'move = "A"'), '{ subject = "x" }',
         '{ move = "A" }', ("any", 'any[0].subject.contains "a" – saw x')),
        (rule("far", 'subject = "x"', 'move = "B"', mailboxes='"Other"'), '{ subject = "x" }', '{ matched = "far" }',
         ("far", "it is not for mailbox 'INBOX' of account 'work'")),
        (rule("flag", 'subject = "q"', "add_flags = ['A', 'B']") + MOVE, '{ subject = "x" }', '{ add_flags = "b" }',
         ("flag", 'subject.contains "q" – saw x')),
        (rule("search", 'search = "UNSEEN"', 'move = "A"'), '{ subject = "x" }', '{ move = "A" }',
         ("search", "search UNSEEN – saw (unknown)")),
        (rule("a", 'subject = "q"', 'copy = "Z"')
         + rule("b", 'subject = "x"\nmatch.from = "@y.example"', "stop = true"),
         '{ subject = "x" }', '{ move = "A" }', ("b", 'from.matches "@y.example" – saw (absent)')),
    ],
)  # fmt: skip
def test_of_a_test_that_fails_the_rule_that_came_closest_is_named(
    rules: str, message: str, expect: str, expected: tuple[str, str]
) -> None:
    nearest = one(rules, message, expect).closest
    assert nearest is not None
    assert (nearest.rule, nearest.reason) == expected


def test_where_the_rule_that_acted_is_named_none_came_close() -> None:
    assert one(TRASH + MOVE, INVOICE, '{ move = "Customers/Acme" }').closest is None


def test_where_another_rule_matched_and_none_could_do_it_none_came_close() -> None:
    assert one(MOVE, INVOICE, "{ expunge = true }").closest is None


def test_a_search_that_is_not_given_is_unknown_and_said_to_be() -> None:
    rules = rule("unseen", 'search = "UNSEEN"', 'move = "A"')
    failed, passed, answered, absent = results(
        rules
        + """
[[tests]]
name = "0"
message.subject = "x"
expect.move = "A"
[[tests]]
name = "1"
message.subject = "x"
expect.stay = true
[[tests]]
name = "2"
message = { subject = "x", search = { UNSEEN = true } }
expect.move = "A"
[[tests]]
name = "3"
message = { subject = "x", search = { UNSEEN = false } }
expect.stay = true
"""
    )
    assert failed.notes == (
        "rule 'unseen' could not be decided",
        "whether the search 'UNSEEN' finds the message is not said: search = { 'UNSEEN' = true }",
    )
    assert [result.passed for result in (passed, answered, absent)] == [True, True, True]
    assert (passed.notes, answered.notes, absent.notes) == ((), (), ())


def test_scheduled_rules_run_in_scheduled_tests_only() -> None:
    rules = rule("daily", 'subject = "x"', "expunge = true", every='"1 day"')
    assert one(rules, '{ subject = "x" }', "{ stay = true }").passed
    assert one(rules, '{ subject = "x" }', "{ expunge = true }", extra="scheduled = true").passed


def test_what_would_move_to_where_the_message_is_lets_it_stay() -> None:
    rules = rule("home", 'subject = "x"', 'move = "Lists"')
    assert one(rules, '{ subject = "x", mailbox = "Lists" }', "{ stay = true }").passed
    assert one(rules, '{ subject = "x", mailbox = "Lists" }', '{ move = "Lists" }').passed
