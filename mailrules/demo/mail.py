"""Writes a dozen plausible mails, such as one person gets in a day; the demo delivers them."""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from mailrules.values import value

if TYPE_CHECKING:
    from datetime import datetime

_POLICY = SMTP.clone(max_line_length=78)
_BOUNDARY = "==part-of-this-mail=="
"""Given, since the library would draw lots for one."""


@value(frozen=True, slots=True)
class Sample:
    """One mail: a name to speak of it, what people see of it, and its octets with CRLF line ends."""

    name: str
    sender: str
    subject: str
    content: bytes = field(repr=False)


def samples(now: datetime, me: str) -> tuple[Sample, ...]:
    """Return the mails in the order of their dates, which lie in the hour before `now`, an aware moment.

    `me` is the address they are sent to, such as ``ann@example.org``. The same arguments give the same octets.
    """
    writers = (
        _newsletter,
        _invoice,
        _question,
        _contract,
        _list_post,
        _big,
        _spam,
        _alert,
        _bill_in_ukrainian,
        _invitation,
        _out_of_office,
        _personal,
    )
    made = []
    for minutes, write in zip(range(5 * len(writers), 0, -5), writers, strict=True):
        message = write(me)
        name = write.__name__.strip("_").replace("_", " ")
        domain = message["From"].addresses[0].domain
        message["Date"] = format_datetime(now - timedelta(minutes=minutes))
        message["Message-ID"] = f"<{name.replace(' ', '.')}.{now:%Y%m%d%H%M%S}@{domain}>"
        made.append(Sample(name, str(message["From"]), str(message["Subject"]), message.as_bytes()))
    return tuple(made)


def _mail(sender: str, to: str, subject: str, body: str, **headers: str) -> EmailMessage:
    """Return a mail of plain text; ``List_Id="x"`` makes a List-Id field."""
    message = EmailMessage(_POLICY)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    for name, written in headers.items():
        message[name.replace("_", "-")] = written
    message.set_content(body)
    return message


def _attach(message: EmailMessage, content: bytes, kind: str, filename: str) -> None:
    main, _, sub = kind.partition("/")
    message.add_attachment(content, main, sub, filename=filename)
    message.set_boundary(_BOUNDARY)


def _newsletter(me: str) -> EmailMessage:
    return _mail(
        "Tea & Letters <news@tea-letters.example>",
        me,
        "Seven teas for grey mornings",
        "Good morning,\n\nthis week: what smoke does to a leaf, and where to find the first harvest.\n",
        List_Id="Tea & Letters <news.tea-letters.example>",
        List_Unsubscribe="<https://tea-letters.example/unsubscribe>",
        Precedence="bulk",
    )


def _invoice(me: str) -> EmailMessage:
    message = _mail(
        "Northern Hosting Billing <billing@hosting.example>",
        me,
        "Invoice 2025-0317 for your server",
        "Dear customer,\n\nplease find the invoice attached. The amount is drawn in ten days.\n",
    )
    _attach(message, b"%PDF-1.4\n% a small invoice\n%%EOF\n", "application/pdf", "invoice-2025-0317.pdf")
    return message


def _question(me: str) -> EmailMessage:
    return _mail(
        "Bob Miller <bob@acme.example>",
        me,
        "Help: the export stops at page 3",
        "Hello,\n\nsince Monday our export ends after three pages. Can you have a look?\n\nBob\n",
    )


def _contract(me: str) -> EmailMessage:
    message = _mail(
        "Jürgen Groß <juergen.gross@kanzlei.example>",
        me,
        "Vertrag über die Wartung – Entwurf",
        "Guten Tag,\n\nanbei der Entwurf. Bitte prüfen Sie Absatz 4.\n\nMit freundlichen Grüßen\nJürgen Groß\n",
    )
    _attach(message, b"%PDF-1.4\n% Entwurf\n%%EOF\n", "application/pdf", "Vertrag.pdf")
    return message


def _list_post(me: str) -> EmailMessage:
    return _mail(
        "Chidi Okafor <chidi@garden.example>",
        "developers@lists.compost.example",
        "[compost-dev] Re: who turns the heap in winter?",
        f"On Tuesday {me} wrote:\n> Somebody has to.\n\nA timer could do it. I have one that nobody uses.\n",
        List_Id="Compost developers <compost-dev.lists.compost.example>",
        List_Post="<mailto:developers@lists.compost.example>",
        Precedence="list",
    )


def _big(me: str) -> EmailMessage:
    message = _mail(
        "Mira Lind <mira@family.example>",
        me,
        "All the photos from the lake",
        "Here they are, all of them. The last one is the best.\n\nMira\n",
    )
    _attach(message, bytes(range(256)) * 6_000, "image/jpeg", "lake.jpg")
    return message


def _spam(me: str) -> EmailMessage:
    return _mail(
        "Lottery Department <winner@lucky-draw.example>",
        me,
        "YOU HAVE WON 1,000,000!!! claim NOW",
        "Congratulation dear friend! Your adress was drawn. Send your bank details to recieve the prize.\n",
        X_Spam_Flag="YES",
        X_Spam_Score="14.2",
    )


def _alert(me: str) -> EmailMessage:
    return _mail(
        "Monitoring <monitoring@ops.example>",
        me,
        "CRITICAL: disk on db-2 is 96 % full",
        "Check: disk\nHost: db-2\nState: critical for 4 minutes\n",
        X_Alert_Severity="critical",
        Auto_Submitted="auto-generated",
    )


def _bill_in_ukrainian(me: str) -> EmailMessage:
    message = _mail(
        "Львівенерго <rahunky@energy.example>",
        me,
        "Рахунок № 17 за березень",
        "Доброго дня!\n\nРахунок у вкладенні.\n",
    )
    _attach(message, b"%PDF-1.4\n% rahunok\n%%EOF\n", "application/pdf", "рахунок-17.pdf")
    return message


def _invitation(me: str) -> EmailMessage:
    message = _mail(
        "Dana Petrova <dana@work.example>",
        me,
        "Invitation: planning, Thursday 10:00",
        "Shall we plan the spring on Thursday?\n",
    )
    event = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR\n"
    message.add_alternative(event, subtype="calendar", params={"method": "REQUEST"})
    message.set_boundary(_BOUNDARY)
    return message


def _out_of_office(me: str) -> EmailMessage:
    return _mail(
        "Frida Holm <frida@work.example>",
        me,
        "Automatic reply: the minutes of Monday",
        "I am away until the 14th and read no mail.\n",
        Auto_Submitted="auto-replied",
    )


def _personal(me: str) -> EmailMessage:
    return _mail(
        "Grandmother <oma@family.example>",
        me,
        "Sunday",
        "Come at three. There will be cake.\n",
    )
