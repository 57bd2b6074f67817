"""Reading scripts: what Sieve's grammar allows, and for what it does not allow a message with file and line."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailrules.sieve import SieveError, carry_over
from mailrules.sieve.lexer import Kind, tokens
from mailrules.sieve.parser import DEEPEST, parse
from mailrules.sieve.syntax import Number, Strings, Tag


def strings(script: str) -> list[str]:
    return [token.text for token in tokens(script, "x") if token.kind is Kind.STRING]


def test_comments_and_white_space_stand_anywhere() -> None:
    (command,) = parse('# a\r\nstop /* b\n; */ \t # c "\n ;\n/* d */', "x")

    assert ("stop", ("a",)) == (command.name, command.comments)


def test_quoted_texts_know_two_escapes_and_pass_over_others() -> None:
    assert ['say "x" \\ y', "over\ntwo lines", "z"] == strings(r'"say \"x\" \\ y"' + ' "over\ntwo lines" ' + r'"\z"')


def test_long_texts_end_at_a_lone_dot_and_lose_the_dots_that_protect_others() -> None:
    assert ["a\n.\n..b\n \n"] == strings("text: # comment\na\n..\n...b\n. \n.\n")
    assert ["a\r\n"] == strings("text:\r\na\r\n.\r\n")
    assert [""] == strings("TEXT:\n.\n")


def test_numbers_have_quantifiers() -> None:
    (command,) = parse("x 0 12 3k 4K 5M 6g;", "x")
    numbers = [argument.value for argument in command.arguments if isinstance(argument, Number)]

    assert [0, 12, 3072, 4096, 5 << 20, 6 << 30] == numbers


def test_arguments_keep_their_order() -> None:
    (command,) = parse('fileinto :Copy :flags ["a", "b"] "c";', "x")
    shown = [
        each.name if isinstance(each, Tag) else each.values
        for each in command.arguments
        if isinstance(each, Tag | Strings)
    ]

    assert ["copy", "flags", ("a", "b"), ("c",)] == shown


def test_tests_and_blocks_nest() -> None:
    script = "if allof (not true, anyof (false, true)) { if true { keep; } stop; } else { }"
    condition, otherwise = parse(script, "x")

    assert ["not", "anyof"] == [test.name for test in condition.tests[0].tests]
    assert ["if", "stop"] == [command.name for command in condition.block or ()]
    assert () == otherwise.block


def test_words_have_no_case() -> None:
    text = carry_over('REQUIRE "FileInto"; IF Header :Contains "subject" "x" { FILEINTO "A"; }', "x").text

    assert 'match.subject.contains = "x"' in text


@pytest.mark.parametrize(
    ("script", "line", "said"),
    [
        ("keep;\nkeep", 2, "after 'keep' a ; or a block was expected, not the end of the script"),
        ('stop;\n\n"x";', 3, "a command was expected here, not a text"),
        ('if header "a" "b\n', 1, "this text is never closed"),
        ("redirect text:\nabc\n", 1, "there is no line with a dot alone"),
        ("\n/* x", 2, "this comment is never closed"),
        ("if true {\nkeep;\n", 1, "this block is never closed"),
        ("keep; }", 1, "a } too many"),
        ("if true { keep; ) }", 1, "a command was expected here, not )"),
        ('x ["a" "b"];', 1, "in this list , or ] was expected, not a text"),
        ("x [5];", 1, "in a list of texts a text was expected, not a number"),
        ("if anyof (true, 5) { }", 1, "a test was expected here, not a number"),
        ("if anyof (true; ) { }", 1, "in this list of tests , or ) was expected"),
        ("x 5x;", 1, "this is no number"),
        ("x 9999999999999999;", 1, "this number is too large"),
        ("keep; \x01", 1, "'\\x01' does not belong here"),
        ("\n\nfileinto;", 3, "'fileinto' takes the name of a mailbox here; that is missing"),
        ('fileinto "a" "b";', 1, "1 too many stand here"),
        (
            'if header "a" { }',
            1,
            "'header' takes the names of headers and the texts to look for here; the second is missing",
        ),
        ("if header { }", 1, "they are missing"),
        ("vacation :days 7;", 1, "'vacation' takes a text here; that is missing"),
        ('fileinto :cpoy "a";', 1, "'fileinto' does not take :cpoy (did you mean :copy?)"),
        ('fileinto :copy :copy "a";', 1, "'fileinto' has :copy twice"),
        ('fileinto :flags :copy "a";', 1, "after :flags a text or a list of texts was expected"),
        ('if header :is :matches "a" "b" { }', 1, "'header' takes one of :is and :matches, not both"),
        ('if heeder "a" "b" { }', 1, "there is no test 'heeder' (did you mean header?)"),
        ("if true { }\nelsif { }", 2, "'elsif' takes one test, not 0"),
        ("if true keep;", 1, "'if' needs a block"),
        ("if true;", 1, "'if' needs a block"),
        ("stop { }", 1, "'stop' takes no block"),
        ("keep;\nelsif true { }", 2, "'elsif' stands behind no 'if'"),
        ("if true { } else { }\nelse { }", 2, "'else' stands behind no 'if'"),
        ('stop;\nrequire "fileinto";', 2, "'require' stands at the beginning"),
        ('require "include";\ninclude "self";', 2, "the script 'self' includes itself"),
    ],
)
def test_a_mistake_is_told_with_its_line(script: str, line: int, said: str) -> None:
    with pytest.raises(SieveError) as raised:
        carry_over(script, "x.sieve", lambda _name: 'require "include"; include "self";' if "self" in script else None)

    assert said in str(raised.value)
    assert line == raised.value.place.line or raised.value.place.file != "x.sieve"


def test_mistakes_are_found_where_the_script_never_gets() -> None:
    with pytest.raises(SieveError, match="x:1: there is no command 'oops'"):
        carry_over("stop; oops;", "x")


@pytest.mark.parametrize("opened", ["if true { ", "if not ", "if anyof ("])
def test_what_is_nested_too_deeply_is_an_error_of_the_script(opened: str) -> None:
    with pytest.raises(SieveError, match="nested too deeply"):
        parse(opened * 5_000, "x")


def test_what_is_nested_as_deeply_as_allowed_is_read() -> None:
    parse("if true { " * (DEEPEST - 1) + "keep;" + " }" * (DEEPEST - 1), "x")


@pytest.mark.parametrize(
    "piece",
    ['"', '"\\', "/*", "/* *", "text:\n..\n", "[", "(", "#\n", "a ", ":a ", '"a" ', "keep; ", "1 ", "{", "if true {}"],
)
def test_no_script_takes_long_to_read(piece: str) -> None:
    start = time.perf_counter()
    with suppress(SieveError):
        parse(piece * 40_000, "x")

    assert time.perf_counter() - start < 10


def test_a_long_chain_of_branches_does_not_take_long() -> None:
    branches = [f'if header :is "subject" "{number}" {{ fileinto "{number}"; }}' for number in range(500)]
    start = time.perf_counter()
    carried = carry_over('require "fileinto";\n' + "\nels".join(branches), "x")

    assert len(branches) == carried.rules
    assert time.perf_counter() - start < 5


@given(st.text(st.sampled_from('ab:"\\[](){};,#/* \n.5K'), max_size=40))
def test_whatever_the_text_there_is_a_script_or_an_error_of_it(text: str) -> None:
    with suppress(SieveError):
        carry_over(text, "x")
