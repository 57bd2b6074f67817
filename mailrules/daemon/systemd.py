"""Tells systemd how the service is, where systemd asked for it; anywhere else it does nothing.

The protocol is sd_notify(3): one datagram of ``KEY=VALUE`` lines to the socket in ``$NOTIFY_SOCKET``.
"""

from __future__ import annotations

import os
import socket
import time

__all__ = ["ready", "reloading", "stopping"]


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


def _notify(*lines: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]  # Linux's abstract namespace
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.connect(address)
            sock.sendall("\n".join(lines).encode())
    except OSError:
        return  # a service manager that went away is no reason to stop sorting mail
