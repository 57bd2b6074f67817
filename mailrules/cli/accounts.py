"""Which accounts of the rule file a command is about."""

from collections.abc import Mapping

from mailrules.config import Account, ConfigError, Loaded, Problem


def chosen_accounts(loaded: Loaded, name: str | None) -> Mapping[str, Account]:
    """Return the account of this name, or all where none is named. Raises ConfigError if there is no such account."""
    accounts = loaded.config.accounts
    if name is None:
        return accounts
    if name not in accounts:
        known = ", ".join(sorted(accounts)) or "none"
        raise ConfigError([Problem(loaded.file, None, f"--account {name}", f"no such account (there is {known})")])
    return {name: accounts[name]}
