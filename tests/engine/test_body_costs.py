"""What looking into messages costs: a few round trips however many there are, none where it decides nothing."""

from pathlib import Path

import pytest

from tests.builders import message
from tests.engine.scene import Scene, rule, scene
from tests.mime_corpus import messages
from tests.servers.dovecot import Dovecot

MANY = 100
"""As many as are looked into together."""


def fetches(it: Scene) -> list[bytes]:
    """The FETCH commands for something inside messages, without UIDs."""
    texts = [exchange.text for exchange in it.proxy.recording.find("UID FETCH")]
    return [text.split(b" ", 3)[3] for text in texts if b"BODYSTRUCTURE" in text or b"BODY.PEEK[1" in text]


async def test_a_hundred_bodies_cost_two_commands_and_two_round_trips(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", 'body = "needle"', 'move = "Found"')) as it:
        dovecot.deliver(user, *(message(f"{number}", body=f"needle {number % 2}\n") for number in range(MANY)))

        await it.file()

        flights = [flight for flight in it.proxy.recording.flights if "UID FETCH" in flight]
        assert fetches(it) == [b"(UID BODYSTRUCTURE)", b"(UID BODY.PEEK[1]<0.262144>)"]
        assert len(flights) <= 4
        assert [len(found) for found in it.subjects().values()] == [MANY]


async def test_only_messages_that_cheap_conditions_leave_open_are_looked_into(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    rules = rule("r", 'subject = "wanted"', 'move = "Found"').replace(
        "match.subject", 'match.body = "needle"\nmatch.attachment = false\nmatch.subject'
    )
    async with scene(dovecot, user, tmp_path, rules) as it:
        wanted = message("wanted", body="a needle")
        dovecot.deliver(user, *(message("other", body="a needle") for _ in range(5)), wanted)

        await it.file()

        asked = [exchange.text.split()[2] for exchange in it.proxy.recording.find("UID FETCH")]
        assert it.subjects()["Found"] == ["wanted"]
        assert asked[-2:] == [b"6", b"6"]
        assert len(fetches(it)) == 2


@pytest.mark.parametrize("match", ["attachment = true", 'attachment.name = "invoice"', 'part.type = "image/*"'])
async def test_what_the_structure_decides_costs_no_body(
    dovecot: Dovecot, user: str, tmp_path: Path, match: str
) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", match, 'add_flags = "$x"')) as it:
        dovecot.deliver(user, messages()["two parts"], messages()["an inline image"], message("plain"))

        await it.file()

        assert fetches(it) == [b"(UID BODYSTRUCTURE)"]


async def test_the_name_of_an_attachment_makes_a_mailbox(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("r", 'subject = "parts"', 'move = "Files/{attachment.name}"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        dovecot.deliver(user, messages()["two parts"], messages()["parts without content"])

        await it.file()

        assert it.subjects() == {"Files/invoice.pdf": ["two parts", "parts without content"]}


async def test_a_template_without_a_value_leaves_the_message(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    rules = rule("r", 'subject = "plain"', 'move = "Files/{attachment.name}"')
    async with scene(dovecot, user, tmp_path, rules) as it:
        dovecot.deliver(user, message("plain"))

        await it.file()

        assert it.subjects() == {"INBOX": ["plain"]}
