"""A message's parts, ready to be compared, and which of them are attachments."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from mailrules.rules.mime.parameters import file_name
from mailrules.rules.questions import Structure
from mailrules.rules.text import Text
from mailrules.values import value

if TYPE_CHECKING:
    from mailrules.rules.message import Message
    from mailrules.rules.structure import Part

MAX_ITEMS = 1_000
"""Parts of one message that are looked at, the first ones: with more of them it is no letter but an attack."""

_LINE, _ENCODED_LINE = 57, 78  # octets in a line of base64, and of the line itself (RFC 2045 §6.8)


@value(frozen=True, slots=True)
class Item:
    """One part."""

    part: Part
    name: Text | None
    """Of the file, as people see it."""
    type: Text
    size: int | None
    """Octets, not counting base64: what the file has, give or take a few; None for a multipart."""
    position: int
    """In the order of the message; 0 is the message itself."""
    is_attachment: bool

    @classmethod
    def of(cls, part: Part, position: int) -> Item:
        """Prepare a part."""
        name = file_name(part)
        size = part.octets
        if size is not None and part.encoding == "base64":
            size = size * _LINE // _ENCODED_LINE
        return cls(
            part,
            Text.of(name) if name else None,
            Text(part.type, part.type),
            size,
            position,
            is_attachment(part),
        )

    def __str__(self) -> str:
        return f"{self.name.value} ({self.type.value})" if self.name is not None else f"({self.type.value})"


def is_attachment(part: Part) -> bool:
    """Tell whether people find a part as a file at the message, not in its text.

    By what the part says of itself (Content-Disposition), else by its type and name: a message is one, and so is what
    has a name, unless it is text that says that it is shown in its place. An image without a name is part of what is
    shown.
    """
    if part.disposition == "attachment" or part.type in {"message/rfc822", "message/global"}:
        return True
    if part.type.startswith("multipart/") or (part.disposition == "inline" and part.type.startswith("text/")):
        return False
    return file_name(part) != ""


def items_of(message: Message) -> tuple[Item, ...] | None:
    """Give the parts of a message, in its order, those of messages in it too; None where they are not known."""
    structure = message.answer(Structure())
    return None if structure is None else message.once(items_of, partial(_items, structure))


def _items(structure: Part) -> tuple[Item, ...]:
    return tuple(Item.of(part, position) for position, part in enumerate(islice(structure.walk(), MAX_ITEMS)))
