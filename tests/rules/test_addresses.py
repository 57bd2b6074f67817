"""Address headers are read as a person would read them, however they are written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailrules.rules import addresses
from mailrules.rules.addresses import Mailbox, parse_addresses, parse_any

ANN = Mailbox("Ann Lee", "ann", "example.org")
BARE = Mailbox("", "ann", "example.org")
BOB = Mailbox("", "bob", "example.net")


@pytest.mark.parametrize(
    ("header", "mailboxes"),
    [
        ("", []),
        (" , ,, ", []),
        ("ann@example.org", [BARE]),
        ("<ann@example.org>", [BARE]),
        ("Ann Lee <ann@example.org>", [ANN]),
        ("Ann \t Lee<ann@example.org>", [ANN]),
        ('"Ann Lee" <ann@example.org>', [ANN]),
        ('"Ann" "Lee" <ann@example.org>', [ANN]),
        ('"Ann" Lee <ann@example.org>', [ANN]),
        ('"Lee, Ann" <ann@example.org>, bob@example.net', [Mailbox("Lee, Ann", "ann", "example.org"), BOB]),
        (r'"Ann \"A\" Lee" <ann@example.org>', [Mailbox('Ann "A" Lee', "ann", "example.org")]),
        (r'"Ann \\ Lee" <ann@example.org>', [Mailbox("Ann \\ Lee", "ann", "example.org")]),
        ('"" <ann@example.org>', [BARE]),
        ("Ann B. Lee <ann@example.org>", [Mailbox("Ann B. Lee", "ann", "example.org")]),
        ("ann@work.example <ann@example.org>", [Mailbox("ann@work.example", "ann", "example.org")]),
        ('"ann@work.example" <ann@example.org>', [Mailbox("ann@work.example", "ann", "example.org")]),
        # comments
        ("ann@example.org (Ann Lee)", [ANN]),
        ("ann@example.org (Ann (the) Lee)", [Mailbox("Ann (the) Lee", "ann", "example.org")]),
        (r"ann@example.org (Ann \) Lee)", [Mailbox("Ann ) Lee", "ann", "example.org")]),
        ("Ann Lee (at home) <ann@example.org>", [ANN]),
        ("ann(this)@(that)example.org", [Mailbox("this that", "ann", "example.org")]),
        ("ann@example.org (a@b, c)", [Mailbox("a@b, c", "ann", "example.org")]),
        ("(Mail Delivery System)", [Mailbox("Mail Delivery System", "", "")]),
        # groups
        ("undisclosed-recipients:;", []),
        ("Friends: ann@example.org, bob@example.net;", [BARE, BOB]),
        ("Friends: ann@example.org;, bob@example.net", [BARE, BOB]),
        ("Friends: ann@example.org", [BARE]),
        ("A: B: ann@example.org;", [Mailbox("B:", "ann", "example.org")]),
        # obsolete syntax, RFC 5322 §4.4
        ("<@relay.example,@other.example:ann@example.org>", [BARE]),
        ("<@relay.example:ann@example.org>", [BARE]),
        ("ann . lee @ example . org", [Mailbox("", "ann.lee", "example.org")]),
        ("Ann Lee <ann @ example.org>", [ANN]),
        # local parts and domains of other kinds
        ('"ann lee"@example.org', [Mailbox("", "ann lee", "example.org")]),
        ('"a@b"@example.org', [Mailbox("", "a@b", "example.org")]),
        ('<"a>b"@example.org>', [Mailbox("", "a>b", "example.org")]),
        ("ann@[192.0.2.1]", [Mailbox("", "ann", "[192.0.2.1]")]),
        ("<ann@[IPv6:2001:db8::1]>", [Mailbox("", "ann", "[IPv6:2001:db8::1]")]),
        ("jürgen@müller.example", [Mailbox("", "jürgen", "müller.example")]),
        ("ann+lists@example.org", [Mailbox("", "ann+lists", "example.org")]),
        # encoded words: in names and comments, never in addresses, and never part of the structure
        ("=?utf-8?Q?J=C3=BCrgen?= <ann@example.org>", [Mailbox("Jürgen", "ann", "example.org")]),
        ('"=?utf-8?Q?J=C3=BCrgen?=" <ann@example.org>', [Mailbox("Jürgen", "ann", "example.org")]),
        ("=?utf-8?Q?J=C3?= =?utf-8?Q?=BCrgen?= <ann@example.org>", [Mailbox("Jürgen", "ann", "example.org")]),
        ("ann@example.org (=?utf-8?Q?J=C3=BCrgen?=)", [Mailbox("Jürgen", "ann", "example.org")]),
        ("=?utf-8?Q?Lee=2C_Ann?= <ann@example.org>", [Mailbox("Lee, Ann", "ann", "example.org")]),
        ("=?utf-8?Q?Lee, Ann?= <ann@example.org>", [Mailbox("Lee, Ann", "ann", "example.org")]),
        (
            "=?utf-8?Q?=3Cbob=40example=2Enet=3E?= <ann@example.org>",
            [Mailbox("<bob@example.net>", "ann", "example.org")],
        ),
        ("=?utf-8?Q?ann=40example.org?=", [Mailbox("", "=?utf-8?Q?ann=40example.org?=", "")]),
        # what is broken
        ("Ann Lee ann@example.org", [ANN]),
        ("ann@example.org bob@example.net", [BARE, BOB]),
        ("<ann@example.org> <bob@example.net>", [BARE, BOB]),
        ("ann@example.org; bob@example.net", [BARE, BOB]),
        ("<<ann@example.org>>", [BARE]),
        ("Ann Lee <ann@example.org", [ANN]),
        ("<ann@example.org, bob@example.net", [BARE, BOB]),
        ('"Ann Lee <ann@example.org>', [Mailbox('"Ann Lee', "ann", "example.org")]),
        ("(Ann Lee <ann@example.org>", [Mailbox("(Ann Lee", "ann", "example.org")]),
        ("Ann Lee) <ann@example.org>", [Mailbox("Ann Lee)", "ann", "example.org")]),
        ("Ann [Lee <ann@example.org>", [Mailbox("Ann [Lee", "ann", "example.org")]),
        ("Ann \\", [Mailbox("Ann \\", "", "")]),
        ("root", [Mailbox("", "root", "")]),
        ("Cron Daemon", [Mailbox("Cron Daemon", "", "")]),
        ("Cron <root>", [Mailbox("Cron", "root", "")]),
        ("Ann Lee <>", [Mailbox("Ann Lee", "", "")]),
        ("<>", []),
        ("ann@", [Mailbox("", "ann", "")]),
        ("@example.org", [Mailbox("", "", "example.org")]),
        ("a@b@example.org", [Mailbox("", "a@b", "example.org")]),
        ("Ann\x00Lee <ann@example.org>", [Mailbox("Ann\x00Lee", "ann", "example.org")]),
    ],
)
def test_addresses_are_found(header: str, mailboxes: list[Mailbox]) -> None:
    assert list(parse_addresses(header).mailboxes) == mailboxes


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ('"Lee, Ann" <ann@example.org>,bob@example.net', "Lee, Ann <ann@example.org>, bob@example.net"),
        ("=?utf-8?Q?J=C3=BCrgen?= <j@example.org>", "Jürgen <j@example.org>"),
        ("bob@example.net (Bob)", "Bob <bob@example.net>"),
        ("undisclosed-recipients:;", "undisclosed-recipients: ;"),
        ("Friends: a@example.org,b@example.org;", "Friends: a@example.org, b@example.org;"),
        ("Cron Daemon", "Cron Daemon"),
        ("", ""),
    ],
)
def test_a_header_is_shown_as_people_see_it(header: str, shown: str) -> None:
    assert str(parse_addresses(header)) == shown


names = st.text(st.characters(codec="utf-8", exclude_characters='"\\=?', categories=["L", "N", "P", "Zs"]), min_size=1)
atoms = st.from_regex(r"\A[a-z0-9+_-]{1,9}(\.[a-z0-9]{1,9}){0,2}\Z")


@given(st.lists(st.tuples(names.map(lambda name: " ".join(name.split())).filter(bool), atoms, atoms)))
def test_what_was_written_by_the_book_is_read_back(people: list[tuple[str, str, str]]) -> None:
    header = ", ".join(f'"{name}" <{local}@{domain}>' for name, local, domain in people)

    assert list(parse_addresses(header).mailboxes) == [Mailbox(*person) for person in people]


SPECIALS = ['"', "\\", "(", ")", "<", ">", "@", ",", ";", ":", "[", "]", ".", " ", "\t", "a", "=?q?q?", "?=", "\0", "é"]


@given(st.text() | st.lists(st.sampled_from(SPECIALS), max_size=60).map("".join))
def test_no_text_makes_reading_raise(header: str) -> None:
    parsed = parse_addresses(header)

    assert all(mailbox.name or mailbox.address or mailbox.domain for mailbox in parsed.mailboxes)
    str(parsed)


pieces = st.lists(
    st.sampled_from(
        [
            "Ann",
            "Lee",
            "ann@example.org",
            "<ann@example.org>",
            "< ann@example.org >",
            "<>",
            "<a.b+c@d=e>",
            "=?utf-8?q?J=C3=BCrgen_?=",
            "=?utf-8?q?a, <b@c>?=",
            "=?utf-8?b?YSwgYg==?=",
            "=?x?y?z",
            "=?",
            "?=",
            '"Lee, Ann"',
            '"=?utf-8?q?a?= "',
            '"',
            "\\",
            "(Ann)",
            "Müller",
            "@",
            ",",
            ", ",
            " ",
            "  ",
            "\t",
            "\x0b",
            ":",
            ";",
            "[",
            "=",
        ]
    ),
    max_size=8,
).map("".join)


@settings(max_examples=1_000)
@given(pieces, st.integers(1, 3))
def test_an_address_of_the_usual_form_is_read_as_one_of_any_form(text: str, limit: int) -> None:
    assert parse_any(text, limit) == parse_addresses(text, limit)


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org",
        "Ann Lee <ann@example.org>",
        '"Lee, Ann" <ann@example.org>, bob@example.org',
        "=?utf-8?q?J=C3=BCrgen?= =?utf-8?b?TGVl?= <j@example.org>, Ann Lee <ann@example.org>",
    ],
)
def test_what_nearly_all_mail_has_is_of_the_usual_form(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = addresses.parse_any(text)
    monkeypatch.delattr(addresses, "parse_any")

    assert addresses.parse_addresses(text) == expected
