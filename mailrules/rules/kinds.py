"""Tells what kinds of mail a message is of, by what mailers and mail servers really write into headers.

Each kind has its own signs, and what only looks like one is no sign: X-Auto-Response-Suppress and Return-Path ``<>``
ask for no answer and are in the mail of ticket systems and in invitations, Disposition-Notification-To asks for a
receipt and is none, Feedback-ID is in every message that a mail service sends, single ones too.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

from mailrules.rules.mime.fields import parse_described
from mailrules.rules.truth import FALSE, TRUE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailrules.rules.message import HeaderFields, Message
    from mailrules.rules.structure import Part
    from mailrules.rules.truth import Truth


class Kind(Enum):
    """A kind of mail; a message may be of several."""

    LIST = "list"
    BULK = "bulk"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    CALENDAR = "calendar"
    RECEIPT = "receipt"
    OWN = "own"


# RFC 2369 and RFC 2919, and what ezmlm, Majordomo, Mailman and Google Groups wrote before and beside them. Newsletters
# have List-Unsubscribe and List-Help, too.
_OF_LISTS = (
    *("LIST-ID", "LIST-POST", "LIST-ARCHIVE", "LIST-SUBSCRIBE"),
    *("MAILING-LIST", "X-MAILING-LIST", "X-BEENTHERE", "X-MAILMAN-VERSION", "X-GOOGLE-GROUP-ID"),
)
_OF_BULK = ("LIST-UNSUBSCRIBE", "LIST-UNSUBSCRIBE-POST", "X-CAMPAIGN", "X-CAMPAIGN-ID", "X-CAMPAIGNID")
_OF_AUTO_REPLIES = ("X-AUTOREPLY", "X-AUTO-REPLY", "X-AUTORESPOND", "X-MAIL-AUTOREPLY", "X-AUTOREPLY-FROM")
_FROM_A_RULE = ("X-MS-EXCHANGE-GENERATED-MESSAGE-SOURCE", "X-MS-EXCHANGE-INBOX-RULES-LOOP")
_CALENDARS = frozenset({"text/calendar", "text/x-vcalendar", "application/ics"})

_OF_REPORTS = frozenset({"CONTENT-TYPE", "X-FAILED-RECIPIENTS", "FROM", "RETURN-PATH"})
_OF_ANSWERS = _OF_REPORTS.union(
    *(_OF_AUTO_REPLIES, _FROM_A_RULE),
    {"AUTO-SUBMITTED", "PRECEDENCE", "X-POST-MESSAGECLASS", "DELIVERED-TO", "X-AUTO-RESPONSE-SUPPRESS"},
)
HEADERS: dict[Kind, frozenset[str]] = {
    Kind.LIST: frozenset({*_OF_LISTS, "PRECEDENCE"}),
    Kind.BULK: _OF_ANSWERS.union(_OF_BULK),
    Kind.AUTO_REPLY: _OF_ANSWERS,
    Kind.BOUNCE: _OF_REPORTS,
    Kind.CALENDAR: frozenset({"CONTENT-TYPE", "CONTENT-CLASS"}),
    Kind.RECEIPT: frozenset({"CONTENT-TYPE"}),
    Kind.OWN: frozenset({"FROM"}),
}
"""The header fields that each kind is told by, in upper case."""


def sign(kind: Kind, message: Message) -> str | None:
    """Give what in the header shows that the message is of a kind, as it stands there; None if nothing does."""
    return message.fields.once(kind, _SIGNS[kind])


def holds_calendar(message: Message, structure: Part | None) -> Truth:
    """Tell whether some part of a message is a calendar's; `structure` is None where it is not known.

    A message that was forwarded inside this one is another's.
    """
    if not message.fields.once(_content, _content)[0].startswith("multipart/"):
        return FALSE
    if structure is None:
        return UNKNOWN
    return message.once(holds_calendar, lambda: _holds_calendar(structure))


def _holds_calendar(structure: Part) -> Truth:
    parts = [structure]
    while parts:
        part = parts.pop()
        if part.type in _CALENDARS:
            return TRUE
        if not part.type.startswith("message/"):
            parts += part.children
    return FALSE


def _of_list(fields: HeaderFields) -> str | None:
    return _present(fields, _OF_LISTS) or _precedence(fields, {"list"})


def _of_bulk(fields: HeaderFields) -> str | None:
    found = _present(fields, _OF_BULK)
    if found is None and _of_answer(fields) is None and _of_bounce(fields) is None:
        return _precedence(fields, {"bulk", "junk"})  # vacation programs write it, too
    return found


def _of_auto_reply(fields: HeaderFields) -> str | None:
    """Mail servers say auto-replied of reports as well (RFC 3834 §5), but those are another matter to people."""
    return _of_answer(fields) if _of_bounce(fields) is None and _of_receipt(fields) is None else None


def _of_answer(fields: HeaderFields) -> str | None:
    submitted = _WORD.split(fields.first("AUTO-SUBMITTED"), maxsplit=1)[0]
    if submitted == "auto-replied" or (submitted == "auto-generated" and _of_mailbox_rule(fields)):
        return f"Auto-Submitted: {submitted}"
    found = _present(fields, _OF_AUTO_REPLIES, without={"no", "false"})
    if found is None and "autoresponder" in fields.first("X-POST-MESSAGECLASS"):
        return "X-POST-MessageClass: autoresponder"
    if found is None and fields.first("DELIVERED-TO") == "autoresponder":
        return "Delivered-To: autoresponder"
    return found or _precedence(fields, {"auto_reply", "auto-reply", "autoreply"})


def _of_mailbox_rule(fields: HeaderFields) -> bool:
    """Exchange's out-of-office answers say auto-generated and ask for no answer; what such rules forward does not."""
    return _present(fields, _FROM_A_RULE) is not None and fields.first("X-AUTO-RESPONSE-SUPPRESS") != ""


def _of_bounce(fields: HeaderFields) -> str | None:
    """A delivery report (RFC 3464), also one from before there was a form for it."""
    if _content(fields) in {("multipart/report", "delivery-status"), ("message/delivery-status", "")}:
        return "Content-Type: delivery-status"
    if found := _present(fields, ("X-FAILED-RECIPIENTS",)):
        return found
    authors = [address for field in fields.addresses(("FROM",)) for address in field.addresses]
    returned = fields.first("RETURN-PATH")
    # What has a return path is no report: those who write Mailer-Daemon there are after something.
    if returned in {"", "<>"} and any(address.local.folded == "mailer-daemon" for address in authors):
        return f"From: {authors[0].text.value}"
    return None


def _of_receipt(fields: HeaderFields) -> str | None:
    """A message disposition notification (RFC 8098)."""
    notified = {("multipart/report", "disposition-notification"), ("message/disposition-notification", "")}
    return "Content-Type: disposition-notification" if _content(fields) in notified else None


def _of_calendar(fields: HeaderFields) -> str | None:
    content_type, _ = _content(fields)
    if content_type in _CALENDARS:
        return f"Content-Type: {content_type}"
    content_class = fields.first("CONTENT-CLASS")
    return f"Content-Class: {content_class}" if content_class == "urn:content-classes:calendarmessage" else None


_SIGNS: dict[Kind, Callable[[HeaderFields], str | None]] = {
    Kind.LIST: _of_list,
    Kind.BULK: _of_bulk,
    Kind.AUTO_REPLY: _of_auto_reply,
    Kind.BOUNCE: _of_bounce,
    Kind.CALENDAR: _of_calendar,
    Kind.RECEIPT: _of_receipt,
}

_WORD = re.compile(r"[\s;(]")


def _present(
    fields: HeaderFields, names: tuple[str, ...], without: frozenset[str] | set[str] = frozenset()
) -> str | None:
    """Give the first of these fields that says anything but the words it is to be `without`."""
    for name in names:
        for text in fields.texts(name):
            if text.value and text.folded not in without:
                return f"{name.title()}: {text.value}"
    return None


def _precedence(fields: HeaderFields, words: set[str]) -> str | None:
    found = fields.first("PRECEDENCE")
    return f"Precedence: {found}" if found in words else None


def _content(fields: HeaderFields) -> tuple[str, str]:
    """Give the message's content type and, of a report, what it reports (RFC 6522 §3); text/plain if it says none."""
    described = parse_described(fields.first("CONTENT-TYPE").encode("utf-8"))
    if described.word != "multipart/report":
        return described.word or "text/plain", ""
    reports = (value.decode("utf-8", "replace") for name, value in described.parameters if name == "report-type")
    return described.word, next(reports, "")
