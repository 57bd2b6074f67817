"""What a server can do, asked by name."""

from __future__ import annotations

from mailrules.imap.capability import Capabilities


def test_names_are_compared_without_case() -> None:
    capabilities = Capabilities([b"IMAP4rev1", "Move", b"auth=Plain"])
    assert "MOVE" in capabilities
    assert "move" in capabilities
    assert b"Imap4Rev1" in capabilities
    assert "IDLE" not in capabilities
    assert 7 not in capabilities
    assert list(capabilities) == ["IMAP4REV1", "MOVE", "AUTH=PLAIN"]


def test_rev2_implies_the_extensions_that_it_took_in() -> None:
    capabilities = Capabilities(["IMAP4rev2"])
    for name in ("MOVE", "UIDPLUS", "IDLE", "NAMESPACE", "UNSELECT", "ENABLE", "LITERAL-", "ESEARCH", "SASL-IR"):
        assert name in capabilities
    assert "CONDSTORE" not in capabilities
    assert "LITERAL+" not in capabilities
    assert list(capabilities) == ["IMAP4REV2"]


def test_other_implications() -> None:
    assert "CONDSTORE" in Capabilities(["QRESYNC"])
    assert "QRESYNC" not in Capabilities(["CONDSTORE"])
    assert "LITERAL-" in Capabilities(["LITERAL+"])
    assert "LITERAL+" not in Capabilities(["LITERAL-"])
    assert "UTF8=ACCEPT" in Capabilities(["UTF8=ONLY"])


def test_values_stand_behind_the_equals_sign() -> None:
    capabilities = Capabilities(["AUTH=XOAUTH2", "auth=plain", "APPENDLIMIT=1000", "AUTH"])
    assert capabilities.auth_mechanisms == ("XOAUTH2", "PLAIN")
    assert capabilities.values("appendlimit") == ("1000",)
    assert capabilities.values("SORT") == ()


def test_order_and_repetition_do_not_matter() -> None:
    assert Capabilities(["A", "B", "a"]) == Capabilities(["b", "A"])
    assert hash(Capabilities(["A", "B", "a"])) == hash(Capabilities(["b", "A"]))
    assert Capabilities(["A"]) != Capabilities(["B"])
    assert Capabilities() != ()
    assert len(Capabilities(["A", "a"])) == 1


def test_octets_that_are_not_ascii_do_no_harm() -> None:
    assert len(Capabilities([b"\xff"])) == 1


def test_quirk_mailkit_1654_literal_plus_with_a_space() -> None:
    capabilities = Capabilities([b"IDLE", b"LITERAL", b"+", b"MOVE"])
    assert list(capabilities) == ["IDLE", "LITERAL+", "MOVE"]
    assert list(Capabilities(["+"])) == ["+"]


def test_it_shows_itself() -> None:
    assert repr(Capabilities(["idle", "MOVE"])) == "Capabilities('IDLE MOVE')"
