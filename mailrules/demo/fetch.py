"""Reads FETCH's items and answers them for one message. RFC 3501 §6.4.5, §7.4.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailrules.demo import encode, mime, structure
from mailrules.demo.mailbox import Message, StoreMode
from mailrules.demo.parse import Arguments, BadSyntax
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.demo.mime import Part
    from mailrules.demo.view import View

_SIMPLE = frozenset({"UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", "BODY"})
_TEXTS = frozenset({"", "HEADER", "HEADER.FIELDS", "HEADER.FIELDS.NOT", "TEXT", "MIME"})
_MACROS = {
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}


@value(frozen=True, slots=True)
class Section:
    """What stands in the brackets of ``BODY[...]``: part numbers, then HEADER, HEADER.FIELDS, TEXT, MIME or nothing."""

    path: tuple[int, ...] = ()
    text: str = ""
    names: tuple[str, ...] = ()

    def label(self) -> str:
        """Return the section as the response repeats it, in upper case."""
        names = f" ({' '.join(self.names)})" if self.names else ""
        return ".".join(filter(None, (*map(str, self.path), self.text))) + names

    def extract(self, message: Part) -> bytes | None:
        """Return the section's octets; None if the message has no such part."""
        part = message.find(self.path)
        if part is not None and self.path and self.text not in {"", "MIME"}:
            part = part.parts[0] if part.is_message else None
        if part is None:
            return None
        match self.text:
            case "MIME" | "HEADER":
                return part.header
            case "TEXT":
                return part.body
            case "HEADER.FIELDS" | "HEADER.FIELDS.NOT":
                wanted = {name.strip('"').lower() for name in self.names}
                chosen = (
                    raw for name, raw in mime.fields(part.header) if (name in wanted) == (self.text[-3:] != "NOT")
                )
                return b"".join(chosen) + b"\r\n"
            case _:
                return part.body if self.path else part.header + part.body


@value(frozen=True, slots=True)
class Item:
    """A plain item such as FLAGS."""

    name: str


@value(frozen=True, slots=True)
class Body:
    """A section of the text; without `peek` it marks the message as seen. `partial` is origin and length in octets."""

    section: Section
    label: str
    peek: bool
    partial: tuple[int, int] | None = None

    def answer(self, message: Part) -> bytes:
        """Return the label and the octets."""
        data = self.section.extract(message)
        label = self.label
        if self.partial is not None:
            origin, length = self.partial
            label += f"<{origin}>"
            data = None if data is None else data[origin : origin + length]
        return label.encode() + b" " + (b"NIL" if data is None else encode.literal(data))


def parse_items(arguments: Arguments) -> tuple[Item | Body, ...]:
    """Read what FETCH asks for: a macro, one item or a list of them."""
    for name, items in _MACROS.items():
        if arguments.rest().upper() == name.encode():
            arguments.atom()
            return tuple(map(Item, items))
    if arguments.peek(b"("):
        return tuple(_item(arguments) for _ in arguments.parenthesised())
    return (_item(arguments),)


def answer(view: View, uid: int, items: tuple[Item | Body, ...]) -> bytes:
    """Return the FETCH response, without `* `, for one message, and mark it as seen if its text was read."""
    parsed = mime.parse(view.mailbox.messages[uid].content)
    seen = not view.read_only and any(isinstance(item, Body) and not item.peek for item in items)
    if seen and "\\Seen" not in view.mailbox.messages[uid].flags:
        view.mailbox.store(uid, StoreMode.ADD, ["\\Seen"])
        if Item("FLAGS") not in items:
            items = (*items, Item("FLAGS"))
    if Item("FLAGS") in items:
        view.tell(uid)
    message = view.mailbox.messages[uid]
    answers = (
        item.answer(parsed) if isinstance(item, Body) else _simple(view, message, parsed, item.name) for item in items
    )
    return b"%d FETCH %b" % (view.sequence(uid), encode.parenthesised(answers))


def _simple(view: View, message: Message, parsed: Part, name: str) -> bytes:
    match name:
        case "UID":
            value = b"%d" % message.uid
        case "FLAGS":
            value = encode.flag_list(view.flags(message.uid))
        case "INTERNALDATE":
            value = encode.date_time(message.internaldate)
        case "RFC822.SIZE":
            value = b"%d" % len(message.content)
        case "ENVELOPE":
            value = structure.envelope(parsed)
        case "BODY":
            value = structure.body(parsed)
        case _:
            value = structure.bodystructure(parsed)
    return name.encode() + b" " + value


def _item(arguments: Arguments) -> Item | Body:
    for prefix, peek in ((b"BODY.PEEK[", True), (b"BODY[", False)):
        if arguments.accept(prefix):
            section = _section(arguments)
            return Body(section, f"BODY[{section.label()}]", peek, _partial(arguments))
    name = arguments.atom()
    match name:
        case "RFC822":
            return Body(Section(), name, peek=False)
        case "RFC822.HEADER":
            return Body(Section(text="HEADER"), name, peek=True)
        case "RFC822.TEXT":
            return Body(Section(text="TEXT"), name, peek=False)
    if name not in _SIMPLE:
        raise BadSyntax(f"Unknown FETCH item {name}")
    return Item(name)


def _section(arguments: Arguments) -> Section:
    if arguments.accept(b"]"):
        return Section()
    words = arguments.atom().split(".")
    path = tuple(int(word) for word in words if word.isdecimal() and len(word) < 10)
    text = ".".join(words[len(path) :])
    if 0 in path or text not in _TEXTS or (text == "MIME" and not path):
        raise BadSyntax("Unknown section")
    names: tuple[str, ...] = ()
    if text.startswith("HEADER.FIELDS"):
        names = tuple(item.astring().decode("ascii", "replace").upper() for item in arguments.space().parenthesised())
    arguments.expect(b"]")
    return Section(path, text, names)


def _partial(arguments: Arguments) -> tuple[int, int] | None:
    if not arguments.accept(b"<"):
        return None
    origin = arguments.number()
    arguments.expect(b".")
    length = arguments.number()
    arguments.expect(b">")
    return origin, length
