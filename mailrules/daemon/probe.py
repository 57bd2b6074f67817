"""Asks the daemon over its socket whether the process itself is sound: a container's health check, quick to start.

::

    python -m mailrules.daemon.probe /var/lib/mailrules/state.db

Exit status 0: it is. 1: it is not, or it does not answer, and standard error says so. A mail server that is down is no
fault of the process. It runs each minute, so it imports the standard library only: that takes a fraction of the time.
"""

import json
import socket
import sys

_PATIENCE = 4.0  # seconds


def main() -> None:
    """Ask, and end with the exit status."""
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(_PATIENCE)
            sock.connect(f"{sys.argv[1]}.sock")
            sock.sendall(b'{"status": true}\n')
            with sock.makefile("rb") as answer:
                late = json.loads(answer.readline())["status"]["late"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        sys.exit(f"no answer from the daemon ({error})")
    if late:
        # A mailbox has whatever name somebody gave it: no control character of that gets on a terminal.
        sys.exit("\n".join(what if what.isprintable() else ascii(what) for what in late))


if __name__ == "__main__":
    main()
