"""Lines are found for every key of a valid document, and nothing is ever raised for the others."""

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.config.locate import Kind, Locator, scan
from mailrules.config.problems import KeyPath

DOCUMENT = '''\
include = ["rules.d/*.toml"] # main file only

[accounts.work]
host = "imap.example.org"
password.file = "/run/secrets/work"
watch = [
    "INBOX", # the first
    "Support/*",
]

[[rules]]
name = """
lists
and news"""
match.from.domain = "example.org"
match.any = [
    { subject = "a = [b]", header."X-Mailer".contains = 'c # d' },
    { to.domain.is = [ "x",
                       "y" ] },
]

[[rules]]
"name" = 'second'
[rules.match]
from = "@example.org"
[[rules.match.all]]
subject = "]"
[[rules.match.all]]
[rules.match.all.size]
over = 1_000
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("include",), 1),
        (("include", 0), 1),
        (("accounts",), 3),
        (("accounts", "work"), 3),
        (("accounts", "work", "host"), 4),
        (("accounts", "work", "password"), 5),
        (("accounts", "work", "password", "file"), 5),
        (("accounts", "work", "watch"), 6),
        (("accounts", "work", "watch", 0), 7),
        (("accounts", "work", "watch", 1), 8),
        (("rules",), 11),
        (("rules", 0), 11),
        (("rules", 0, "name"), 12),
        (("rules", 0, "match"), 15),
        (("rules", 0, "match", "from", "domain"), 15),
        (("rules", 0, "match", "any"), 16),
        (("rules", 0, "match", "any", 0), 17),
        (("rules", 0, "match", "any", 0, "header", "X-Mailer"), 17),
        (("rules", 0, "match", "any", 1), 18),
        (("rules", 0, "match", "any", 1, "to", "domain", "is", 1), 19),
        (("rules", 1), 22),
        (("rules", 1, "name"), 23),
        (("rules", 1, "match"), 24),
        (("rules", 1, "match", "from"), 25),
        (("rules", 1, "match", "all", 0), 26),
        (("rules", 1, "match", "all", 0, "subject"), 27),
        (("rules", 1, "match", "all", 1), 28),
        (("rules", 1, "match", "all", 1, "size"), 29),
        (("rules", 1, "match", "all", 1, "size", "over"), 30),
    ],
)
def test_every_way_to_write_a_key_is_found(path: KeyPath, line: int) -> None:
    assert line == Locator(DOCUMENT).line(path)


def test_what_is_missing_is_found_at_the_table_that_lacks_it() -> None:
    locator = Locator(DOCUMENT)
    assert locator.line(("rules", 1, "then")) == 22
    assert locator.line(("rules", 0, "match", "any", 1, "from", "name")) == 18
    assert locator.line(("daemon",)) is None
    assert locator.line(()) is None


def test_lines_end_with_crlf_too() -> None:
    assert Locator(DOCUMENT.replace("\n", "\r\n")).line(("rules", 1, "match", "from")) == 25


def test_keys_are_unescaped_as_toml_has_them() -> None:
    text = '"a\\tb"."ключ" = 1\n\'c\\d\' = 2\n'
    assert set(tomllib.loads(text)) == {"a\tb", "c\\d"}
    assert Locator(text).line(("a\tb", "ключ")) == 1
    assert Locator(text).line(("c\\d",)) == 2


def test_a_key_knows_its_last_line_and_the_header_above_it() -> None:
    marks = {mark.path: mark for mark in scan(DOCUMENT) if mark.kind is Kind.KEY}
    name = marks["rules", 0, "name"]
    assert (name.line, name.end, name.header) == (12, 14, 11)
    assert marks["rules", 1, "match", "from"].header == 24
    assert marks[("include",)].header is None


def test_an_inline_table_over_several_lines_is_marked() -> None:
    split = [mark for mark in scan("match = { from = 'a',\n  to = 'b' }\nname = 'x'") if mark.kind is Kind.SPLIT]
    assert [(mark.path, mark.line, mark.end) for mark in split] == [(("match",), 1, 2)]


# --- any document -----------------------------------------------------------------------------------------------------

KEYS = st.one_of(
    st.sampled_from(["a", "b", "rules", "name", "1-2", "then"]),
    st.text(st.characters(exclude_categories=["C"]), max_size=4),
)
SCALARS = st.one_of(
    st.sampled_from(
        ["1", "-2.5e3", "true", "1979-05-27", "1979-05-27 07:32:00Z", "07:32:00", "inf", "''", "'# [x] = {'"]
    ),
    st.sampled_from(
        ['"a\\"]}b"', '"""a\n"" ]\n#x"""', "'''\n[[x]]\n'y' = '''", '""""quoted""""', '"\\\\"', "'''a'''''"]
    ),
)


def quoted(key: str) -> str:
    return (
        key
        if key.isascii() and key.replace("-", "").isalnum()
        else '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
    )


def values(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blank = st.sampled_from(["", " ", "\n", " # ] }\n", "\n\n\t"])
    arrays = st.lists(st.tuples(blank, inner, blank), max_size=3).map(
        lambda items: "[" + ",".join(a + value + b for a, value, b in items) + "]"
    )
    tables = st.dictionaries(KEYS, inner, max_size=3).map(
        lambda table: "{ " + ", ".join(f"{quoted(key)} = {value}" for key, value in table.items()) + " }"
    )
    return arrays | tables


VALUES = st.recursive(SCALARS, values, max_leaves=6)
HEADERS = st.lists(KEYS, min_size=1, max_size=3).map(lambda keys: " . ".join(map(quoted, keys)))
STATEMENTS = st.one_of(
    st.builds(lambda keys, value: f"{keys} = {value} # why\n", HEADERS, VALUES),
    HEADERS.map(lambda keys: f"[{keys}]\n"),
    HEADERS.map(lambda keys: f"  [[ {keys} ]]\r\n"),
    st.just("# a comment = [\n"),
)


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


@settings(max_examples=300, deadline=None)
@given(st.lists(STATEMENTS, max_size=8))
def test_all_paths_of_a_valid_document_and_no_others_are_known(statements: list[str]) -> None:
    text = ""
    for statement in statements:  # what makes it invalid is left out
        try:
            tomllib.loads(text + statement)
        except ValueError:
            continue
        text += statement
    known = {mark.path[:n] for mark in scan(text) for n in range(len(mark.path) + 1)} | {()}
    assert known == set(paths(tomllib.loads(text)))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("[]{}=.,#'\"\\\n\r a1é\x00"), max_size=60))
def test_no_text_makes_it_raise(text: str) -> None:
    locator = Locator(text)
    assert locator.line(("a", 0, "b")) in {None, *range(1, text.count("\n") + 2)}


def test_deep_nesting_is_left_out() -> None:
    assert Locator("a = " + "[" * 5000 + "\nb = 1").line(("a",)) == 1
    assert Locator("a = " + "{b = " * 5000).line(("a", "b")) == 1
