"""What systemd is told, heard on a socket of our own."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailrules.daemon import systemd


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield sock


def test_ready_carries_the_status_line(heard: socket.socket) -> None:
    systemd.ready("2 accounts, 3 rules")
    assert heard.recv(1000) == b"READY=1\nSTATUS=2 accounts, 3 rules"


def test_reloading_carries_the_moment(heard: socket.socket) -> None:
    systemd.reloading()
    state, moment = heard.recv(1000).split(b"\n")
    assert state == b"RELOADING=1"
    assert int(moment.removeprefix(b"MONOTONIC_USEC=")) > 0


def test_stopping_is_told(heard: socket.socket) -> None:
    systemd.stopping()
    assert heard.recv(1000) == b"STOPPING=1"


def test_an_abstract_socket_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        name = f"mailrules-test-notify-{os.getpid()}"
        sock.bind(f"\0{name}")
        sock.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        systemd.stopping()
        assert sock.recv(1000) == b"STOPPING=1"


@pytest.mark.parametrize("address", [None, "/nowhere/notify"])
def test_without_a_listener_nothing_happens(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    systemd.stopping()
