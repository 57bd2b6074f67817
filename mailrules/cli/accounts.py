"""Which accounts of the rule file a command is about."""

from collections.abc import Mapping

from mailrules.cli.lookback import require_known
from mailrules.config import Account, Loaded


def chosen_accounts(loaded: Loaded, name: str | None) -> Mapping[str, Account]:
    """Return the account of this name, or all where none is named. Raises ConfigError if there is no such account."""
    accounts = loaded.config.accounts
    if name is None:
        return accounts
    require_known("--account", name, accounts, "account", loaded.file)
    return {name: accounts[name]}
