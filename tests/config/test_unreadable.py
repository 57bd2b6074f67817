"""Files that can't be read, or go away while they are: a problem with the file's name, and never another failure."""

import errno
import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mailrules.config import ConfigError, load
from mailrules.config.watch import Watch

MAIN = 'include = ["rules.d/*.toml", "rules.d/*/more.toml"]\n'
ACCOUNT = '[accounts.work]\nhost = "localhost"\nusername = "ann"\npassword = "hunter2"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "rules.toml").write_text(MAIN + ACCOUNT)
    (tmp_path / "rules.d" / "team").mkdir(parents=True)
    (tmp_path / "rules.d" / "a.toml").touch()
    return tmp_path


@pytest.fixture
def shut(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Take the right to enter a folder, also from root: what is in it can be listed, and no more."""

    def shut(folder: Path) -> None:
        for name in ("stat", "open", "readlink"):
            real = getattr(Path, name)

            def refuse(path: Path, *args: object, real: Callable[..., object] = real, **options: object) -> object:
                if folder in path.parents:
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
                return real(path, *args, **options)

            monkeypatch.setattr(Path, name, refuse)

    return shut


def test_a_rule_file_that_leads_to_itself_is_a_problem_and_watched(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.symlink_to("rules.toml")
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert f"{path}: cannot be read (too many levels of symbolic links)" == str(raised.value)
    assert Watch(frozenset({path}), frozenset({tmp_path})) == raised.value.watch


def test_a_folder_that_can_be_listed_and_not_entered_is_a_problem_and_watched(
    home: Path, shut: Callable[[Path], None]
) -> None:
    shut(home / "rules.d")
    with pytest.raises(ConfigError) as raised:
        load(home / "rules.toml")
    hidden = home / "rules.d" / "a.toml"
    assert [f"{hidden}: cannot be read (permission denied)"] == [str(problem) for problem in raised.value.problems]
    assert home / "rules.d" in raised.value.watch.folders
    assert raised.value.watch.concerns(hidden)


def test_a_rule_file_that_goes_away_once_it_was_read_is_what_it_was(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = home / "rules.toml"
    path.chmod(0o644)
    loads = tomllib.loads

    def loads_late(text: str) -> dict[str, object]:
        path.unlink(missing_ok=True)
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", loads_late)
    warnings = [str(warning) for warning in load(path).warnings]
    assert ["everyone on this machine can read this password" in warning for warning in warnings] == [False, True]


def test_a_file_nested_beyond_reason_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rules]]\nname = "deep"\nmatch.' + "not." * 2_000 + 'subject = "x"\nthen.move = "X"\n')
    with pytest.raises(ConfigError) as error:
        load(path)
    (problem,) = error.value.problems
    assert str(problem) == f"{path}: it is nested too deeply; conditions are read up to some hundred levels"
    assert error.value.watch.concerns(path)
