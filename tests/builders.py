"""Short ways to make what tests talk about: mail."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from uuid import uuid4


def message(
    subject: str = "Hello",
    *,
    sender: str = "Bob <bob@example.com>",
    to: str = "ann@example.org",
    body: str = "Good morning.\n",
    message_id: str | None = None,
    date: str = "Mon, 03 Mar 2025 09:00:00 +0000",
    **headers: str,
) -> bytes:
    """Build a message with CRLF line ends; `List_Id="x"` makes a `List-Id` field. Without `message_id` it is unique."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = date
    mail["Message-ID"] = message_id or f"<{uuid4().hex}@example.com>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return mail.as_bytes()
