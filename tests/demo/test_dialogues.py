"""The memory server answers as a real Dovecot does, conversation by conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mailrules.demo import MemoryServer
from tests.demo import mailbox_dialogues, message_dialogues
from tests.demo.peer import Peer
from tests.demo.shapes import agrees, steps
from tests.servers.dovecot import PASSWORD

if TYPE_CHECKING:
    from tests.servers.dovecot import Dovecot

DIALOGUES = mailbox_dialogues.DIALOGUES | message_dialogues.DIALOGUES

every_dialogue = pytest.mark.parametrize("dialogue", DIALOGUES.values(), ids=DIALOGUES.keys())


@every_dialogue
async def test_the_memory_server_holds_the_dialogue(dialogue: str) -> None:
    async with MemoryServer() as server:
        await _hold(dialogue, server.port, server.options.user, server.options.password)


@every_dialogue
async def test_dovecot_holds_the_same_dialogue(dialogue: str, dovecot: Dovecot, user: str) -> None:
    await _hold(dialogue, dovecot.ports.imap, user, PASSWORD)


async def _hold(dialogue: str, port: int, user: str, password: str) -> None:
    async with Peer(port) as peer:
        await peer.login(user, password)
        for command, expected in steps(dialogue):
            responses = await peer.ask(command)
            assert agrees(expected, responses), f"{command!r} was answered {responses}, not {expected}"
