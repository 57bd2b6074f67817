r"""What of a server's answer is compared with the one that a dialogue expects.

Left out is what servers may say differently: texts, the values of UIDVALIDITY (V), the order of flags, \Recent,
RECENT, codes of the server's own. An expected NO, BAD or OK without a code admits any.
"""

from __future__ import annotations

import re

ONE = (
    b"From: a@b.example\r\nTo: Me <me@x.example>\r\nSubject: =?utf-8?Q?Vertrag_=C3=BCber?= x\r\n"
    b"Date: Mon, 03 Mar 2025 09:00:00 +0000\r\nMessage-ID: <1@x>\r\n"
    b"Content-Type: multipart/mixed; boundary=xx\r\n\r\nignored\r\n"
    b"--xx\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nSGVsbG8gd29ybGQ=\r\n"
    b'--xx\r\nContent-Type: application/pdf; name="a b.pdf"\r\n'
    b'Content-Disposition: attachment; filename="a b.pdf"\r\n\r\n%PDF\r\n'
    b"--xx\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nFrom: q@q\r\n\r\ninner body\r\n--xx--\r\n"
)
TWO = b"From: Bob <bob@b.example>\r\nSubject: two\r\n\r\nbody two\r\n"

_LITERALS = {"<one>": ONE, "<two>": TWO, "<u-umlaut>": "über".encode()}
_LISTS = re.compile(r"(FLAGS |LIST )\(([^()]*)\)")
_WITH_TEXT = re.compile(r"((?:\* )?(?:OK|NO|BAD|BYE)(?: \[[^\]]*\])?).*")


def steps(dialogue: str) -> list[tuple[bytes, list[str]]]:
    """Cut a dialogue into commands, each with the responses that are expected."""
    found: list[tuple[bytes, list[str]]] = []
    for line in dialogue.strip().splitlines():
        if line.startswith("C: "):
            found.append((_command(line[3:]), []))
        elif line:
            found[-1][1].append(line.removeprefix("S: "))
    return found


def shape(response: str) -> str | None:
    """Return what is compared of a response; None for one that is not compared at all."""
    if re.match(r"\* \d+ RECENT|\* OK \[HIGHESTMODSEQ", response):
        return None
    text = re.sub(r"\r\n", "|", response)
    text = re.sub(r"\b\d{10}\b", "V", text)
    text = re.sub(r"\(TAG [^)]*\)", "(TAG T)", text)
    text = re.sub(r"\\Recent ?", "", text).replace(" )", ")") if "FLAGS (" in text else text
    text = _LISTS.sub(lambda found: f"{found[1]}({' '.join(sorted(found[2].split()))})", text)
    bare = _WITH_TEXT.fullmatch(text)
    return bare[1] if bare else text


def agrees(expected: list[str], responses: list[str]) -> bool:
    """Tell whether the untagged responses are the expected ones in any order, and the tagged one is as well."""
    shapes = [found for found in map(shape, responses) if found is not None]
    kind, _, code = expected[-1].partition(" ")
    tagged = shapes[-1] == expected[-1] if code else shapes[-1].split(" ")[0] == kind
    return tagged and sorted(expected[:-1]) == sorted(shapes[:-1])


def _command(text: str) -> bytes:
    command = text.encode()
    for name, content in _LITERALS.items():
        command = command.replace(name.encode(), b"{%d+}\r\n%b" % (len(content), content))
    return command
