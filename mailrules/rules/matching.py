"""The text operators: each makes a test of one text out of its patterns, any of which may hold.

Patterns and texts are compared folded or exactly, as the caller prepared both. Globs and regular expressions are RE2's
work, so that no mail can make them take more than linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import re2

from mailrules.rules.paths import path_key

Test = Callable[[str], bool]

_MEMORY = 64 << 20  # octets, for one pattern's automaton; the default of 8 MiB is short for large classes and repeats

_GLOB = {"*": ".*", "?": "."}
_LIST = {"*": ".*", "%": "[^/]*"}


def equals(patterns: Sequence[str]) -> Test:
    """The text is one of the patterns."""
    return frozenset(patterns).__contains__


def contains(patterns: Sequence[str]) -> Test:
    """One of the patterns is somewhere in the text."""
    if len(patterns) == 1:
        pattern = patterns[0]
        return lambda text: pattern in text

    def test(text: str) -> bool:
        for pattern in patterns:  # noqa: SIM110 - a generator costs more than the search
            if pattern in text:
                return True
        return False

    return test


def starts_with(patterns: Sequence[str]) -> Test:
    """The text begins with one of the patterns."""
    prefixes = tuple(patterns)
    return lambda text: text.startswith(prefixes)


def ends_with(patterns: Sequence[str]) -> Test:
    """The text ends with one of the patterns."""
    suffixes = tuple(patterns)
    return lambda text: text.endswith(suffixes)


def glob(patterns: Sequence[str]) -> Test:
    """One of the patterns covers the whole text; ``*`` stands for any characters, ``?`` for one."""
    return any_test([_glob(pattern) for pattern in patterns])


def regex(patterns: Sequence[str]) -> Test:
    """One of the regular expressions is found somewhere in the text."""
    return any_test([_search(pattern) for pattern in patterns])


def mailbox(patterns: Sequence[str]) -> Test:
    """One of the patterns covers the mailbox's path; ``*`` and ``%`` as in LIST (RFC 9051 §6.3.9)."""
    holds = any_test([_full_match(path_key(pattern), _LIST) for pattern in patterns])
    return lambda path: holds(path_key(path))


def any_test(tests: Sequence[Test]) -> Test:
    """Hold where one of the tests does."""
    if len(tests) == 1:
        return tests[0]

    def test(text: str) -> bool:
        for each in tests:  # noqa: SIM110
            if each(text):
                return True
        return False

    return test


def compile_regex(pattern: str, *, captures: bool = False) -> re2._Regexp:
    """Compile an RE2 expression, with its groups where they are asked for; raises `re2.error` if it is none."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.never_capture = not captures
    return re2.compile(pattern, options)


def regex_problem(pattern: str) -> str | None:
    """Say why a pattern is no RE2 expression, in RE2's words; None if it is one."""
    try:
        compile_regex(pattern, captures=True)
    except re2.error as error:
        reason = error.args[0]
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return None


def _search(pattern: str) -> Test:
    search = compile_regex(pattern).search
    return lambda text: search(text) is not None


def _glob(pattern: str) -> Test:
    """Use a plain string operation for the globs that are one, RE2 for the others."""
    middle = pattern.strip("*")
    if "*" in middle or "?" in pattern:
        return _full_match(pattern, _GLOB)
    match pattern.startswith("*"), pattern.endswith("*"):
        case True, True:
            return contains([middle])
        case True, False:
            return ends_with([middle])
        case False, True:
            return starts_with([middle])
        case _:
            return equals([middle])


def _full_match(pattern: str, wildcards: Mapping[str, str]) -> Test:
    full_match = compile_regex(_spelled_out(pattern, wildcards)).fullmatch
    return lambda text: full_match(text) is not None


def _spelled_out(pattern: str, wildcards: Mapping[str, str]) -> str:
    return f"(?s:{''.join(wildcards.get(character) or re2.escape(character) for character in pattern)})"


def glob_group_expression(pattern: str, number: int) -> str:
    """Write a glob as an expression whose group 1 is the wildcard of this number, from 1; group 0 is all of it."""
    pieces = re.split(r"([*?])", pattern)
    for place in range(1, len(pieces), 2):
        wildcard = ".*?" if pieces[place] == "*" else "."  # RFC 5229 §3.2: each takes as little as it can
        pieces[place] = f"({wildcard})" if place == 2 * number - 1 else wildcard
    pieces[::2] = map(re2.escape, pieces[::2])
    return rf"\A(?s:{''.join(pieces)})\z"
