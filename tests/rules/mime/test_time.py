"""Nothing that a stranger puts into a part takes more than time in proportion to it."""

from collections.abc import Callable

import pytest

from mailrules.rules.mime.fields import parse_described
from mailrules.rules.mime.html import html_to_text
from mailrules.rules.mime.parameters import parameter
from mailrules.rules.mime.transfer import decode_transfer
from mailrules.rules.questions import CONTENT_LIMIT
from tests import growth

HTML = {
    "openings": "<",
    "tags": "<a",
    "tags with a blank": "<a ",
    "tags that are closed": "<b>",
    "quotes": '<a "',
    "quotes that hide the end": '<a ">"',
    "quotes of both kinds": "<a \">'<b '\">",
    "comments": "<!--",
    "short comments": "<!-->",
    "comments that end": "<!-- -->",
    "declarations": "<!",
    "instructions": "<?",
    "closings": "</",
    "scripts": "<script>",
    "scripts that end": "<script></script>",
    "scripts that nearly end": "<script></scrip>",
    "styles in scripts": "<script></style>",
    "entities": "&amp;",
    "entities that go on": "&",
    "numbers": "&#1",
    "long names": "&a",
    "blanks": " ",
    "lines": "<br>",
    "line ends": "\r\n",
}


def is_linear(work: Callable[[int], object]) -> bool:
    """Compare a part of the largest size that is fetched with a quarter of it."""
    return growth.is_linear(work, CONTENT_LIMIT)


@pytest.mark.parametrize("kind", HTML)
def test_html(kind: str) -> None:
    piece = HTML[kind]

    assert is_linear(lambda size: html_to_text(piece * (size // len(piece))))
    assert is_linear(lambda size: html_to_text("<a href='" + piece * (size // len(piece)) + ">"))


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("piece", [b"=", b" ", b"\t ", b" \r", b"=\r", b" \r\n", b"=\n", b"A=", b"\xff", b"AAAA"])
def test_transfer_encodings(encoding: str, piece: bytes) -> None:
    assert is_linear(lambda size: decode_transfer(piece * (size // len(piece)) + b"x", encoding))


@pytest.mark.parametrize("piece", [b"%", b"'", b"%41", b"=?", b"=?utf-8?Q?", b"=?utf-8?Q?a?= ", b"\xff", b"\xc3\xbc"])
@pytest.mark.parametrize("name", ["name", "name*", "name*0*"])
def test_one_long_parameter(name: str, piece: bytes) -> None:
    assert is_linear(lambda size: parameter(((name, piece * (size // len(piece))),), "name"))


def test_many_parameters() -> None:
    def work(size: int) -> str:
        value = b"attachment" + b"".join(b"; name*%d*=a%%20" % number for number in range(size // 16))
        return parameter(parse_described(value).parameters, "name")

    assert is_linear(work)
