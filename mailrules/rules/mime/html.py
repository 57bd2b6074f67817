"""Turns HTML into the text that people read, by one pass over it; whatever is no HTML in it is text.

It follows the HTML Standard's tokenizer as far as text depends on it. Layout, colours and what scripts would write are
not looked at, so text can be here that nobody sees.
"""

from __future__ import annotations

import re
from html import unescape

_TAG = re.compile(r"</?([A-Za-z][^\s/>]*+)(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_TAG_BEGIN = re.compile(r"</?([A-Za-z][^\s/>]*+)")
# Bounded, as Python refuses to read very long numbers.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}+(?![0-9])|#[xX][0-9A-Fa-f]{1,6}+(?![0-9A-Fa-f])|[A-Za-z][A-Za-z0-9]{1,31});?")
_NOT_SHOWN = {name: re.compile(rf"</{name}[\s/>]", re.IGNORECASE) for name in ("script", "style", "title")}
_BLOCK = re.compile(
    r"address|article|aside|blockquote|body|br|caption|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|head|header|hr|html|legend|li|main|menu|nav|ol|option|p|pre|search|section|select|summary"
    r"|table|tbody|tfoot|thead|title|tr|ul"
)
_CELLS = frozenset({"td", "th"})
_LOOKED_THROUGH = 1024
_META = re.compile(rb"<!--.*?-->|<meta[\s/]((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)", re.IGNORECASE | re.DOTALL)
_DECLARED = re.compile(rb"(?<![^\s\"';/])charset\s*=\s*[\"']?\s*([^\s\"';/>]++)", re.IGNORECASE)
_NOT_DECLARED = re.compile(r"utf-?(7|16|32)", re.IGNORECASE)  # in which nobody could read the declaration


def declared_charset(octets: bytes) -> str:
    """Give the charset that a document declares for itself, in either form of <meta>; empty if it does not."""
    for meta in _META.finditer(octets[:_LOOKED_THROUGH]):
        if declared := _DECLARED.search(meta[1] or b""):
            charset = declared[1].decode("ascii", "replace")
            return "" if _NOT_DECLARED.match(charset) else charset
    return ""


def html_to_text(html: str) -> str:
    """Give the text: a line for each block that is not empty, white space inside it as single spaces."""
    lines = "".join(_pieces(html)).split("\n")
    return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))


def _pieces(html: str) -> list[str]:
    """Cut into texts, and line ends for blocks.

    Where quotes in a tag do not pair up to the end of the text, no tag's quotes are minded from there on: looking for
    the end again and again would take quadratic time.
    """
    pieces: list[str] = []
    pairs_up = True
    place = 0
    while (begin := html.find("<", place)) >= 0:
        pieces.append(_text(html[place:begin]))
        following = html[begin + 1 : begin + 2]
        if following in {"!", "?"}:
            place = _behind_declaration(html, begin)
            continue
        tag = _TAG.match(html, begin) if pairs_up else None
        name = (tag or _TAG_BEGIN.match(html, begin) or ("", ""))[1].lower()
        if tag is not None:
            place = tag.end()
        elif name:
            pairs_up = False
            place = _behind(html, ">", begin)
        elif following == "/":  # the Standard's bogus comment
            place = _behind(html, ">", begin)
        else:
            pieces.append("<")
            place = begin + 1
            continue
        if name in _NOT_SHOWN and following != "/":
            end = _NOT_SHOWN[name].search(html, place)
            place = end.start() if end else len(html)
        pieces.append("\n" if _BLOCK.fullmatch(name) else " " * (name in _CELLS))
    pieces.append(_text(html[place:]))
    return pieces


def _behind_declaration(html: str, begin: int) -> int:
    """Go behind a comment, or a doctype or the like; one that is not closed goes to the end."""
    if not html.startswith("<!--", begin):
        return _behind(html, ">", begin)
    if html.startswith(("<!-->", "<!--->"), begin):
        return html.index(">", begin) + 1
    return _behind(html, "-->", begin + 4)


def _behind(html: str, mark: str, place: int) -> int:
    found = html.find(mark, place)
    return len(html) if found < 0 else found + len(mark)


def _text(text: str) -> str:
    """Decode entities; a line end in the source is a space, unlike the one that a block makes."""
    flat = text.replace("\n", " ").replace("\r", " ")
    return _ENTITY.sub(lambda entity: unescape(entity[0]).replace("\n", " "), flat) if "&" in flat else flat
