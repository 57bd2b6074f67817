"""Tells systemd how the service is, where systemd asked for it; anywhere else it does nothing.

The protocol is sd_notify(3): one datagram of ``KEY=VALUE`` lines to the socket in ``$NOTIFY_SOCKET``.
"""

from __future__ import annotations

import os
import socket
import time

__all__ = ["alive", "ready", "reloading", "stopping", "watchdog_period"]

_PATIENCE = 1.0  # seconds, in which nothing else is done


def ready(text: str) -> None:
    """Tell that start-up, or a reload, is over; ``text`` is what ``systemctl status`` shows."""
    _notify("READY=1", f"STATUS={text}")


def reloading() -> None:
    """Tell that the rule file is being read again; ``ready`` must follow."""
    # Type=notify-reload wants the moment, so that it can tell this answer from an earlier one.
    _notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    """Tell that the daemon is on its way down."""
    _notify("STOPPING=1")


def watchdog_period() -> float | None:
    """Return the seconds within which systemd wants to hear `alive` again and again; None if it does not ask for it."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None  # it is meant for another process, whose environment this one has inherited
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdecimal() and int(microseconds) else None


def alive() -> None:
    """Tell that all is going on."""
    _notify("WATCHDOG=1")


def _notify(*lines: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # Linux's abstract namespace
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(_PATIENCE)  # its queue may be full
            sock.connect(address)
            sock.sendall("\n".join(lines).encode())
    except OSError:
        return  # a service manager that went away is no reason to stop sorting mail
