"""Messages and scripts made up by seed, of well-formed pieces: over these mailrules and Pigeonhole never differ."""

from __future__ import annotations

import random
from base64 import b64encode
from quopri import encodestring

_WORDS = ("hello", "world", "invoice", "x", "list", "10", "grüße", "Ann", "ann@example.org", "привет", "[list]", "Re:")
_NAMES = ("", "Ann Lee", '"Lee, Ann"', "Jürgen", "Bob (the builder)", '"a \\"b\\" c"')
_LOCALS = ("ann", "bob", "ann+shop", "root", "a.b", "ANN")
_DOMAINS = ("example.org", "example.com", "mail.example.org", "EXAMPLE.ORG", "lists.example.org")
_DAYS = ("Wed, 31 Jan 2024", "1 Feb 2024", "Fri, 31 Dec 1999", "Sun, 05 Mar 2023")
_TIMES = ("18:30:05 +0200", "00:00:00 +0000", "23:59:59 -0500", "08:05 +0530", "12:00:00 GMT")


def message(seed: int) -> bytes:
    """Make a message."""
    pick = random.Random(seed)
    fields = [f"From: {_address(pick)}"]
    fields += [
        f"{name}: {_addresses(pick)}" for name in ("To", "Cc", "Bcc", "Reply-To", "Sender") if pick.random() < 0.6
    ]
    fields += [f"Subject: {_text(pick)}" for _ in range(pick.choice((0, 1, 1, 1, 1, 2)))]
    fields += [f"X-Test: {_text(pick)}" for _ in range(pick.choice((0, 1, 2)))]
    if pick.random() < 0.5:
        fields.append(f"X-Spam-Score: {pick.choice(('15.2', '4', '-1', 'none', '10 points', '0'))}")
    if pick.random() < 0.3:
        fields.append("List-Id: Tea lovers <tea.lists.example.org>")
    if pick.random() < 0.9:
        fields.append(f"Date: {pick.choice(_DAYS)} {pick.choice(_TIMES)}")
    pick.shuffle(fields)
    return ("\n".join(fields) + "\n" + _body(pick)).replace("\n", "\r\n").encode()


def _text(pick: random.Random) -> str:
    words = [_word(pick) for _ in range(pick.randint(0, 5))]
    return "".join(word + pick.choice((" ", " ", " ", "\n ")) for word in words).strip()


def _word(pick: random.Random) -> str:
    word = pick.choice(_WORDS)
    match pick.randint(0, 3):
        case 0:
            return f"=?utf-8?B?{b64encode(word.encode()).decode()}?="
        case 1:
            return f"=?utf-8?q?{''.join(f'={octet:02X}' for octet in word.encode())}?="
        case _ if word.isascii():
            return word
        case _:
            return f"=?UTF-8?b?{b64encode(word.encode()).decode()}?="


def _address(pick: random.Random) -> str:
    name = pick.choice(_NAMES)
    address = f"{pick.choice(_LOCALS)}@{pick.choice(_DOMAINS)}"
    if not name.isascii():
        name = f"=?utf-8?q?{''.join(f'={octet:02X}' for octet in name.encode())}?="
    return f"{name} <{address}>" if name or pick.random() < 0.3 else address


def _addresses(pick: random.Random) -> str:
    addresses = [_address(pick) for _ in range(pick.randint(1, 4))]
    if pick.random() < 0.2:
        return f"friends: {', '.join(addresses)};"
    return pick.choice((", ", ",\n ")).join(addresses)


def _body(pick: random.Random) -> str:
    match pick.randint(0, 4):
        case 0:
            return "\nhello body\nneedle world\n"
        case 1:
            return "\n"
        case 2:
            boundary = f"b{pick.randint(0, 9)}"
            parts = "".join(f"--{boundary}\n{_part(pick)}\n" for _ in range(pick.randint(1, 3)))
            return f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{boundary}"\n\n{parts}--{boundary}--\n'
        case _:
            return f"MIME-Version: 1.0\n{_part(pick)}"


def _part(pick: random.Random) -> str:
    text = " ".join(pick.choice(("hello", "needle", "world", "grüße", "& more")) for _ in range(pick.randint(1, 6)))
    match pick.randint(0, 3):
        case 0:
            encoded = b64encode(f"{text}\n".encode()).decode()
            return f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{encoded}\n"
        case 1:
            encoded = encodestring(f"{text}\n".encode()).decode()
            return (
                f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{encoded}\n"
            )
        case 2:
            return f"Content-Type: text/html; charset=utf-8\n\n<p>{text.replace('&', '&amp;')}</p>\n"
        case _:
            head = (
                'Content-Type: application/pdf; name="bill.pdf"\nContent-Disposition: attachment; filename="bill.pdf"'
            )
            return f"{head}\nContent-Transfer-Encoding: base64\n\n{b64encode(b'%PDF needle').decode()}\n"


SWITCHES = "ABCDEF"
"""The headers ``X-A`` and so on that made-up scripts ask for."""


def switched(on: str) -> bytes:
    """Make a message that has these headers."""
    fields = "".join(f"X-{letter}: yes\r\n" for letter in on)
    return f"From: ann@example.org\r\nSubject: hello\r\n{fields}\r\nbody\r\n".encode()


def script(seed: int) -> str:
    """Make a script that files, keeps, discards, flags and stops by these headers."""
    pick = random.Random(seed)
    commands = "".join(_command(pick, 0) for _ in range(pick.randint(1, 5)))
    return f'require ["fileinto", "copy", "imap4flags", "variables"];\n{commands}'


def _command(pick: random.Random, depth: int) -> str:
    indent = "  " * depth
    if depth < 3 and pick.random() < (0.7 if depth == 0 else 0.35):
        return _if(pick, depth)
    mailbox = pick.choice(("One", "Two", "Three", "${box}", "INBOX"))
    flag = pick.choice(("\\\\Seen", "\\\\Flagged", "$work", "$work $home"))
    command = pick.choices(
        (
            f'fileinto "{mailbox}";',
            # Pigeonhole keeps a message that is filed twice into one mailbox, once with :copy: one of its own quirks
            f'fileinto :copy "{pick.choice(("Six", "Seven", "Seven${box}", "INBOX"))}";',
            f'fileinto :flags "{flag}" "{mailbox}";',
            f'addflag "{flag}";',
            f'setflag "{flag}";',
            f'removeflag "{flag}";',
            f'set "box" "{pick.choice(("One", "Four", "Five"))}";',
            "keep;",
            "discard;",
            "stop;",
        ),
        (8, 3, 1, 3, 1, 1, 2, 2, 2, 4),
    )[0]
    return f"{indent}{command}\n".replace('"${box}"', '"Box${box}"')


def _if(pick: random.Random, depth: int) -> str:
    indent = "  " * depth

    def block() -> str:
        return "".join(_command(pick, depth + 1) for _ in range(pick.randint(1, 3)))

    text = f"{indent}if {_test(pick, 0)} {{\n{block()}{indent}}}\n"
    for _ in range(pick.choice((0, 0, 0, 1, 2))):
        text += f"{indent}elsif {_test(pick, 0)} {{\n{block()}{indent}}}\n"
    return text + (f"{indent}else {{\n{block()}{indent}}}\n" if pick.random() < 0.3 else "")


def _test(pick: random.Random, depth: int) -> str:
    match pick.randint(0, 6 if depth < 2 else 2):
        case 3:
            return f"not {_test(pick, depth + 1)}"
        case 4 | 5:
            kind = pick.choice(("allof", "anyof"))
            return f"{kind} ({', '.join(_test(pick, depth + 1) for _ in range(pick.randint(1, 3)))})"
        case 6:
            return pick.choice(('hasflag "\\\\Seen"', 'hasflag "$work"', 'string "${box}" "One"', "true"))
        case _:
            return f'exists "X-{pick.choice(SWITCHES)}"'
