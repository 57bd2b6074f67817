"""Debian's Dovecot in a throw-away folder: a real IMAP and LMTP server for one test session.

Every user name signs in, with the password `PASSWORD`, and has mailboxes of its own: a test takes a fresh name and
disturbs nobody. The helpers use the standard library's imaplib, on purpose: what mailrules did is looked at through
other eyes than its own.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import random
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from tests.servers.certificates import Authority, Pair
from tests.servers.configuration import Layout, configuration, users
from tests.servers.names import from_wire, to_wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

HOST = "127.0.0.1"
PASSWORD = "correct-horse"
START_LIMIT = 60.0  # seconds; it takes 0.05 on a quiet machine


class Found(NamedTuple):
    r"""One message as an outsider sees it. `flags` is without the \Recent flag."""

    uid: int
    flags: frozenset[str]
    subject: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Ports:
    """The loopback ports of one server. STARTTLS is offered on `imap`."""

    imap: int
    imaps: int
    lmtp: int


class Dovecot:
    """One server; `with Dovecot() as server:` or start() and stop()."""

    def __init__(self, layout: Layout | None = None, *, certificate: Pair | None = None) -> None:
        require_dovecot()
        self.layout = layout or Layout()
        self.folder = Path(tempfile.mkdtemp(prefix="mr-dovecot-"))
        self.folder.chmod(0o755)  # the server's own users, where it is started as root
        self.authority = Authority(self.folder)
        self.ca_file = self.authority.ca_file
        self._certificate = certificate or self.authority.issue()
        self._process: subprocess.Popen[bytes] | None = None
        self.ports = Ports(0, 0, 0)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- its life

    def start(self) -> None:
        """Start it and return when all three ports answer. Ports are kept over a restart."""
        for attempt in range(5):
            if self.ports.imap == 0 or attempt:
                self.ports = Ports(*_free_ports(3))
            else:
                self._wait_for_ports()
            self._launch()
            if self._answers():
                return
            self.kill()
        raise RuntimeError("Dovecot did not start:\n" + self.log())

    def stop(self) -> None:
        """End it and every process it started, politely."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        self.kill()

    def kill(self) -> None:
        """End it and every process it started, at once (SIGKILL): a power cut for its sessions."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop and start on the same ports, with the same mail."""
        self.stop()
        self.start()

    def sessions(self, user: str) -> list[int]:
        """Return the process ids of the user's IMAP sessions."""
        lines = self.doveadm("who", "-1", user).splitlines()[1:]
        return [int(line.split()[2]) for line in lines if line.split()[1] == "imap"]

    def log(self) -> str:
        """Return what it has logged so far."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def doveadm(self, *arguments: str) -> str:
        """Run Dovecot's own administration tool against this server; its output."""
        command = ["doveadm", "-c", str(self.folder / "dovecot.conf"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
        if done.returncode:
            raise RuntimeError(f"doveadm {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    # --- mail, through other eyes

    def deliver(self, user: str, *messages: bytes) -> None:
        """Deliver by LMTP, as a mail server does: to INBOX."""
        with smtplib.LMTP(HOST, self.ports.lmtp) as lmtp:
            for message in messages:
                lmtp.sendmail("bounces@example.com", [user], message)

    def append(self, user: str, mailbox: str, message: bytes, flags: Iterable[str] = (), date: str = "") -> int:
        """APPEND to a mailbox, which is created if missing; returns the UID. `date`: as in INTERNALDATE, unquoted."""
        with self.session(user) as imap:
            if imap.create(to_wire(mailbox))[0] == "OK":
                imap.subscribe(to_wire(mailbox))
            when = f'"{date}"' if date else ""
            kind, data = imap.append(to_wire(mailbox), " ".join(flags), when, message)
            if kind != "OK":
                raise RuntimeError(f"APPEND: {data!r}")
            return int(data[0].split(b"]")[0].split()[-1])

    def look(self, user: str) -> dict[str, list[Found]]:
        """Return every mailbox that can be selected, with its messages by UID. Names as the server writes them."""
        with self.session(user) as imap:
            names = [line for line in imap.list()[1] if isinstance(line, bytes) and b"\\noselect" not in line.lower()]
            wire = [line.rsplit(b' "' + self.layout.separator.encode() + b'" ', 1)[1].decode() for line in names]
            return {from_wire(name): _messages(imap, name) for name in sorted(wire)}

    def subjects(self, user: str) -> dict[str, list[str]]:
        """Return the subjects in every mailbox that has a message, by UID."""
        return {name: [found.subject for found in messages] for name, messages in self.look(user).items() if messages}

    def create(self, user: str, *mailboxes: str) -> None:
        """CREATE and SUBSCRIBE."""
        with self.session(user) as imap:
            for mailbox in mailboxes:
                imap.create(to_wire(mailbox))
                imap.subscribe(to_wire(mailbox))

    @contextlib.contextmanager
    def session(self, user: str) -> Iterator[imaplib.IMAP4]:
        """Sign the user in with imaplib: another mail client, beside mailrules."""
        imap = imaplib.IMAP4(HOST, self.ports.imap, timeout=90)
        try:
            imap.login(user, PASSWORD)
            yield imap
        finally:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                imap.logout()
            with contextlib.suppress(OSError):
                imap.shutdown()

    # --- helpers

    def _launch(self) -> None:
        path = self.folder / "dovecot.conf"
        text = configuration(self.folder, self.ports, self.layout, self._certificate, PASSWORD)
        path.write_text(text)
        if os.getuid() == 0:
            home = self.folder / "mail"
            home.mkdir(exist_ok=True)
            os.chown(home, pwd.getpwnam("nobody").pw_uid, grp.getgrnam("nogroup").gr_gid)
            if self.layout.hibernating:
                home.chmod(0o1777)
                (self.folder / "users").write_text(users(self.folder, self.layout.hibernating))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["dovecot", "-F", "-c", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_for_ports(self) -> None:
        """Wait until those that were killed have let go of the ports, which their parent's end does not tell."""
        limit = time.monotonic() + START_LIMIT
        for port in (self.ports.imap, self.ports.imaps, self.ports.lmtp):
            while time.monotonic() < limit:
                with socket.socket() as probe, contextlib.suppress(OSError):
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((HOST, port))
                    break
                time.sleep(0.005)

    def _answers(self) -> bool:
        assert self._process is not None
        limit = time.monotonic() + START_LIMIT
        for port in (self.ports.imap, self.ports.imaps, self.ports.lmtp):
            while True:
                try:
                    socket.create_connection((HOST, port), timeout=5).close()
                    break
                except OSError:
                    if self._process.poll() is not None or time.monotonic() > limit:
                        return False
                    time.sleep(0.005)
        return True


def require_dovecot() -> None:
    """Fail, in one line that says what to install, where Dovecot is missing."""
    if shutil.which("dovecot") is None or not Path("/usr/lib/dovecot/lmtp").exists():
        raise RuntimeError("these tests need a real IMAP server: apt-get install dovecot-imapd dovecot-lmtpd")


def _messages(imap: imaplib.IMAP4, name: str) -> list[Found]:
    if imap.select(name, readonly=True)[0] != "OK":
        return []
    answer = imap.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT MESSAGE-ID)])")[1]
    found = [_found(item[0], item[1]) for item in answer if isinstance(item, tuple)]
    return sorted(found)


def _found(line: bytes, header: bytes) -> Found:
    uid = int(line.split(b"UID ")[1].split()[0])
    flags = line.split(b"FLAGS (")[1].split(b")")[0].decode().split()
    fields = BytesHeaderParser().parsebytes(header)
    return Found(uid, frozenset(flags) - {"\\Recent"}, str(fields["Subject"]), str(fields["Message-ID"]))


def _free_ports(count: int) -> list[int]:
    # Below the range from which the system takes the ports of outgoing connections, so that nobody takes one meanwhile.
    chooser = random.SystemRandom()
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            candidate = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                candidate.bind((HOST, chooser.randrange(10_000, 32_000)))
                ports.append(candidate.getsockname()[1])
        return ports
