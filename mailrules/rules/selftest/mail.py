"""The model of a test's message: its fields, or the whole of it as text or in a file, and the facts about it."""

from __future__ import annotations

from datetime import timedelta
from mimetypes import MimeTypes
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic.json_schema import JsonSchemaValue

from mailrules.rules.conditions.age import Age_
from mailrules.rules.conditions.moments import Moment
from mailrules.rules.conditions.size import Octets
from mailrules.rules.selftest.reading import (
    Addresses,
    ContentType,
    Filled,
    FilledList,
    FlagList,
    Headers,
    Line,
    Raw,
    Searches,
    Text,
)
from mailrules.rules.tables import Switch, Table, wrong, wrong_at

_OLDEST = timedelta(weeks=1000)
_TYPES = MimeTypes()  # Python's own: a machine's list would make a test mean something else elsewhere


class Attachment(Table):
    """A file that the message carries; a bare text is its name."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ({"type": "string", "minLength": 1},)
    name: Filled | None = None
    """Its name, as in `"invoice.pdf"`."""
    type: ContentType | None = None
    """Its type, as in `"application/pdf"`; without it what the name's ending stands for."""
    size: Octets | None = None
    """How big it is, as in `"2 MiB"`."""
    content: Text | None = None
    """The text in it."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write attachments = ["invoice.pdf"] or [{ name = "invoice.pdf", size = "2 MiB" }]'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a name, or say what to write."""
        if isinstance(value, str):
            return {"name": value}
        return super().from_bare(value)

    @model_validator(mode="after")
    def _has_one_size(self) -> Self:
        if self.size is not None and self.content is not None:
            raise wrong_at(["size"], "the content has its own size: keep one of them")
        return self

    @property
    def content_type(self) -> str:
        """Its type, as far as it is known."""
        guessed = _TYPES.guess_type(self.name)[0] if self.name else None
        return self.type or guessed or "application/octet-stream"


def _read_attachments(value: object) -> object:
    """Let one stand for a list of it."""
    items = value if isinstance(value, list | tuple) else [value]
    if not items:
        raise wrong("an empty list says nothing; leave the key out for a message without attachments")
    return tuple(items)


Attachments = Annotated[
    tuple[Attachment, ...],
    BeforeValidator(_read_attachments, json_schema_input_type=Attachment | list[Attachment]),
]

_WHOLE = ("raw", "file")


class Mail(Table):
    """The message of a test: its fields, a text that is the whole message, or a file; and the facts about it."""

    bare_schemas: ClassVar[tuple[JsonSchemaValue, ...]] = ({"type": "string", "minLength": 1},)

    from_: Annotated[Addresses | None, Field(alias="from")] = None
    """Who it is from, as in `"Bob <bob@example.com>"`."""
    to: Addresses | None = None
    """One address or a list."""
    cc: Addresses | None = None
    """One address or a list."""
    bcc: Addresses | None = None
    """One address or a list."""
    sender: Addresses | None = None
    """Who sent it for the one in `from`."""
    reply_to: Addresses | None = None
    """Where answers go."""
    delivered_to: Addresses | None = None
    """Whose mailbox it was delivered to (Delivered-To)."""
    subject: Line | None = None
    """The subject, as people read it."""
    list_id: Filled | None = None
    """The mailing list's identifier, as in `"python.example.org"`."""
    message_id: Filled | None = None
    """Without it the message gets one."""
    in_reply_to: FilledList | None = None
    """The Message-ID of what it answers."""
    references: FilledList | None = None
    """The Message-IDs of the thread before it."""
    sent: Moment | None = None
    """Its Date; without it, when it was received."""
    header: Headers | None = None
    """Any other header field: `header."X-Spam-Flag" = "yes"`."""
    body: Text | None = None
    """The text."""
    html: Text | None = None
    """The text as HTML, besides `body` or in place of it."""
    attachments: Attachments | None = None
    """The files that it carries: names, or tables of name, type, size and content."""

    raw: Raw | None = None
    """The whole message as text, header first; what a bare text stands for."""
    file: Filled | None = None
    """A file with the whole message, as in `"mails/invoice.eml"`; its path starts beside the rule file."""

    size: Octets | None = None
    """As if it were so big: `"5 MiB"`."""
    flags: FlagList = ()
    """The flags it has; none unless given."""
    received: Moment | None = None
    """When it arrived; without it just `now`, else when it was sent."""
    age: Age_ | None = None
    """How long ago it arrived, as in `"100 days"`."""
    now: Moment | None = None
    """When the rules run; without it just when the message arrives."""
    account: Filled | None = None
    """The account it is in; without it the first."""
    mailbox: Filled = "INBOX"
    """The mailbox it is in."""
    search: Searches | None = None
    """What the server would find it by: `search = { 'UNSEEN' = true }`. Any other search stays unknown."""
    duplicate: Switch = False
    """Whether such a message came before."""
    thread: Filled | None = None
    """The mailbox in which mailrules filed the message that this one answers."""
    labels: FilledList | None = None
    """Its labels at Gmail; unknown unless given."""
    mailboxes: FilledList | None = None
    """The mailboxes that there are; unknown unless given."""
    special_uses: FilledList = ()
    r"""The special uses that there are mailboxes for, as in `'\Archive'`; only beside `mailboxes`."""

    @classmethod
    def usage(cls) -> str:
        """Say what to write."""
        return 'write the message, as in message = { from = "bob@example.com", subject = "invoice" }'

    @classmethod
    def from_bare(cls, value: object) -> dict[str, object]:
        """Read a whole message, or say what to write."""
        if value is None:
            raise wrong(f"a test needs a message: {cls.usage()}")
        if isinstance(value, str):
            return {"raw": value}
        return super().from_bare(value)

    @model_validator(mode="after")
    def _is_one_message(self) -> Self:
        whole = [key for key in _WHOLE if getattr(self, key) is not None]
        if len(whole) > 1:
            raise wrong_at(["file"], "the message is there twice: keep file or raw")
        fields = [key for key in self.keys() if key in FIELDS and getattr(self, _ATTRIBUTES[key]) is not None]
        if whole and fields:
            raise wrong_at(fields, f"beside {whole[0]}, which is the whole message, only facts about it can stand")
        return self

    @model_validator(mode="after")
    def _has_one_age(self) -> Self:
        if self.age is not None and self.received is not None:
            raise wrong_at(["age"], "received says how old it is: keep one of them")
        if self.age is not None and self.age > _OLDEST:
            raise wrong_at(["age"], "no mail is so old: write at most 1,000 weeks")
        return self

    @model_validator(mode="after")
    def _knows_the_mailboxes(self) -> Self:
        if self.special_uses and self.mailboxes is None:
            raise wrong_at(["special_uses"], 'say which mailboxes there are as well, as in mailboxes = ["INBOX"]')
        return self


_ATTRIBUTES = {field.alias or name: name for name, field in Mail.model_fields.items()}
FIELDS = frozenset(Mail.keys()[: Mail.keys().index("raw")])
"""The keys that make up a message; the others are facts about it."""
