"""Finds the rule file that is meant when none, or one, is named."""

import os
from pathlib import Path

from mailrules.config.problems import ConfigError, Problem
from mailrules.config.values import base_folder

VARIABLE = "MAILRULES_CONFIG"
"""The environment variable that names the rule file."""


def find_config(explicit: Path | None) -> Path:
    """Return the rule file: the one named on the command line, else by the environment, else the first that is there.

    Raises ConfigError that names all the places if there is none, or the one place if the file named is not there.
    """
    if explicit is not None:
        return _named(explicit, f"{explicit}")
    if name := os.environ.get(VARIABLE):
        return _named(Path(name).expanduser(), f"{name} (named by ${VARIABLE})")
    found = next((place for place in _places() if place.is_file()), None)
    if found is None:
        places = "\n".join(f"  {place}" for place in _places())
        message = f"there is no rule file; name one with -c FILE or ${VARIABLE}, or put one here:\n{places}"
        raise ConfigError([Problem(None, None, "", message)])
    return found


def _named(path: Path, name: str) -> Path:
    if path.is_dir():
        raise ConfigError([Problem(None, None, name, "this is a directory; name the rule file in it")])
    if not path.exists():
        raise ConfigError([Problem(None, None, name, "there is no such file")])
    return path


def _places() -> tuple[Path, ...]:
    own = base_folder("XDG_CONFIG_HOME", "~/.config")
    users = (own / "mailrules" / "rules.toml",) if own else ()
    return (Path("rules.toml"), *users, Path("/etc/mailrules/rules.toml"))
