"""What rules are told of the account beside the message."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailrules.client import Namespace
from mailrules.config import Account
from mailrules.engine.directory import Directory
from mailrules.imap import MailboxName
from mailrules.store import SqliteStore
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


async def test_rules_know_which_mailboxes_there_are(dovecot: Dovecot, user: str, tmp_path: Path) -> None:
    async with scene(dovecot, user, tmp_path, rule("r", 'subject = "one"', "stop = true")) as it:
        assert it.directory.paths(Namespace()) == frozenset(it.server.look(it.user))
        async with it.session() as session:
            await it.directory.create(session, [MailboxName.from_text("Lists/Python")])
            facts = it.context.facts("INBOX", session.namespace)
    assert facts.mailboxes is not None
    assert facts.mailboxes >= {"INBOX", "Lists/Python"}
    assert r"\Junk" in facts.special_uses


def test_before_the_first_list_nothing_is_known_of_mailboxes(tmp_path: Path) -> None:
    settings = Account.model_validate(
        {"host": "127.0.0.1", "tls": "none", "username": "ann", "password": "x", "trash": "Bin"}
    )
    directory = Directory("work", settings, SqliteStore(tmp_path / "state.db"), lambda: datetime.now(UTC))
    assert directory.paths(Namespace()) is None
    assert directory.special_uses == {r"\Trash"}


async def test_whose_authentication_results_are_believed_is_a_setting(
    dovecot: Dovecot, user: str, tmp_path: Path
) -> None:
    text = rule("r", 'subject = "one"', "stop = true")
    async with scene(dovecot, user, tmp_path, text, authserv_id=["MX.example.org", "mx2.example.org"]) as it:
        facts = it.context.facts("INBOX", Namespace())
    assert facts.authserv_ids == ("mx.example.org", "mx2.example.org")
