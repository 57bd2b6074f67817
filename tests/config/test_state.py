"""The state's file is found whatever else is wrong in the rule file."""

from pathlib import Path

import pytest

from mailrules.config import ConfigError, find_state


def write(folder: Path, text: str) -> Path:
    path = folder / "rules.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        '[daemon]\nstate = "my.db"\n',
        'daemon.state = "my.db"\n',
        '[daemon]\nstate = "my.db"\nmode = "shout"\nnonsense = 1\n[[rules]]\nname = 1\n',
        '[daemon]\nstate = "my.db"\n[[rules]]\nname = "a\n',
        '[[rules]\n[ daemon ] # here\n# so\nstate = "my.db"\n[accounts.x]\nhost = = \n',
        'x = \n[daemon]\nstate = "my.db"',
        'daemon.mode = "observe"\ndaemon . state = "my.db"\nx = \n',
        'daemon = { mode = "observe", state = "my.db" }\nx = \n',
    ],
)
def test_a_rule_file_that_is_wrong_elsewhere_still_names_its_state(tmp_path: Path, text: str) -> None:
    assert find_state(write(tmp_path, text)) == tmp_path / "my.db"


@pytest.mark.parametrize("text", ["", "[daemon]\n", "x = ", 'x =\n[daemon]\nlisten = "a:1"\n'])
def test_without_a_word_of_it_the_state_is_where_it_always_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/mailrules")
    assert find_state(write(tmp_path, text)) == Path("/var/lib/mailrules/state.db")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[daemon]\nstate = 1\n", "rules.toml:2: daemon.state: expected text, not a number"),
        ("[daemon]\nstate = 'a\nb'\n", "rules.toml:2: "),
        ("[daemon]\nstate = 'postgresql://a/b'\n", "rules.toml:2: daemon.state: expected the path of a file"),
    ],
)
def test_what_is_wrong_with_the_state_is_said(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        find_state(write(tmp_path, text))


def test_a_file_that_can_not_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        find_state(tmp_path / "rules.toml")
