"""The test server does what the tests that stand on it believe."""

from __future__ import annotations

import pytest

from tests.builders import message
from tests.servers.configuration import Layout
from tests.servers.dovecot import Dovecot


def test_delivers_and_looks(dovecot: Dovecot, user: str) -> None:
    """A message delivered by LMTP is in INBOX, one appended is where it was put, with its flags."""
    dovecot.deliver(user, message("first", message_id="<1@x>"), message("second"))
    uid = dovecot.append(user, "Lists/Приклад & co.uk", message("third"), [r"\Seen", "$Label"])
    seen = dovecot.look(user)
    assert [found.subject for found in seen["INBOX"]] == ["first", "second"]
    assert seen["INBOX"][0].message_id == "<1@x>"
    assert [(uid, frozenset({r"\Seen", "$Label"}))] == [found[:2] for found in seen["Lists/Приклад & co.uk"]]
    assert {"Trash", "Junk", "Archive", "Sent", "Drafts"} < seen.keys()


def test_layout_with_prefix_and_quota(user: str) -> None:
    """Another layout: `.` and `INBOX.`, and no room for more than a few KiB."""
    with Dovecot(Layout(separator=".", prefix="INBOX.", quota=20)) as server:
        server.append(user, "INBOX.Lists", message("small"))
        assert server.subjects(user) == {"INBOX.Lists": ["small"]}
        with server.session(user) as imap:
            kind, data = imap.append("INBOX", "", "", message(body="x" * 30_000))
        assert kind == "NO"
        assert data[0].startswith(b"[OVERQUOTA]")


def test_kept_mail_and_ports_over_a_restart(user: str) -> None:
    """Mail and ports stay over a kill and a new start, and the killed server's sessions are gone."""
    with Dovecot() as server:
        ports = server.ports
        server.deliver(user, message("kept"))
        with server.session(user):
            assert len(server.sessions(user)) == 1
            server.kill()
            server.start()
            assert server.sessions(user) == []
            assert ports == server.ports
        assert server.subjects(user) == {"INBOX": ["kept"]}


def test_missing_dovecot_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no server is installed the tests fail and say what to install."""
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(RuntimeError, match=r"^.*: apt-get install dovecot-imapd dovecot-lmtpd$"):
        Dovecot()
