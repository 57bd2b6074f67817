r"""TOML's own traps, and its syntax errors, are explained with what to write instead."""

import tomllib

import pytest

from mailrules.config import traps
from mailrules.config.locate import scan
from mailrules.config.syntax import explain

RULE = "[[rules]]\n"


def explained(text: str) -> tuple[int, str]:
    with pytest.raises((ValueError, RecursionError)) as raised:
        tomllib.loads(text)
    found = explain(text, raised.value)
    return found.line, found.message


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ('match.from = "@b"\nmatch.from.name = "c"', 3, 'write a key too: match.from.matches = "@b"'),
        ('match.from.name = "c"\nmatch.from = "@b"', 3, 'write a key too: match.from.matches = "@b"'),
        ('match.subject = "a"\nmatch.subject.glob = "b"', 3, 'match.subject.contains = "a"'),
        ('match.to.domain = "a"\nmatch.to.domain.glob = "*.a"', 3, 'match.to.domain.is = "a"'),
        ('match.header.X-A = "a"\nmatch.header.X-A.glob = "b"', 3, 'match.header.X-A.contains = "a"'),
        ('match.from = """\n@b"""\nmatch.from.name = "c"', 4, "match.from.matches = …"),
        ('match.size = "1 MiB"\nmatch.size.over = "1 MiB"', 3, "(line 2) and further keys (line 3); keep one of them"),
        ('match = { from = "@b" }\nmatch.subject = "c"', 3, "keep all of them in one place"),
        ('match.not = { from = "@b" }\nmatch.not.subject = "c"', 3, "keep all of them in one place"),
        ('match.any = [{ from = "@b", from.name = "c" }]', 2, "match.any.from.matches = …"),
    ],
)
def test_a_value_beside_keys_of_its_own_gets_a_key_too(text: str, line: int, part: str) -> None:
    assert explained(RULE + text)[0] == line
    assert part.removeprefix("write a key too: ") in explained(RULE + text)[1]


LIST = 'several values are one list: {0} = ["…", "…"]'


@pytest.mark.parametrize(
    ("text", "key", "first", "remedy"),
    [
        ("then.copy = 'A'\nthen.copy = 'B'", "then.copy", 2, LIST.format("then.copy")),
        ("[rules.then]\ncopy = 'A'\ncopy = 'B'", "copy", 3, LIST.format("copy")),
        ("match.to = '@a'\nmatch.to = '@b'", "match.to", 2, LIST.format("match.to")),
        (
            "then.trash = true\nthen.trash = true",
            "then.trash",
            2,
            "a rule has one ending, and then.copy for further mailboxes",
        ),
        ("name = 'a'\n'name' = 'b'", "name", 2, "keep one, or begin another rule above it with [[rules]]"),
    ],
)
def test_a_key_that_is_given_twice_is_named_with_its_first_line(text: str, key: str, first: int, remedy: str) -> None:
    assert explained(RULE + text)[1] == f"{key} is given twice (first on line {first}); {remedy}"


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("then.copy = 'A'\n[rules.then]\ncopy = 'B'", "rules.then"),
        ("[rules.match]\nfrom = '@a'\n[rules.match]\nto = '@b'", "rules.match"),
        ("match.any = []\n[[rules.match.any]]\nto = '@b'", "rules.match.any"),
    ],
)
def test_a_table_that_is_begun_twice_is_named_with_its_first_line(text: str, table: str) -> None:
    assert explained(RULE + text)[1] == f"{table} has keys already (line 2); keep all of them in one place"


@pytest.mark.parametrize("text", ["[rules]\n[rules]", "[rules]\n[[rules]]", "[[rules]]\n[rules]"])
def test_rules_have_two_brackets(text: str) -> None:
    assert explained(text) == (2, traps.SINGLE_BRACKETS)


def test_a_key_may_be_the_same_in_two_rules() -> None:
    text = "[[rules]]\nname = 'a'\nmatch.any = [{ to = 'a' }, { to = 'a' }]\n[[rules]]\nname = 'a'\n"
    assert traps.clash(scan(text), text.splitlines(), 99) is None


@pytest.mark.parametrize("text", ['"\\Seen"', '["a", "\\Seen"]', 'x"\\Seen" # "b"'])
def test_a_flag_in_double_quotes_is_written_out_in_single_ones(text: str) -> None:
    line = f"then.add_flags = {text}"
    column = line.index("\\") + 3
    assert traps.backslash(line, column).endswith("use single quotes: '\\Seen'")


def test_a_password_with_a_backslash_is_not_repeated() -> None:
    assert "hunter" not in explained('[accounts.work]\npassword = "\\hunter"')[1]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("match = {\n from = 'a',\n to = 'b' }", 2, traps.SPLIT_TABLE),
        ("match = { from = 'a',\n to = 'b' }", 2, traps.SPLIT_TABLE),
        ("match.any = [\n { from = 'a' },\n { to = 'b',\n cc = 'c' },\n]", 4, traps.SPLIT_TABLE),
        ("match = { from = 'a', to = [\n'b' ] }\nname = b", 4, "this value is not TOML; a text needs quotes around it"),
        ("match = { from = 'a'", 2, "a { … } is not closed: a comma or a } is missing"),
    ],
)
def test_an_inline_table_stays_on_its_line(text: str, line: int, message: str) -> None:
    assert explained(RULE + text) == (line, message)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = TRUE", 1, "write true in small letters"),
        ("a = # b", 1, "the value is missing"),
        ("a =", 1, "the value is missing"),
        ("a", 1, "a key needs a value: key = value"),
        ("= 1", 1, "a line begins with a key, a [table] or a # comment"),
        ("a. = 1", 1, "a key is missing here, or it needs quotes around it"),
        (
            "a = 1 b = 2",
            1,
            "something is left over on this line; one key = value stands on a line, and texts in quotes",
        ),
        ("[a b]", 1, "the table's name is not closed: a ] is missing, or its name needs quotes"),
        ("[[a]\n", 1, "the table's name is not closed: a ] is missing, or its name needs quotes"),
        ("a = 'it's'", 1, "an apostrophe ends a text in single quotes; write this one in double quotes"),
        ("\na = [1,\n2\nb = 3", 4, "the list that begins on line 2 is not closed: a comma or a ] is missing"),
        ("a = 'b", 1, "a text is not closed: the quote at its end is missing"),
        ("a = 'b\nc = 'd'", 1, "a text is not closed: the quote at the end of the line is missing"),
        ("\na = '''b\nc\n", 2, "a text is not closed: the quote at its end is missing"),
        ("\na = [1,\n2\n", 2, "a list is not closed: a comma or a ] is missing"),
        ("a = 2025-02-30", 1, "there is no such date"),
        ('a = "\\ud800"', 1, r"\u and \U want the number of a Unicode character"),
        ('a = "b\x01"', 1, r"the character '\x01' cannot stand in a text as it is"),
        ("# \x01", 1, "there is a control character here; delete it"),
        ("a = 1\na.b = 2", 2, "a has both a value of its own (line 1) and further keys (line 2); keep one of them"),
        ("a = { b = 1, b = 2 }", 1, "b is given twice (first on line 1); keep one"),
        ("\n# \u2028\na = '\x85'\nb = c", 4, "this value is not TOML; a text needs quotes around it"),
        ("\na = " + "1" * 5000, 2, "a number has too many digits"),
        ("\na = " + "[" * 5000, 2, "lists or tables are nested too deeply"),
    ],
)
def test_syntax_errors_are_told_in_plain_words(text: str, line: int, message: str) -> None:
    assert explained(text) == (line, message)


def test_control_characters_are_found_wherever_escapes_put_them() -> None:
    document = tomllib.loads(
        """
        [accounts.work]
        watch = ["a\\nb"]
        password = "\\fine"
        [[rules]]
        name = "it's a\\tb"
        match.subject = ["tabs\\tand\\nlines", "\\bword"]
        match.header."X\\rY" = "z"
        """
    )
    found = dict(traps.control_characters(document))
    assert list(found) == [
        ("accounts", "work", "watch", 0),
        ("rules", 0, "name"),
        ("rules", 0, "match", "subject", 1),
        ("rules", 0, "match", "header", "X\rY"),
    ]
    assert found["rules", 0, "name"] == r""""it's a\tb" in double quotes holds a tab (\t); delete it"""
    assert found["rules", 0, "match", "subject", 1].startswith(
        r'"\bword" in double quotes holds a backspace (\b); if a'
    )
    assert found["rules", 0, "match", "subject", 1].endswith(r"write '\bword' in single quotes")


@pytest.mark.parametrize("character", [*map(chr, range(0x20)), "\x7f"])
def test_a_text_that_may_hold_a_control_character_is_known_by_how_toml_writes_one(character: str) -> None:
    ways = [
        f'"{character}"',
        f"'{character}'",
        f'"""a{character}b"""',
        f"'''a{character}b'''",
        f'"\\u{ord(character):04x}"',
    ]
    ways += [f'"\\{letter}"' for letter in "bfnrt"]
    for text in [f"a = {way}" for way in ways] + [f"{way} = 1" for way in ways]:
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            continue
        if any(character in str(each) for pair in document.items() for each in pair):
            assert traps.may_hold_control(text), text


def test_a_text_without_escapes_need_not_be_gone_through() -> None:
    assert not traps.may_hold_control("[[rules]]\r\n  match.subject = 'a\\Seen'\n  then.add_flags = '\\Seen'\n")


def test_long_texts_are_cut_short() -> None:
    document = {"rules": [{"name": "\f" + "a" * 500}]}
    assert [len(message) < 150 for message in dict(traps.control_characters(document)).values()] == [True]


@pytest.mark.parametrize("key", ["pasword", "username", "passwort.file", '"pass\\tword"'])
def test_no_text_below_accounts_is_shown_as_its_key_may_be_a_misspelt_password(key: str) -> None:
    document = tomllib.loads(f'[accounts.work]\n{key} = "hun\\ter2"')
    told = list(traps.control_characters(document))
    assert told
    assert not any("hun" in text or "er2" in text for _, text in told)
    assert told[-1][1] == "a tab (\\t) in double quotes; delete it, or write the text in single quotes"


def test_a_misspelt_password_that_is_not_toml_is_not_shown() -> None:
    _, text = explained('[accounts.work]\npasword = "\\hunter"')
    assert "hunter" not in text
