"""Messages that are hard to read, written by hand: each is there for one thing that is wrong or rare in it."""

from __future__ import annotations

from base64 import b64encode

_REST = "Date: Wed, 31 Jan 2024 18:30:05 +0200\nMessage-ID: <m1@example.org>\n"


def _mail(header: str, body: str = "hello body\n", *, charset: str = "utf-8") -> bytes:
    return f"{header}\n{_REST}\n{body}".encode(charset).replace(b"\n", b"\r\n")


def _subject(text: str) -> bytes:
    return _mail(f"From: Ann Lee <ann@example.org>\nTo: bob@example.com\nSubject: {text}")


def _from(text: str) -> bytes:
    return _mail(f"From: {text}\nTo: bob@example.com\nSubject: hello")


def _to(text: str) -> bytes:
    return _mail(f"From: ann@example.org\nTo: {text}\nSubject: hello")


def _dated(text: str) -> bytes:
    head = f"From: ann@example.org\nTo: bob@example.com\nSubject: hello\nDate: {text}\n"
    return f"{head}\nbody\n".encode().replace(b"\n", b"\r\n")


def _raw(header: bytes, body: bytes = b"hello body\r\n") -> bytes:
    return header + b"\r\n" + body


def _b(octets: bytes, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{b64encode(octets).decode()}?="


_GRUESSE = "grüße hello".encode()
_SUBJECTS = {
    "a soft hyphen": "hel\xadlo",
    "plain": "hello world",
    "in capitals": "HELLO WORLD",
    "empty": "",
    "blank": "   ",
    "one letter": "x",
    "quoted-printable word": "=?utf-8?q?gr=C3=BC=C3=9Fe_hello?=",
    "base64 word": _b(_GRUESSE),
    "two words": "=?utf-8?q?hello?= =?utf-8?q?_world?=",
    "two words on two lines": "=?utf-8?q?hello?=\n =?utf-8?q?_world?=",
    "a word between words": "a =?utf-8?q?hello?= b",
    "a word split inside a character": f"{_b(_GRUESSE[:3])} {_b(_GRUESSE[3:])}",
    "a word in Latin-1": "=?iso-8859-1?q?gr=FC=DFe_hello?=",
    "a word in KOI8-R": _b("привет hello".encode("koi8-r"), "koi8-r"),
    "a word in ISO-2022-JP": _b("こんにちは hello".encode("iso2022-jp"), "iso-2022-jp"),
    "a word in Shift_JIS": _b("こんにちは hello".encode("shift_jis"), "shift_jis"),
    "a word in an unknown charset": "=?x-unknown?q?hello?=",
    "a word with a language": "=?utf-8*en?q?hello?=",
    "a word with a wrong encoding": "=?utf-8?x?hello?=",
    "a word that is not closed": "=?utf-8?q?hello",
    "a word glued to text": "x=?utf-8?q?hello?=y",
    "broken base64": "=?utf-8?B?aGVsbG8?=",
    "a word with a space": "=?utf-8?q?hello world?=",
    "folded": "hello\n world",
    "folded with a tab": "hello\n\tworld",
    "folded after the colon": "\n hello world",
    "folded twice": "hello\n  wide\n   world",
    "a tab": "hello\tworld",
    "two spaces": "hello  world",
    "trailing spaces": "hello world   ",
    "a question mark": "hello?",
    "an asterisk": "hello * world",
    "a backslash": r"hello \ world",
    "quotes": '"hello world"',
    "brackets": "[list] hello world",
    "brackets twice": "[list] [hello] world",
    "a number": "15 things",
    "a negative number": "-3 things",
    "a decimal": "5.7 points",
    "a long number": "007 things",
    "a number alone": "10",
    "an invoice": "Re: invoice 2024-001",
    "a German invoice": "Rechnung Nr. 7",
    "sharp s": "=?utf-8?q?STRASSE_stra=C3=9Fe?=",
    "decomposed": "=?utf-8?q?gru=CC=88=C3=9Fe?=",
    "emoji": "=?utf-8?q?=F0=9F=98=80_hello?=",
    "long": "hello " * 400,
}
_FROMS = {
    "bare": "ann@example.org",
    "in angle brackets": "<ann@example.org>",
    "quoted name": '"Lee, Ann" <ann@example.org>',
    "name with a comment": "Ann (the boss) Lee <ann@example.org>",
    "old style": "ann@example.org (Ann Lee)",
    "comment inside": "<ann(c)@(d)example.org>",
    "spaces around": "Ann Lee < ann @ example.org >",
    "in capitals": "ANN@EXAMPLE.ORG",
    "an encoded name": "=?utf-8?q?J=C3=BCrgen?= <ann@example.org>",
    "an encoded comma": "=?utf-8?q?Lee=2C_Ann?= <ann@example.org>",
    "quoted local part": '"ann"@example.org',
    "quoted local part with a space": '"ann lee"@example.org',
    "quoted local part with an at": '"a@nn"@example.org',
    "quoted pair": r'"ann\"x"@example.org',
    "a route": "<@relay.example,@other.example:ann@example.org>",
    "a plus": "Ann <ann+shop@example.org>",
    "two pluses": "ann+shop+sale@example.org",
    "an empty detail": "ann+@example.org",
    "subdomain": "ann@mail.example.org",
    "no domain": "root",
    "name alone": "Ann Lee",
    "empty brackets": "<>",
    "empty": "",
    "two authors": "ann@example.org, bob@example.com",
    "two at signs": "ann@b@example.org",
    "a domain literal": "ann@[192.0.2.1]",
    "a dot at the end": "ann@example.org.",
    "dots in a row": "ann..lee@example.org",
    "unclosed bracket": "Ann <ann@example.org",
    "unclosed quote": '"Ann <ann@example.org>',
    "brackets twice": "<<ann@example.org>>",
    "dots in a name": "J.R. Lee <ann@example.org>",
    "folded": "Ann\n Lee\n <ann@example.org>",
    "an international domain": "ann@xn--mnchen-3ya.example",
}
_TOS = {
    "several": "bob@example.com, Carl <carl@example.net>, ann@example.org",
    "an empty group": "undisclosed-recipients:;",
    "a group": "friends: bob@example.com, carl@example.net;",
    "a group and more": "friends: bob@example.com;, ann@example.org",
    "a semicolon": "bob@example.com; ann@example.org",
    "no comma": "<bob@example.com> <ann@example.org>",
    "empty places": ", bob@example.com, , ann@example.org,",
    "a list over lines": "bob@example.com,\n ann@example.org,\n\tcarl@example.net",
    "a comma in a name": "Lee, Ann <ann@example.org>",
    "many": ", ".join(f"u{number}@example.net" for number in range(300)) + ", ann@example.org",
}
_DATES = {
    "usual": "Wed, 31 Jan 2024 18:30:05 +0200",
    "without a weekday": "31 Jan 2024 18:30:05 +0200",
    "without seconds": "Wed, 31 Jan 2024 18:30 +0200",
    "a named zone": "Wed, 31 Jan 2024 18:30:05 EST",
    "UTC": "Wed, 31 Jan 2024 18:30:05 GMT",
    "a two-digit year": "Wed, 31 Jan 24 18:30:05 +0000",
    "one-digit day": "Thu, 1 Feb 2024 08:05:09 -0800",
    "a comment": "Wed, 31 Jan 2024 18:30:05 +0200 (EET)",
    "minus zero": "Wed, 31 Jan 2024 18:30:05 -0000",
    "over midnight": "Wed, 31 Jan 2024 23:59:59 -0500",
    "a wrong weekday": "Mon, 31 Jan 2024 18:30:05 +0200",
    "nonsense": "yesterday",
    "empty": "",
    "a day that is not": "Wed, 32 Jan 2024 18:30:05 +0200",
    "the old century": "Fri, 31 Dec 1999 23:59:59 +0000",
    "far away": "Sat, 1 Jan 2050 00:00:00 +0000",
    "small letters": "wed, 31 jan 2024 18:30:05 +0200",
}
_PARTS = {
    "html": "Content-Type: text/html; charset=utf-8\n\n<p>hello <b>wor</b>ld &amp; all</p>\n",
    "alternatives": (
        'Content-Type: multipart/alternative; boundary="b"\n\npreamble\n--b\nContent-Type: text/plain\n\nhello plain\n'
        "--b\nContent-Type: text/html\n\n<i>needle html</i>\n--b--\nepilogue\n"
    ),
    "an attachment": (
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nsee hello\n--b\nContent-Type: application/pdf; '
        'name="bill.pdf"\nContent-Disposition: attachment; filename="bill.pdf"\nContent-Transfer-Encoding: base64\n\n'
        "bmVlZGxl\n--b--\n"
    ),
    "base64": (
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        f"{b64encode(_GRUESSE).decode()}\n"
    ),
    "quoted-printable": (
        "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n"
        "gr=FC=DFe hel=\nlo\n"
    ),
    "a message inside": (
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nouter hello\n--b\nContent-Type: message/rfc822\n\n'
        "From: carl@example.net\nSubject: inside\n\nneedle inside\n--b--\n"
    ),
    "a file of text": (
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nsee hello\n--b\n'
        'Content-Type: text/plain; name="log.txt"\n\nneedle in a log\n--b--\n'
    ),
    "several lines": "\nfirst line\nhello world\nlast line\n",
    "a wrapped line": "\nhello\nworld\n",
    "an empty body": "\n",
}


def _texts() -> dict[str, bytes]:
    mails = {f"subject: {name}": _subject(text) for name, text in _SUBJECTS.items()}
    mails |= {f"from: {name}": _from(text) for name, text in _FROMS.items()}
    mails |= {f"to: {name}": _to(text) for name, text in _TOS.items()}
    mails |= {f"date: {name}": _dated(text) for name, text in _DATES.items()}
    head = f"From: ann@example.org\nTo: bob@example.com\nSubject: hello\nMIME-Version: 1.0\n{_REST}"
    return mails | {f"body: {name}": f"{head}{text}".encode().replace(b"\n", b"\r\n") for name, text in _PARTS.items()}


MESSAGES: dict[str, bytes] = {
    **_texts(),
    "raw UTF-8": _mail("From: Jürgen <ann@example.org>\nTo: bob@example.com\nSubject: grüße hello"),
    "raw Latin-1": _mail("From: ann@example.org\nSubject: gr\xfc\xdfe hello", charset="latin-1"),
    "no subject": _mail("From: ann@example.org\nTo: bob@example.com"),
    "no from": _mail("To: bob@example.com\nSubject: hello"),
    "two subjects": _mail("From: ann@example.org\nSubject: one\nSubject: hello two"),
    "two froms": _mail("From: ann@example.org\nFrom: carl@example.net\nSubject: hello"),
    "two tos": _mail("From: ann@example.org\nTo: bob@example.com\nTo: carl@example.net\nCc: dan@example.net"),
    "cc and bcc": _mail("From: ann@example.org\nTo: bob@example.com\nCc: ann+shop@example.org\nBcc: carl@example.net"),
    "a mailing list": _mail("From: ann@example.org\nList-Id: Tea lovers <tea.lists.example.org>\nSubject: [tea] hello"),
    "a bare list": _mail("From: ann@example.org\nList-Id: tea.lists.example.org\nSubject: [tea] hello"),
    "spam": _mail("From: ann@example.org\nX-Spam-Flag: YES\nX-Spam-Score: 15.2\nX-Test: hello\nSubject: cheap"),
    "small score": _mail("From: ann@example.org\nX-Spam-Score: 4\nX-Test: \nSubject: hello"),
    "negative score": _mail("From: ann@example.org\nX-Spam-Score: -1.5\nSubject: hello"),
    "no score": _mail("From: ann@example.org\nX-Spam-Score: none\nSubject: hello"),
    "many of one header": _mail("From: ann@example.org\nX-Test: one\nX-Test: two\nX-Test: hello\nSubject: x"),
    "sender": _mail("From: ann@example.org\nSender: bounce@lists.example.org\nReply-To: list@lists.example.org"),
    "resent": _mail("From: ann@example.org\nResent-From: Carl <carl@example.net>\nDelivered-To: ann+x@example.org"),
    "names in small letters": _mail("from: ann@example.org\nto: bob@example.com\nsubject: hello world"),
    "space before the colon": _mail("From : ann@example.org\nSubject : hello"),
    "bare line feeds": b"From: ann@example.org\nTo: bob@example.com\nSubject: hello world\n\nhello\n",
    "an mbox line": _raw(
        b"From ann@example.org Wed Jan 31 18:30:05 2024\r\nFrom: ann@example.org\r\nSubject: hello\r\n"
    ),
    "a line that is no field": _raw(b"From: ann@example.org\r\nthis is no field\r\nSubject: hello\r\n"),
    "header alone": b"From: ann@example.org\r\nSubject: hello\r\n",
    "nothing": b"",
    "body alone": b"\r\nhello body\r\n",
    "NUL": _raw(b"From: ann@example.org\r\nSubject: he\0llo world\r\n"),
    "a huge subject": _raw(b"From: ann@example.org\r\nSubject: " + b"hello " * 20_000 + b"\r\n"),
    "large": _mail("From: ann@example.org\nSubject: hello", "x" * 70 + "\n" + ("y" * 70 + "\n") * 2000),
}
"""By what is hard in them."""
