"""Text operators: each pattern is enough, and none of them can be made slow by mail."""

import time

import pytest

from mailrules.rules import matching


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", ["", "a"], []),
        ("a", ["a"], ["", "aa", "ba"]),
        ("a*", ["a", "ab"], ["ba"]),
        ("*a", ["a", "ba"], ["ab"]),
        ("*a*", ["a", "bab"], ["", "b"]),
        ("a*b", ["ab", "a\nb", "axxb"], ["abx", "ba"]),
        ("a*b*", ["abx"], ["xab"]),
        ("**a**", ["xax"], ["x"]),
        ("a?c", ["abc", "a\nc", "aéc"], ["ac", "abbc"]),
        ("?", ["x"], ["", "xx"]),
        ("*.pdf", ["a.pdf", ".pdf"], ["apdf", "a.pdfx"]),
        ("[JIRA] *", ["[JIRA] x"], ["J x"]),
        ("a.c", ["a.c"], ["abc"]),
        (r"\d*x", [r"\d1x"], ["1x"]),
    ],
)
def test_a_glob_covers_the_whole_text(pattern: str, yes: list[str], no: list[str]) -> None:
    test = matching.glob([pattern])

    assert [text for text in yes + no if test(text)] == yes


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("INBOX", ["INBOX", "Inbox", "inbox"], ["INBOX/a"]),
        ("inbox", ["INBOX"], ["Inboxes", "\u0131nbox"]),
        ("\u0131nbox", ["\u0131nbox"], ["INBOX"]),
        ("Inbox/*", ["INBOX/a", "inbox/a"], ["INBOX"]),
        ("Caf\u00e9/*", ["Caf\u00e9/a", "Cafe\u0301/a"], ["Cafe/a"]),
        ("Cafe\u0301", ["Caf\u00e9", "Cafe\u0301"], []),
        ("Lists/*", ["Lists/a", "Lists/a/b"], ["Lists", "lists/a"]),
        ("Lists/%", ["Lists/a"], ["Lists/a/b"]),
        ("%", ["a"], ["a/b"]),
        ("*", ["a", "a/b", ""], []),
        ("a?", ["a?"], ["ab"]),
    ],
)
def test_a_mailbox_pattern_is_that_of_list(pattern: str, yes: list[str], no: list[str]) -> None:
    test = matching.mailbox([pattern])

    assert [path for path in yes + no if test(path)] == yes


@pytest.mark.parametrize(
    ("test", "yes", "no"),
    [
        (matching.equals(["a", "b"]), ["a", "b"], ["c", "ab"]),
        (matching.contains(["ab", "cd"]), ["xabx", "cd"], ["a b"]),
        (matching.starts_with(["a", "b"]), ["ax", "b"], ["xa"]),
        (matching.ends_with(["a", "b"]), ["xa", "b"], ["ax"]),
        (matching.glob(["a*c", "x"]), ["abc", "x"], ["xx"]),
        (matching.regex(["^a", "(?i)B$"]), ["ax", "xb"], ["A", "bx"]),
    ],
)
def test_one_of_several_patterns_is_enough(test: matching.Test, yes: list[str], no: list[str]) -> None:
    assert [text for text in yes + no if test(text)] == yes


def test_a_regex_is_searched_for_in_re2s_dialect() -> None:
    assert matching.regex([r"\binvoice\b"])("an invoice!")
    assert not matching.regex(["invoice"])("Invoice")
    assert matching.regex([r"\p{Cyrillic}"])("рахунок")
    assert not matching.regex([r"\w"])("é")


@pytest.mark.parametrize(
    ("pattern", "reason"), [("(a", "missing )"), ("(?=a)b", "invalid perl operator"), (r"(a)\1", "invalid escape")]
)
def test_what_re2_refuses_is_named(pattern: str, reason: str) -> None:
    problem = matching.regex_problem(pattern)

    assert problem is not None
    assert reason in problem


@pytest.mark.parametrize(
    "test", [matching.regex(["(a+)+$"]), matching.glob(["*a" * 30 + "b"]), matching.regex(["(.*){20}x"])]
)
def test_no_text_makes_a_pattern_slow(test: matching.Test) -> None:
    start = time.process_time()

    assert not test("a" * 20_000 + "!")
    assert time.process_time() - start < 2
