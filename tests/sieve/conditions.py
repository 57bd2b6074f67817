"""Single tests of Sieve, many of each kind: every one is asked of every message by both."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

REQUIRE = (
    'require ["fileinto", "copy", "body", "date", "relational", "regex", "index", "subaddress", "mime", "foreverypart",'
    ' "variables", "imap4flags", "comparator-i;ascii-numeric"];\n'
)

_TEXTS = (
    "hello",
    "hello world",
    "HELLO",
    "grüße",
    "world",
    "",
    "x",
    "list",
    "invoice",
    "10",
    "ann@example.org",
    "?",
    "*",
)
_GLOBS = ("*", "hello*", "*world", "*hello*", "", "?", "h?llo*", "[*] *", "*\\\\?*", "*\\\\**", "hello world", "*  *")
_REGEXES = ("^hello", "world$", "h.llo", "[0-9]+", "^$", "(hello|world) ?w", "^\\\\[list\\\\]", "l{2}", "^[^h]")
_ADDRESSES = (
    "ann@example.org",
    "ANN@example.org",
    "example.org",
    "ann",
    "bob@example.com",
    "",
    "shop",
    "lee",
    "@",
    "root",
)
_ADDRESS_GLOBS = ("*", "ann*", "*@example.org", "*example*", "?nn@*", "", "*+*")
_NUMBERS = ("0", "5", "10", "15", "none")
_RELATIONS = ("gt", "ge", "lt", "le", "eq", "ne")


def conditions() -> list[str]:
    """Give all of them."""
    return list(dict.fromkeys([*_headers(), *_addresses(), *_existence(), *_dates(), *_bodies(), *_numbers()]))


def _headers() -> Iterator[str]:
    for header in ("subject", "X-Test", "From"):
        for text in _TEXTS:
            yield f'header :is "{header}" "{text}"'
            yield f'header :contains "{header}" "{text}"'
        for pattern in _GLOBS:
            yield f'header :matches "{header}" "{pattern}"'
        for pattern in _REGEXES:
            yield f'header :regex "{header}" "{pattern}"'
    for text in ("hello", "HELLO", "Hello"):
        yield f'header :contains :comparator "i;octet" "subject" "{text}"'
        yield f'header :matches :comparator "i;octet" "subject" "{text}*"'
    for header in ("To", "Cc", "List-Id", "Message-ID", "Date", "X-Spam-Flag", "Reply-To"):
        yield f'header :contains "{header}" "example"'
        yield f'header :matches "{header}" "*<*>*"'
    for index in ("1", "2", "3", "1 :last", "2 :last"):
        yield f'header :index {index} :contains "X-Test" ["hello", "two"]'
        yield f'header :index {index} :matches "subject" "*two"'
        yield f'address :index {index} :is "from" "carl@example.net"'
        yield f'address :index {index} :contains "to" "example.com"'
    yield 'header :contains ["subject", "x-test", "from"] ["invoice", "hello", "carl"]'
    yield 'header :is ["to", "cc"] ["bob@example.com", "dan@example.net"]'


def _addresses() -> Iterator[str]:
    for header, part in product(("from", "to"), ("all", "localpart", "domain", "user", "detail")):
        for text in _ADDRESSES:
            yield f'address :{part} :is "{header}" "{text}"'
            yield f'address :{part} :contains "{header}" "{text}"'
        for pattern in _ADDRESS_GLOBS:
            yield f'address :{part} :matches "{header}" "{pattern}"'
    yield 'address :domain :regex "from" "^(mail\\\\.)?example\\\\.org$"'
    yield 'address :all :regex ["from", "to"] "^[a-z]+@"'
    for headers in (
        '"resent-from"',
        '["delivered-to", "resent-to"]',
        '["to", "cc"]',
        '["to", "cc", "bcc"]',
        '"sender"',
        '"reply-to"',
        '"bcc"',
    ):
        yield f'address :is {headers} ["ann@example.org", "dan@example.net", "carl@example.net"]'
        yield f'address :domain {headers} ["example.org", "lists.example.org", "example.net"]'
        yield f'address :contains {headers} "list"'


def _existence() -> Iterator[str]:
    for headers in ('"subject"', '"from"', '"X-Test"', '["from", "subject"]', '["to", "cc"]', '"List-Id"', '"date"'):
        yield f"exists {headers}"
        yield f"not exists {headers}"
    for size in ("1", "150", "200", "1K", "100K", "1M", "0"):
        yield f"size :over {size}"
        yield f"size :under {size}"
    yield 'allof (header :contains "subject" "hello", not header :contains "subject" "world")'
    yield 'anyof (header :is "subject" "x", not exists "to", allof (true, address :is "from" "ann@example.org"))'
    yield 'not anyof (header :contains "subject" "hello", address :domain "from" "example.org")'
    yield 'not allof (header :contains "subject" "hello", address :domain "from" "example.org")'
    yield 'allof (not header :contains "x-test" "hello", not header :contains "list-id" "tea")'


_MOMENTS = (
    "2024-01-31",
    "2024-01-31T16:30",
    "2024-01-31T16:30:05Z",
    "2024-01-31T16:30:05+00:00",
    "2024-01-31T11:30:05",
)


def _dates() -> Iterator[str]:
    for zone in (":originalzone", ':zone "+0000"', ':zone "-0500"', ':zone "+0530"'):
        for part, keys in {
            "year": ("2024", "1999", "24"),
            "month": ("01", "1", "12"),
            "day": ("31", "01"),
            "hour": ("18", "16", "08"),
            "minute": ("30", "05"),
            "second": ("05", "09"),
            "weekday": ("3", "4", "0"),
            "date": ("2024-01-31", "2024-02-01", "2024"),
            "time": ("18:30:05", "16:30:05"),
            "julian": ("60340", "60341"),
            "zone": ("+0200", "+0000", "-0500"),
            "iso8601": ("2024-01-31T18:30:05+02:00",),
            "std11": ("Wed, 31 Jan 2024 18:30:05 +0200",),
        }.items():
            for key in keys:
                yield f'date :is {zone} "date" "{part}" "{key}"'
            if part not in {"zone", "iso8601", "std11"}:
                yield from (f'date :value "{each}" {zone} "date" "{part}" "{keys[0]}"' for each in _RELATIONS)
        for relation, key in product(_RELATIONS, _MOMENTS):
            yield f'date :value "{relation}" {zone} "date" "iso8601" "{key}"'
    yield 'date :matches :originalzone "date" "date" "2024-*-3?"'
    yield 'date :contains :originalzone "date" "month" "1"'
    yield 'date :matches :originalzone "date" "hour" "1*"'
    yield 'date :regex :originalzone "date" "minute" "^[03]"'
    yield 'date :is "received" "year" "2024"'
    yield 'currentdate :value "ge" "date" "2020-01-01"'
    yield 'currentdate :value "lt" "year" "2020"'
    yield 'currentdate :value "ge" "iso8601" "2020-01-01T00:00:00Z"'
    yield 'currentdate :value "lt" "iso8601" "2020-01-01T00:00:00+02:00"'
    yield 'currentdate :matches "year" "*"'


def _bodies() -> Iterator[str]:
    for kind in (
        ":text",
        ":raw",
        ':content "text"',
        ':content "text/html"',
        ':content ""',
        ':content "application/pdf"',
    ):
        for text in ("hello", "hello world", "needle", "world", "grüße", "<b>", "preamble", "bmVlZGxl", "&"):
            yield f'body {kind} :contains "{text}"'
        yield f'body {kind} :matches "*hello*"'
        yield f'body {kind} :regex "h[aeiou]llo"'
    yield 'header :mime :anychild :contains "Content-Type" "pdf"'
    yield 'header :mime :anychild :contenttype "Content-Type" "text/html"'
    yield 'header :mime :anychild :type "Content-Type" "application"'
    yield 'header :mime :anychild :subtype "Content-Type" "html"'
    yield 'header :mime :anychild :contenttype "Content-Disposition" "attachment"'
    yield 'header :mime :anychild :param "filename" :matches ["Content-Disposition", "Content-Type"] "*.pdf"'
    yield 'exists :mime :anychild "Content-Disposition"'


def _numbers() -> Iterator[str]:
    numeric = ':comparator "i;ascii-numeric"'
    for header, relation, number in product(("X-Spam-Score", "subject"), _RELATIONS, _NUMBERS):
        yield f'header :value "{relation}" {numeric} "{header}" "{number}"'
    for header, number in product(("X-Spam-Score", "subject"), _NUMBERS):
        yield f'header :is {numeric} "{header}" "{number}"'
    for header, relation, number in product(("X-Test", "subject", "from"), _RELATIONS, ("0", "1", "2")):
        yield f'header :count "{relation}" {numeric} "{header}" "{number}"'
    for header, relation, number in product(("to", "from"), _RELATIONS, ("0", "1", "2")):
        yield f'address :count "{relation}" {numeric} "{header}" "{number}"'
    yield f'header :count "ge" {numeric} ["to", "cc"] "1"'
    yield f'header :count "eq" {numeric} ["sender", "reply-to"] "0"'
    for header, relation, text in product(
        ("subject", "X-Spam-Score"), _RELATIONS, ("hello", "Hello World", "5", "", "x_y")
    ):
        yield f'header :value "{relation}" "{header}" "{text}"'
        yield f'header :value "{relation}" :comparator "i;octet" "{header}" "{text}"'
