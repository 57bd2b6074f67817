"""Whoever watches a rule file for changes is told which folders to look at and which changes matter."""

from pathlib import Path

import pytest

from mailrules.config.sources import read_sources
from mailrules.config.watch import Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "etc" / "rules.d").mkdir(parents=True)
    (tmp_path / "etc" / "rules.toml").write_text(
        'include = ["rules.d/*.toml", "teams/*/rules.toml", "../shared/all.toml"]\n'
    )
    (tmp_path / "etc" / "rules.d" / "b.toml").touch()
    (tmp_path / "etc" / "rules.d" / "a.toml").touch()
    (tmp_path / "etc" / "teams" / "red").mkdir(parents=True)
    return tmp_path / "etc"


def watched(folder: Path) -> Watch:
    return read_sources(folder / "rules.toml").watch


def test_files_and_the_folders_in_which_more_may_appear(folder: Path) -> None:
    watch = watched(folder)
    assert watch.files == {folder / "rules.toml", folder / "rules.d" / "a.toml", folder / "rules.d" / "b.toml"}
    assert watch.folders == {folder, folder / "rules.d", folder / "teams", folder / "teams" / "red", folder.parent}


@pytest.mark.parametrize(
    "path", ["rules.toml", "rules.d/a.toml", "rules.d/new.toml", "teams/red/rules.toml", "teams/blue", "rules.d/..data"]
)
def test_these_changes_concern_the_rules(folder: Path, path: str) -> None:
    assert watched(folder).concerns(folder / path)


@pytest.mark.parametrize(
    "path", ["rules.toml~", ".rules.toml.swp", "rules.d/a.txt", "teams/red/notes", "rules.d/x/a.toml"]
)
def test_these_do_not(folder: Path, path: str) -> None:
    assert not watched(folder).concerns(folder / path)


def test_a_file_above_the_rule_files_folder_is_watched_for(folder: Path) -> None:
    assert watched(folder).concerns(folder.parent / "shared")
    (folder.parent / "shared").mkdir()
    assert folder.parent / "shared" in watched(folder).folders
    assert watched(folder).concerns(folder.parent / "shared" / "all.toml")


def test_a_link_is_watched_at_both_ends(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "rules.toml").rename(folder / "real" / "rules.toml")
    (folder / "rules.toml").symlink_to("real/rules.toml")
    assert {folder, folder / "real"} <= watched(folder).folders
    assert watched(folder).concerns(folder / "real" / "rules.toml")


def test_two_stars_go_through_all_folders(folder: Path) -> None:
    (folder / "rules.toml").write_text('include = "teams/**/*.toml"')
    assert {folder / "teams", folder / "teams" / "red"} <= watched(folder).folders
    assert watched(folder).concerns(folder / "teams" / "red" / "deeper")
