"""Warns of what is surely not meant, though a rule file can be used with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from mailrules.config.model import Config
from mailrules.config.problems import KeyPath, Problem, did_you_mean, quoted_list
from mailrules.config.secrets import FileSecret, PlainSecret
from mailrules.config.sources import Document
from mailrules.rules import Rule, matching
from mailrules.rules.conditions import Condition
from mailrules.rules.conditions.named import Named
from mailrules.rules.match import Groups
from mailrules.rules.text import printable
from mailrules.values import value

_EVERYONE_READS = 0o004
_CONTAINERS_SECRETS = Path("/run/secrets")
"""Where containers are handed secrets, readable by all in them, of whom there is one."""
_ALL = ("*",)
_PREFIX = "INBOX."  # of Courier's, Cyrus' and others' namespaces


@value(frozen=True, slots=True)
class PlacedRule:
    """A rule and where it stands."""

    rule: Rule
    document: Document
    path: KeyPath

    def problem(self, path: KeyPath, message: str) -> Problem:
        """Return a problem with something in the rule."""
        return self.document.problem((*self.path, *path), message)


def advice(config: Config, main: Document, rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Return the warnings, those about the accounts first."""
    yield from _readable_passwords(config, main)
    yield from _spelt_as_on_servers(config, main, rules)
    if not rules:
        yield Problem(main.file, None, "", "there are no rules, so every message stays as it is")
    if config.accounts:
        accounts = _Accounts(config)
        for placed in rules:
            yield from _unknown_scopes(accounts, placed)
            yield from _unanswerable(accounts, placed)
    if config.daemon.mode is None:
        yield from _unreachable(rules)


def _readable_passwords(config: Config, main: Document) -> Iterator[Problem]:
    plain = [name for name, account in config.accounts.items() if isinstance(account.password, PlainSecret)]
    readable = "everyone on this machine can read this password"
    if plain and main.mode & _EVERYONE_READS:
        others = f", and that of {quoted_list(plain[1:], 'and')}" if plain[1:] else ""
        remedy = f"chmod 600 {main.file}, or keep it elsewhere (password.file, password.env, password.command)"
        yield main.problem(("accounts", plain[0], "password"), f"{readable}{others}; {remedy}")
    for name, account in config.accounts.items():
        if isinstance(account.password, FileSecret) and _is_readable(account.password.path):
            remedy = f"chmod 600 {account.password.path}"
            yield main.problem(("accounts", name, "password"), f"{readable}; {remedy}")


def _is_readable(path: Path) -> bool:
    """Tell whether everyone can read a file that is there now; it may come, or change, before it is read."""
    if path.is_relative_to(_CONTAINERS_SECRETS):
        return False
    try:
        return bool(path.stat().st_mode & _EVERYONE_READS)
    except OSError:
        return False


def _spelt_as_on_servers(config: Config, main: Document, rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Warn of mailboxes that are written as some servers write them, ``INBOX.Lists``."""
    for account, settings in config.accounts.items():
        at_settings: list[tuple[KeyPath, str]] = [(("watch", index), path) for index, path in enumerate(settings.watch)]
        at_settings += [(("trash",), settings.trash)] if settings.trash else []
        for place, path in at_settings:
            if _is_of_server(path):
                yield main.problem(("accounts", account, *place), _respelt(path, path.replace(".", "/")))
    for placed in rules:
        rule = placed.rule
        conditions = () if rule.match == "everything" else rule.match.walk()
        for action in rule.then.actions():
            for target in action.targets():
                if _is_of_server(target.text):
                    yield placed.problem(("then", action.key), _respelt(target.text, target.with_slashes(".")))
        at_rule: list[tuple[KeyPath, str]] = [
            (("mailboxes", index), path) for index, path in enumerate(rule.mailboxes or ())
        ]
        at_rule += [(("match",), path) for each in conditions for path in each.mailboxes()]
        for place, path in at_rule:
            if _is_of_server(path):
                yield placed.problem(place, _respelt(path, path.replace(".", "/")))


def _is_of_server(path: str) -> bool:
    return path[: len(_PREFIX)].upper() == _PREFIX and len(path) > len(_PREFIX)


def _respelt(path: str, written: str) -> str:
    return (
        f'"{printable(path)}": write "{printable(written[len(_PREFIX) :])}"; '
        f"/ separates the levels whatever the server uses, and {_PREFIX} before them is added by itself"
    )


class _Accounts:
    """Answers what rules ask of all accounts, of which there may be many, once for all rules that ask the same."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._watched: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._lacking: dict[str, Mapping[str, None]] = {}

    def watched(self, scope: tuple[str, ...]) -> tuple[str, ...]:
        """Give the mailboxes, patterns too, that some account of the scope watches."""
        if scope not in self._watched:
            accounts = self.config.accounts
            watching = (accounts[name].watch for name in self._among(accounts, scope))
            self._watched[scope] = tuple(dict.fromkeys(chain.from_iterable(watching)))
        return self._watched[scope]

    def lacking(self, setting: str, scope: tuple[str, ...]) -> Sequence[str]:
        """Give the accounts of the scope that do not have a setting."""
        if setting not in self._lacking:
            accounts = self.config.accounts.items()
            self._lacking[setting] = dict.fromkeys(name for name, each in accounts if not getattr(each, setting))
        return self._among(self._lacking[setting], scope)

    @staticmethod
    def _among(names: Mapping[str, object], scope: tuple[str, ...]) -> Sequence[str]:
        if len(scope) == 1 and not any(wildcard in scope[0] for wildcard in "*?"):
            return scope if scope[0] in names else ()
        return list(filter(matching.glob(scope), names))


def _unknown_scopes(accounts: _Accounts, placed: PlacedRule) -> Iterator[Problem]:
    """Warn of accounts that there are not, and of mailboxes that no account of the rule's watches."""
    rule = placed.rule
    for index, pattern in enumerate(rule.accounts or ()):
        known = accounts.config.accounts
        if pattern not in known and not any(map(matching.glob([pattern]), known)):
            hint = did_you_mean(pattern, known)
            yield placed.problem(("accounts", index), f"there is no account '{printable(pattern)}'{hint}")
    if rule.every is not None or rule.mailboxes is None:
        return  # a scheduled one goes over mailboxes that nobody watches, too
    watched = accounts.watched(rule.accounts or _ALL)
    if any(wildcard in name for name in watched for wildcard in "*%"):
        return  # which mailboxes there are only the server knows
    for index, pattern in enumerate(rule.mailboxes):
        if watched and not any(map(matching.mailbox([pattern]), watched)):
            hint = did_you_mean(pattern, watched)
            yield placed.problem(("mailboxes", index), f"no account watches a mailbox '{printable(pattern)}'{hint}")


def _unanswerable(accounts: _Accounts, placed: PlacedRule) -> Iterator[Problem]:
    """Warn of conditions that are always unknown in some account, as it does not say what they need."""
    rule, config = placed.rule, accounts.config
    if rule.match == "everything" or not rule.enabled:
        return
    wanted = {setting: each.key for each in _conditions(rule.match, config) for setting in each.wants()}
    for setting, key in sorted(wanted.items()):
        lacking = accounts.lacking(setting, rule.accounts or _ALL)
        if lacking:
            settings = quoted_list([f"accounts.{printable(name)}.{setting}" for name in lacking], "and")
            can_match = _all(_chances(rule.match, setting, config)).true
            so = "so that part of the rule decides nothing there" if can_match else "so the rule does nothing there"
            yield placed.problem(("match",), f"{key} can't be told without {settings}, {so}")


class _Chances(NamedTuple):
    """Whether something can turn out to be true, and to be false, rather than unknown."""

    true: bool
    false: bool


def _all(chances: Iterable[_Chances]) -> _Chances:
    known = tuple(chances)
    return _Chances(all(each.true for each in known), any(each.false for each in known))


def _some(chances: Iterable[_Chances]) -> _Chances:
    known = tuple(chances)
    return _Chances(any(each.true for each in known), all(each.false for each in known))


def _chances(match: Groups, setting: str, config: Config) -> Iterator[_Chances]:
    """Yield those of each key where what wants a setting is always unknown."""
    for condition in match.conditions():
        if isinstance(condition, Named):
            yield _some(_all(_chances(config.conditions[name], setting, config)) for name in condition.names)
        else:
            known = setting not in condition.wants()
            yield _Chances(known, known)
    if match.any_ is not None:
        yield _some(_all(_chances(each, setting, config)) for each in match.any_)
    if match.all_ is not None:
        yield _all(_all(_chances(each, setting, config)) for each in match.all_)
    if match.not_ is not None:
        excluded = _some(_chances(match.not_, setting, config))
        yield _Chances(excluded.false, excluded.true)


def _conditions(match: Groups, config: Config) -> Iterator[Condition]:
    """Return the conditions of a rule, those that it refers to by name too; none of these leads back to itself."""
    for condition in match.walk():
        yield condition
        if isinstance(condition, Named):
            for name in condition.names:
                yield from _conditions(config.conditions[name], config)


def _unreachable(rules: Sequence[PlacedRule]) -> Iterator[Problem]:
    """Warn of the first rule that takes every message away from all that follow."""
    # Scheduled rules see other messages, and not always together.
    working = [placed for placed in rules if placed.rule.enabled and placed.rule.every is None]
    for placed, following in zip(working, range(len(working) - 1, 0, -1), strict=False):
        rule = placed.rule
        scoped = rule.accounts is not None or rule.mailboxes is not None
        if rule.match == "everything" and rule.then.ends and rule.mode is None and not scoped:
            many = "the rule after it is" if following == 1 else f"the {following} rules after it are"
            yield placed.problem((), f"it takes every message, so {many} never reached")
            return
