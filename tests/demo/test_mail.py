"""The demo's mails are proper mails, and always the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

from mailrules.demo.mail import samples

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)
MAILS = samples(NOW, "ann@example.org")


def test_the_same_arguments_give_the_same_octets() -> None:
    assert samples(NOW, "ann@example.org") == MAILS


def test_about_a_dozen_different_mails() -> None:
    assert len({mail.name for mail in MAILS}) == len({mail.subject for mail in MAILS}) == len(MAILS) == 12


def test_every_mail_can_be_read_without_a_defect() -> None:
    for mail in MAILS:
        message = message_from_bytes(mail.content, policy=policy.default)
        assert [*message.defects, *(defect for part in message.walk() for defect in part.defects)] == []
        assert (message["From"], message["Subject"]) == (mail.sender, mail.subject)
        assert message["Message-ID"].startswith("<")
        assert not re.search(rb"(?<!\r)\n", mail.content)


def test_the_dates_lie_in_the_hour_before() -> None:
    dates = [parsedate_to_datetime(message_from_bytes(mail.content)["Date"]) for mail in MAILS]
    assert dates == sorted(dates)
    assert all(0 < (NOW - date).total_seconds() <= 3600 for date in dates)
