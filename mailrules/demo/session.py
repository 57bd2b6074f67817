"""The state of one client: signed in or not, which mailbox is selected, what waits to be told. It knows no network."""

from __future__ import annotations

import hmac
from enum import Enum
from typing import TYPE_CHECKING

from mailrules.demo.options import BEFORE_LOGIN, CAPABILITIES, Options
from mailrules.demo.tree import Refusal, Tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mailrules.demo.faults import Interrupt
    from mailrules.demo.view import View


class State(Enum):
    """RFC 3501 §3."""

    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"


class Cut(Exception):
    """The connection ends here without another word: an injected interruption."""


class Session:
    """One client. Verbs call `untagged` for their data and return the text of their OK."""

    def __init__(self, options: Options, tree: Tree, now: Callable[[], datetime]) -> None:
        self.options = options
        self.tree = tree
        self.now = now
        self.state = State.NOT_AUTHENTICATED
        self.thrown_out = False
        self.interrupt: Interrupt | None = None
        self.on_change: Callable[[], None] = lambda: None
        self._view: View | None = None
        self._output: list[bytes] = []

    @property
    def view(self) -> View:
        """The selected mailbox as the client knows it."""
        if self._view is None:
            raise AssertionError("the state table lets no command for a selected mailbox through without one")
        return self._view

    @property
    def capabilities(self) -> str:
        """The capabilities that this client may know now, separated by spaces."""
        return self.options.announced(BEFORE_LOGIN if self.state is State.NOT_AUTHENTICATED else CAPABILITIES)

    def untagged(self, response: str | bytes) -> None:
        """Add an untagged response, given without ``* `` and CRLF."""
        self._output.append(b"* " + (response.encode("ascii") if isinstance(response, str) else response))

    def take_output(self) -> bytes:
        """Return what was added since the last time."""
        lines, self._output = self._output, []
        return b"".join(line + b"\r\n" for line in lines)

    def login(self, user: bytes, password: bytes) -> str:
        """Sign in; raises Refusal with [AUTHENTICATIONFAILED]."""
        expected = (self.options.user.encode(), self.options.password.encode())
        if not all(hmac.compare_digest(*pair) for pair in zip((user, password), expected, strict=True)):
            raise Refusal("NO [AUTHENTICATIONFAILED] Authentication failed.")
        self.state = State.AUTHENTICATED
        return f"[CAPABILITY {self.capabilities}] Logged in"

    def select(self, view: View) -> None:
        """Select a mailbox; its changes call `on_change` from now on."""
        self.deselect()
        self._view = view
        self.state = State.SELECTED
        view.mailbox.watchers.add(self._changed)

    def deselect(self) -> None:
        """Have no mailbox selected."""
        if self._view is not None:
            self._view.mailbox.watchers.discard(self._changed)
            self._view = None
            self.state = State.AUTHENTICATED

    def end(self) -> None:
        """Let go of everything: the client is gone."""
        self.deselect()
        self.state = State.LOGOUT

    def tell_updates(self) -> None:
        """Add what has changed in the selected mailbox; if that is gone, say BYE as Dovecot does."""
        if self._view is None:
            return
        if self._view.mailbox.deleted:
            self.untagged("BYE IMAP session state is inconsistent, please relogin.")
            self.thrown_out = True
            self.end()
            return
        for response in self._view.updates():
            self.untagged(response)

    def tell_updates_keeping_numbers(self) -> None:
        """Add the same as far as it may be said during FETCH, STORE and SEARCH."""
        if self._view is not None:
            for response in self._view.updates_keeping_numbers():
                self.untagged(response)

    def _changed(self) -> None:
        self.on_change()
