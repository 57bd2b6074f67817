"""Durations, paths, time zones and addresses are read as people write them."""

from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from mailrules.config.model import Account, Daemon, default_state, is_loopback
from mailrules.config.values import Listen, Place, system_timezone


def account(**settings: object) -> Account:
    return Account.model_validate(
        {"host": "imap.example.org", "username": "ann@example.org", "password": "x", **settings},
        context=Place(Path("/etc/mailrules")),
    )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(90, 90.0), (7.5, 7.5), ("90", None), ("90 s", 90.0), ("1.5min", 90.0), ("2 Minutes", 120.0), ("1 hour", 3600.0)],
)
def test_durations(written: object, seconds: float | None) -> None:
    try:
        assert account(poll=written).poll == seconds
    except ValidationError:
        assert seconds is None


@pytest.mark.parametrize("written", [float("nan"), float("inf"), "-1 min", "1 fortnight", "", True, None])
def test_no_durations(written: object) -> None:
    with pytest.raises(ValidationError):
        account(poll=written)


def test_ports_follow_tls_unless_they_are_given() -> None:
    assert account().port == 993
    assert account(tls="starttls").port == 143
    assert account(tls="starttls", port=1143).port == 1143


def test_the_username_is_an_address_of_mine_if_it_is_one() -> None:
    assert account().addresses == ("ann@example.org",)
    assert account(username="ann").addresses == ()
    assert account(addresses="ann@example.com").addresses == ("ann@example.com",)
    assert account(addresses=[]).addresses == ()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "mail.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_clear_text_is_for_this_machine(host: str) -> None:
    assert account(host=host, tls="none").tls == "none"


@pytest.mark.parametrize("host", ["imap.example.org", "localhost.example.org", "10.0.0.1", "::2", "notlocalhost"])
def test_clear_text_is_for_no_other(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ValidationError, match="for a server on this machine only"):
        account(host=host, tls="none")


def test_paths_start_from_the_rule_file_or_from_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert account(ca_file="ca.pem").ca_file == Path("/etc/mailrules/ca.pem")
    assert account(ca_file="~/ca.pem").ca_file == Path("/home/ann/ca.pem")
    with pytest.raises(ValidationError, match="there is no home directory for '~no-such-user'"):
        account(ca_file="~no-such-user/ca.pem")


def test_the_state_is_kept_where_the_system_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    assert default_state() == Path("/home/ann/.local/state/mailrules/state.db")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert Daemon().state == Path("/state/mailrules/state.db")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/mailrules:/var/lib/other")
    assert Daemon().state == Path("/var/lib/mailrules/state.db")


@pytest.mark.parametrize(
    ("written", "listen"),
    [
        ("127.0.0.1:9464", Listen("127.0.0.1", 9464)),
        ("[::1]:9464", Listen("::1", 9464)),
        ("localhost:0", Listen("localhost", 0)),
        ("10.0.0.7:65535", Listen("10.0.0.7", 65535)),
    ],
)
def test_an_address_to_listen_at_is_a_host_and_a_port(written: str, listen: Listen) -> None:
    assert Daemon.model_validate({"listen": written}).listen == listen
    assert str(listen) == written


@pytest.mark.parametrize(
    "written", ["", "9464", ":9464", "::1:9464", "127.0.0.1", "http://127.0.0.1:9464", "a:65536", "a:-1", "[a]:1", 9464]
)
def test_anything_else_to_listen_at_is_refused(written: object) -> None:
    with pytest.raises(ValidationError):
        Daemon.model_validate({"listen": written})


def test_time_zones_have_their_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Daemon.model_validate({"timezone": "Europe/Kyiv"}).timezone == ZoneInfo("Europe/Kyiv")
    for zone, written in [(ZoneInfo("Asia/Tokyo"), ":Asia/Tokyo"), (UTC, "no such zone")]:
        system_timezone.cache_clear()
        monkeypatch.setenv("TZ", written)
        assert system_timezone() == zone
    system_timezone.cache_clear()


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime", "a" * 5000])
def test_unknown_time_zones_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Daemon.model_validate({"timezone": name})


def test_accounts_are_equal_if_their_settings_are() -> None:
    assert account() == account()
    assert account() != account(watch="Support/*")
    assert account(password={"env": "A"}) == account(password={"env": "A"})
    assert account(password={"env": "A"}) != account(password={"env": "B"})
