"""Describes a message as ENVELOPE and BODYSTRUCTURE do. RFC 3501 §7.4.2."""

from __future__ import annotations

from email.utils import getaddresses
from typing import TYPE_CHECKING

from mailrules.demo import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailrules.demo.mime import Part


def envelope(message: Part) -> bytes:
    """Return the ENVELOPE of a message; header values stand as they were sent, encoded words and all."""
    sender = _addresses(message.value("from"))
    return encode.parenthesised(
        (
            encode.nstring(message.value("date")),
            encode.nstring(message.value("subject")),
            sender,
            _addresses(message.value("sender")) if message.value("sender") else sender,
            _addresses(message.value("reply-to")) if message.value("reply-to") else sender,
            _addresses(message.value("to")),
            _addresses(message.value("cc")),
            _addresses(message.value("bcc")),
            encode.nstring(message.value("in-reply-to")),
            encode.nstring(message.value("message-id")),
        )
    )


def body(part: Part) -> bytes:
    """Return the structure without extension data, as the item BODY has it."""
    if part.is_multipart:
        return b"(" + b"".join(body(inner) for inner in part.parts) + b" " + _subtype(part) + b")"
    return encode.parenthesised(_single(part, body))


def bodystructure(part: Part) -> bytes:
    """Return the structure with extension data: disposition, language, location."""
    if part.is_multipart:
        pieces = b"".join(bodystructure(inner) for inner in part.parts)
        return encode.parenthesised((pieces, _subtype(part), _parameters(part, "content-type"), *_extension(part)))
    md5 = encode.nstring(part.value("content-md5"))
    return encode.parenthesised((*_single(part, bodystructure), md5, *_extension(part)))


def _single(part: Part, describe: Callable[[Part], bytes]) -> tuple[bytes, ...]:
    basic = (
        _word(part.kind.partition("/")[0]),
        _subtype(part),
        _parameters(part, "content-type") if part.value("content-type") else b'("charset" "us-ascii")',
        encode.nstring(part.value("content-id")),
        encode.nstring(part.value("content-description")),
        encode.string(part.value("content-transfer-encoding") or b"7bit"),
        b"%d" % len(part.body),
    )
    lines = b"%d" % part.body.count(b"\n")
    if part.is_message:
        return (*basic, envelope(part.parts[0]), describe(part.parts[0]), lines)
    return (*basic, lines) if part.kind.startswith("text/") else basic


def _extension(part: Part) -> tuple[bytes, bytes, bytes]:
    disposition = part.parameters("content-disposition")
    described = b"NIL"
    if disposition:
        described = encode.parenthesised((_word(disposition[0][1]), _parameters(part, "content-disposition")))
    return described, encode.nstring(part.value("content-language")), encode.nstring(part.value("content-location"))


def _parameters(part: Part, name: str) -> bytes:
    pairs = part.parameters(name)[1:]
    return encode.parenthesised(_word(text) for pair in pairs for text in pair) if pairs else b"NIL"


def _addresses(value: bytes | None) -> bytes:
    found = [pair for pair in getaddresses([(value or b"").decode("latin-1")]) if any(pair)]
    return b"(" + b"".join(_address(name, address) for name, address in found) + b")" if found else b"NIL"


def _address(name: str, address: str) -> bytes:
    local, _, host = address.rpartition("@")
    texts = (name, None, local or address, host)
    return encode.parenthesised(encode.nstring(text.encode("latin-1", "replace") if text else None) for text in texts)


def _subtype(part: Part) -> bytes:
    return _word(part.kind.partition("/")[2])


def _word(text: str) -> bytes:
    return encode.string(text.encode("utf-8", "replace"))
