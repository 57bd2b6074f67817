"""Messages whose parts are hard to tell: the same ones are read here and by a real server."""

from __future__ import annotations

from base64 import b64encode

_TOP = "From: Bob <bob@example.com>\nTo: ann@example.org\nSubject: {}\nMIME-Version: 1.0\n"
_LEAF = "Content-Type: text/plain; charset=utf-8\n\nneedle in plain text\n"
_PDF = (
    "Content-Type: application/pdf; name=invoice.pdf\nContent-Transfer-Encoding: base64\n"
    'Content-Disposition: attachment; filename="invoice.pdf"\n\n'
    f"{b64encode(b'%PDF-1.7 of no use').decode()}\n"
)
_INNER = "From: Carl <carl@example.net>\nSubject: inside\nMIME-Version: 1.0\n"


def multipart(*parts: str, boundary: str = "b", subtype: str = "mixed", end: bool = True) -> str:
    """A multipart with its own header; each part has one of its own."""
    pieces = "".join(f"--{boundary}\n{part}\n" for part in parts)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n{pieces}' + f"--{boundary}--\n" * end


def rfc822(message: str, *, header: str = "") -> str:
    """A message as a part."""
    return f"Content-Type: message/rfc822\n{header}\n{_INNER}{message}"


def base64_of(text: str, charset: str = "utf-8", kind: str = "text/plain") -> str:
    """A part of text in base64."""
    encoded = b64encode(text.encode(charset)).decode()
    return f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: base64\n\n{encoded}\n"


def nested(levels: int) -> str:
    """Multiparts within multiparts."""
    text = _LEAF
    for level in range(levels):
        text = multipart(text, boundary=f"level-{level}-")
    return text


_HTML = (
    "Content-Type: text/html; charset=utf-8\n\n"
    "<style>p { color: red }</style><p>A <b>nee</b>dle &amp; thr&#101;ad</p>\n"
)
_BODIES: dict[str, str] = {
    "no MIME at all": "\nneedle in a plain message\n",
    "one text part": _LEAF,
    "one part that is no text": _PDF,
    "an empty body": "Content-Type: text/plain\n\n",
    "a type without a subtype": "Content-Type: text\n\nneedle\n",
    "an empty type": "Content-Type:\n\nneedle\n",
    "a type that is no token": "Content-Type: ???; a=b\n\nneedle\n",
    "two parts": multipart(_LEAF, _PDF),
    "alternatives": multipart(_LEAF, _HTML, subtype="alternative"),
    "html alone": _HTML,
    "nested multiparts": multipart(multipart(_LEAF, _HTML, boundary="c", subtype="alternative"), _PDF),
    "five levels": nested(5),
    "a preamble and an epilogue": multipart(_LEAF, _PDF).replace("\n\n--b", "\n\npreamble needle-p\n--b", 1)
    + "epilogue needle-e\n",
    "no boundary parameter": multipart(_LEAF, _PDF).replace('; boundary="b"', ""),
    "a boundary that never comes": "Content-Type: multipart/mixed; boundary=never\n\nneedle\n",
    "an empty multipart": 'Content-Type: multipart/mixed; boundary="b"\n\n--b--\n',
    "an empty boundary": multipart(_LEAF, boundary=""),
    "no end": multipart(_LEAF, _PDF, end=False),
    "no end within": multipart(multipart(_LEAF, boundary="c", end=False), _PDF),
    "the boundary is a prefix of the inner one": multipart(multipart(_LEAF, boundary="bb"), _PDF),
    "the inner boundary is a prefix": multipart(multipart(_LEAF, boundary="b"), _PDF, boundary="bb"),
    "the same boundary twice": multipart(multipart(_LEAF), _PDF),
    "a boundary line with more behind it": multipart(_LEAF, _PDF).replace("--b\n", "--b and so on\n"),
    "a boundary line with blanks behind it": multipart(_LEAF, _PDF).replace("--b\n", "--b  \t\n"),
    "a boundary that ends in dashes": multipart(_LEAF, _PDF, boundary="b--"),
    "a boundary with a blank in it": multipart(_LEAF, _PDF, boundary="a b"),
    "parts without content": multipart("Content-Type: text/plain\n", _PDF, "\n", ""),
    "a part without a header": multipart("\nneedle without a header\n", _PDF),
    "a part that is cut off in its header": multipart(_LEAF, end=False) + "--b\nContent-Type: application/pdf",
    "a header that runs into the boundary": multipart("Content-Type: text/html\n--b\nX-A: b\nno colon", _PDF),
    "a part that begins without a header": multipart("Good morning\n\nneedle\n", _PDF),
    "a message whose header runs into the boundary": multipart("Content-Type: message/rfc822\n--b", _PDF),
    "a message within that runs into the boundary": multipart("Content-Type: message/rfc822\n\nSubject: x\n--b", _PDF),
    "a part header with 8-bit octets": multipart(_LEAF, _PDF.replace("invoice", "Übersicht")),
    "a digest": multipart("\n" + _INNER + _LEAF, "\n" + _INNER + _LEAF, subtype="digest"),
    "a digest with a type": multipart("Content-Type: text/plain\n\nneedle\n", subtype="digest"),
    "a message that is a message": rfc822(_LEAF),
    "a message that is a message of parts": rfc822(multipart(_LEAF, _PDF)),
    "a message in the first part": multipart(rfc822(_LEAF), _PDF),
    "a message of parts in the last part": multipart(_LEAF, rfc822(multipart(_LEAF, _PDF, boundary="c"))),
    "a message in a message": multipart(_LEAF, rfc822(rfc822(_LEAF))),
    "a message of parts in a message": multipart(_LEAF, rfc822(rfc822(multipart(_LEAF, _PDF, boundary="c")))),
    "a message of parts in a message of parts": multipart(
        rfc822(multipart(_LEAF, rfc822(multipart(_PDF, boundary="d")), boundary="c")), _PDF
    ),
    "a forwarded message without end": multipart(rfc822(multipart(_LEAF, boundary="c", end=False)), _PDF),
    "an empty message in a part": multipart("Content-Type: message/rfc822\n\n", _PDF),
    "an encoded message": multipart(
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKbmVlZGxlCg==\n", _PDF
    ),
    "a global message": multipart(_LEAF, rfc822(_LEAF).replace("message/rfc822", "message/global")),
    "a delivery report": multipart(
        _LEAF, "Content-Type: message/delivery-status\n\nAction: failed\n", rfc822(_LEAF), subtype="report"
    ),
    "base64": base64_of("a needle in base64"),
    "base64 with junk": base64_of("a needle in base64 " * 10).replace("IG", "I *\nG"),
    "base64 without padding": base64_of("a needle and").rstrip("=\n") + "\n",
    "base64 that is none": "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n§§§ needle\n",
    "quoted-printable": "Content-Type: text/plain\nContent-Transfer-Encoding: Quoted-Printable\n\nnee=\ndle=20=ZZ =\n",
    "an unknown encoding": "Content-Type: text/plain\nContent-Transfer-Encoding: x-uue\n\na needle\n",
    "uuencode in text": "Content-Type: text/plain\n\nneedle\nbegin 644 a.pdf\n#86)C\n`\nend\n",
    "utf-16": base64_of("a needle in UTF-16", "utf-16"),
    "koi8-r": base64_of("рахунок", "koi8-r"),
    "an unknown charset": "Content-Type: text/plain; charset=no-such\n\na needle für alle\n",
    "a wrong charset": "Content-Type: text/plain; charset=us-ascii\n\na needle für alle\n",
    "an inline image": multipart(
        _HTML,
        "Content-Type: image/png\nContent-ID: <logo@example.com>\nContent-Disposition: inline\n"
        "Content-Transfer-Encoding: base64\n\niVBORw==\n",
        subtype="related",
    ),
    "a calendar": multipart(_LEAF, "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR needle\n"),
    "a text attachment": multipart(
        _LEAF, "Content-Type: text/plain\nContent-Disposition: attachment; filename=notes.txt\n\nsecret\n"
    ),
    "an attachment without a type": multipart(
        _LEAF, "Content-Disposition: attachment; filename=a.bin\nContent-Description: a file\n\nsecret\n"
    ),
    "names in RFC 2231": multipart(
        _LEAF,
        "Content-Type: application/pdf\nContent-Disposition: attachment;\n"
        " filename*0*=utf-8''%D1%80%D0%B0;\n filename*1*=%D1%85%D1%83%D0%BD;\n filename*2=ok.pdf\n\nx\n",
    ),
    "names in RFC 2231, out of order": multipart(
        _LEAF,
        "Content-Type: image/png\nContent-Disposition: attachment;\n filename*1=voice.pdf;\n filename*0=in\n\nx\n",
    ),
    "names in RFC 2047": multipart(
        _LEAF,
        'Content-Type: application/pdf;\n name="=?utf-8?B?cmVjaG51bmcucGRm?="\n'
        'Content-Disposition: attachment;\n filename="=?utf-8?Q?rech=6Eung?=\n =?utf-8?Q?=2Epdf?="\n\nx\n',
    ),
    "names without quotes": multipart(
        _LEAF, "Content-Type: application/pdf\nContent-Disposition: attachment; filename=my invoice.pdf\n\nx\n"
    ),
    "names with quotes and semicolons": multipart(
        _LEAF,
        'Content-Type: application/pdf\nContent-Disposition: attachment; filename="a \\"b\\"; c.pdf"; size=1\n\nx\n',
    ),
    "comments": 'Content-Type: text/plain (plain; "text"); charset=utf-8 (the usual)\n\nneedle\n',
    "no semicolon": multipart(_LEAF, 'Content-Type: application/pdf name="a.pdf"\n\nx\n'),
    "two types": "Content-Type: text/html\nContent-Type: text/plain\n\n<b>needle</b>\n",
    "folded everywhere": multipart(
        _LEAF, "Content-Type:\n application/pdf\n ;\n name\n =\n a.pdf\nContent-Disposition:\n\tattachment\n\nx\n"
    ),
    "bare CR and control characters": "Content-Type: text/plain\n\na\rneedle\x01\x7f\n",
}


def messages() -> dict[str, bytes]:
    """Every message by its name, with CRLF at the ends of lines."""
    return {name: (_TOP.format(name) + body).encode("utf-8").replace(b"\n", b"\r\n") for name, body in _BODIES.items()}
