"""No header takes more than linear time to read: the time bombs that address parsers are known for."""

import time

import pytest

from mailrules.rules.message import Message

SIZE = 60_000  # octets
PATIENCE = 3.0  # seconds; linear reading takes about 0.1, anything quadratic would take minutes

BOMBS = [
    '"',
    '"\\',
    '"\\"',
    '<"\\"',
    "(",
    "((a)",
    '(\\"',
    "\\(",
    "<",
    "<@a,",
    "<a@b ",
    "[",
    "[a",
    ":",
    "a:",
    "a:;",
    ";",
    ",",
    "@",
    ".@",
    ". ",
    "a ",
    "a@b ",
    "=?",
    "=?a",
    "=?a?q?",
    "=?a?q?b ",
    "=?a?q?b?c",
    "=?a?q?b?=",
    "=?a?q?b?= ",
    "=?utf-8?b?YWI?= =?utf-8?q?a?= ",
    "=?utf-7?b?K0?= ",
    "=?punycode?q?a-b?=",
    "\r\n ",
    "\r",
    "é",
    "\u0301",
    "\x00",
]


def test_a_to_header_of_200_kilobytes_is_read_in_no_time() -> None:
    value = b", ".join(b"Ann Lee <ann%d@lists.marketing.example.org>" % number for number in range(5000))
    message = Message(b"To: " + value)

    start = time.process_time()
    (field,) = message.fields.addresses(("TO",))

    assert len(value) > 200_000
    assert len(field.addresses) == 5000
    assert time.process_time() - start < PATIENCE


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_huge_header_is_read_in_linear_time(bomb: str) -> None:
    value = (bomb * (SIZE // len(bomb))).encode()
    message = Message(b"To: " + value + b"\r\nSubject: " + value + b"\r\nList-Id: " + value)

    start = time.process_time()
    message.fields.addresses(("TO",))
    message.fields.texts("SUBJECT")
    message.fields.list_ids()

    assert time.process_time() - start < PATIENCE


@pytest.mark.parametrize("tail", [":", "@", ",", '"', "(", "=?a?q?"])
def test_what_follows_many_words_is_not_compared_with_each_of_them(tail: str) -> None:
    value = ("x " * (SIZE // 4) + "@" + tail * (SIZE // 2 // len(tail))).encode()
    message = Message(b"To: " + value)

    start = time.process_time()
    message.fields.addresses(("TO",))

    assert time.process_time() - start < PATIENCE


def test_a_header_of_very_many_fields_is_read_in_linear_time() -> None:
    message = Message(b"X: y\r\n" * (SIZE // 6) + b"To: ann@example.org\r\n" * (SIZE // 20))

    start = time.process_time()
    found = message.fields.addresses(("TO",))

    assert len(found) == SIZE // 20
    assert time.process_time() - start < PATIENCE
