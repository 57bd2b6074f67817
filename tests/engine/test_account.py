"""What rules are told of the account beside the message."""

from pathlib import Path

import pytest

from mailrules.client import Namespace
from tests.engine.scene import rule, scene
from tests.servers.dovecot import Dovecot


@pytest.mark.parametrize(
    ("namespace", "delimiter", "reserved"),
    [
        (Namespace(), "/", ()),
        (Namespace("", None, ("#shared",)), "/", ("#shared",)),
        (Namespace("INBOX.", ".", ("Other Users.", "shared.all.")), ".", ("Other Users", "shared")),
    ],
)
async def test_values_may_not_name_what_belongs_to_others(
    dovecot: Dovecot, user: str, tmp_path: Path, namespace: Namespace, delimiter: str, reserved: tuple[str, ...]
) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", 'subject = "one"', "stop = true")) as it:
        facts = it.context.facts("Lists/Python", namespace)
    assert (facts.mailbox, facts.delimiter, facts.reserved) == ("Lists/Python", delimiter, reserved)
