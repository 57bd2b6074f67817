"""Config: the rule file, read and checked against both pillars, rules and IMAP.

``load(path)`` gives a `Loaded` (settings, ruleset, warnings, what to watch), or raises `ConfigError` with every problem
at its file and line. Read load.py first.
"""

from mailrules.config.cases import PlacedCase
from mailrules.config.find import find_config
from mailrules.config.load import Loaded, load
from mailrules.config.model import Account, Config, Daemon
from mailrules.config.problems import ConfigError, Problem
from mailrules.config.schema import json_schema
from mailrules.config.secrets import Secret, SecretError
from mailrules.config.state import find_state
from mailrules.config.values import Listen
from mailrules.config.watch import Watch

__all__ = [
    "Account",
    "Config",
    "ConfigError",
    "Daemon",
    "Listen",
    "Loaded",
    "PlacedCase",
    "Problem",
    "Secret",
    "SecretError",
    "Watch",
    "find_config",
    "find_state",
    "json_schema",
    "load",
]
