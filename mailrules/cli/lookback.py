"""What the commands that look back need to know: where the state is, what its mailboxes are called, what was meant."""

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from pathlib import Path

from mailrules.cli.failures import complain
from mailrules.client import Namespace
from mailrules.config import ConfigError, Problem, find_config, find_state, load
from mailrules.config.problems import did_you_mean
from mailrules.config.values import system_timezone
from mailrules.engine.journal import outcome_of
from mailrules.engine.outcome import Outcome
from mailrules.imap import MailboxName
from mailrules.store import Entry, HistoryQuery, Store
from mailrules.values import value

_NEWEST = 500
"""How many entries are looked through for the mailbox that may have been meant."""


@value(frozen=True, slots=True)
class Setting:
    """What a rule file says that a look back needs."""

    file: Path
    state: Path
    timezone: tzinfo
    accounts: frozenset[str]
    rules: frozenset[str]


def find_setting(config: Path | None) -> Setting:
    """Read the rule file; one with mistakes must not hide what was done. Raises ConfigError if its state isn't told."""
    path = find_config(config)
    try:
        loaded = load(path)
    except ConfigError:
        state = find_state(path)
        complain(f"{path} has mistakes, which mailrules check shows: times are given in the system's time zone")
        return Setting(path, state, system_timezone(), frozenset(), frozenset())
    daemon, rules = loaded.config.daemon, loaded.ruleset.rules
    accounts = frozenset(loaded.config.accounts)
    return Setting(path, daemon.state, daemon.timezone, accounts, frozenset(rule.name for rule in rules))


def has_state(state: Path) -> bool:
    """Tell whether there is a state, and say so where there is none: whoever looks back must not make one."""
    if state.exists():
        return True
    complain(f"there is no state {state}: nothing has been done yet")
    return False


class Names:
    """The mailboxes of the accounts in a state, by the paths that rule files and the log use."""

    def __init__(self, namespaces: Mapping[str, Namespace]) -> None:
        self._namespaces = namespaces

    @classmethod
    async def read(cls, store: Store) -> "Names":
        """Read how each account's server names them; before its first sign-in, that is as most do."""
        naming = {name: await store.naming(name) for name in await store.accounts()}
        return cls(
            {name: Namespace(told.prefix, told.delimiter, told.foreign) for name, told in naming.items() if told}
        )

    def path(self, account: str, mailbox: bytes) -> str:
        """Name a mailbox."""
        return self._namespaces.get(account, Namespace()).to_path(MailboxName(mailbox))

    def raw(self, accounts: Iterable[str], path: str) -> frozenset[bytes]:
        """Return what servers call the mailbox of this path."""
        return frozenset(self._namespaces.get(name, Namespace()).to_wire(path).raw for name in accounts)

    def outcome(self, entry: Entry) -> Outcome:
        """Say what became of an entry's message."""
        paths = {step.target: self.path(entry.account, step.target) for step in entry.steps if step.target}
        return outcome_of(entry, self.path(entry.account, entry.mailbox), paths)


def require_known(option: str, name: str, known: Iterable[str], what: str, file: Path | None = None) -> None:
    """See that a name is one of those that are known. Raises ConfigError, which says which one may be meant."""
    known = frozenset(known)
    if name not in known:
        hint = did_you_mean(name, known) or (f" (there is {', '.join(sorted(known))})" if 0 < len(known) <= 5 else "")
        raise ConfigError([Problem(file, None, f"{option} {name}", f"no such {what}{hint}")])


async def require_known_mailbox(store: Store, names: Names, accounts: Iterable[str], path: str) -> None:
    """See that the journal or a server's list knows a mailbox, where there is a list. Raises ConfigError."""
    accounts = tuple(accounts)
    if not await store.history(HistoryQuery(mailboxes=names.raw(accounts, path), limit=1)):
        listed = {names.path(name, raw) for name in accounts for raw in await store.known_mailboxes(name) or ()}
        if listed:
            # A list may be older than the mailboxes that rules have made since.
            newest = await store.history(HistoryQuery(limit=_NEWEST))
            targets = {(entry.account, step.target) for entry in newest for step in entry.steps if step.target}
            listed |= {names.path(name, raw) for name, raw in targets if name in accounts}
            require_known("--mailbox", path, listed, "mailbox")
