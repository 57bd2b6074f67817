"""A behaviour is found out by greeting or capabilities, and asked for by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

import mailrules.imap
from mailrules.imap import Capabilities, ClientProtocol, Login
from mailrules.imap.quirks import Quirks, detect

GMAIL = Capabilities(["IMAP4rev1", "X-GM-EXT-1", "MOVE"])


def test_an_ordinary_server_has_none() -> None:
    assert detect("Dovecot ready.", Capabilities(["IMAP4rev1", "QRESYNC"])) == Quirks()
    assert detect("", None) == Quirks()


def test_a_dovecot_that_pushes_to_apple_is_not_icloud() -> None:
    assert detect("Dovecot ready.", Capabilities(["IMAP4rev1", "XAPPLEPUSHSERVICE", "QRESYNC"])) == Quirks()


def test_gmails_expunge_archives() -> None:
    assert detect("Gimap ready", GMAIL).expunge_archives


@pytest.mark.parametrize(
    ("greeting", "capabilities", "distrusted"),
    [
        ("ready", ["IMAP4rev1", "XAPPLEPUSHSERVICE", "X-SUN-IMAP", "QRESYNC"], "QRESYNC"),
        ("Microsoft Exchange Server 2003 IMAP4rev1 server version 6.5 ready", ["IMAP4rev1", "NAMESPACE"], "NAMESPACE"),
    ],
)
def test_what_is_not_to_be_trusted_is_not_among_the_capabilities(
    greeting: str, capabilities: list[str], distrusted: str
) -> None:
    protocol = ClientProtocol()
    protocol.receive_data(f"* OK {greeting}\r\n".encode())
    protocol.send(Login("a", "b"))
    protocol.receive_data(f"A1 OK [CAPABILITY {' '.join(capabilities)}] in\r\n".encode())
    assert protocol.capabilities is not None
    assert distrusted not in protocol.capabilities
    assert set(protocol.capabilities) == {name.upper() for name in capabilities} - {distrusted}


def test_no_other_file_asks_for_a_server_by_its_name() -> None:
    package = Path(mailrules.imap.__file__).parent
    for path in package.rglob("*.py"):
        if path.name not in {"quirks.py", "gmail.py"}:  # an extension is offered by its own name
            code = [line for line in path.read_text().splitlines() if '"' in line and not line.startswith('"""')]
            assert [line for line in code if "X-GM-EXT" in line or "XAPPLE" in line] == []
