"""``mailrules import sieve``: rules on standard output or in a file, what is lost beside them, and exit statuses."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import mailrules

SCRIPT = 'require "fileinto";\nif header :contains "Subject" "tea" { fileinto "Tea"; }\n'
RULE = '[[rules]]\nname = "to Tea"\nmatch.subject.contains = "tea"\nthen.move = "Tea"\n'


def script(folder: Path, text: str, name: str = "main.sieve") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_rules_go_to_standard_output(tmp_path: Path) -> None:
    result = mailrules("import", "sieve", script(tmp_path, SCRIPT))

    assert (0, RULE, "") == (result.exit_code, result.stdout, result.stderr)


def test_a_script_comes_from_standard_input() -> None:
    assert RULE == mailrules("import", "sieve", "-", stdin=SCRIPT).stdout


def test_the_rules_go_to_a_file_that_check_finds_fine(tmp_path: Path) -> None:
    out = tmp_path / "rules.toml"
    result = mailrules("import", "sieve", script(tmp_path, SCRIPT), "-o", out)

    assert (0, "", RULE) == (result.exit_code, result.stdout, out.read_text())
    assert "1 rule, 0 accounts: fine\n" == mailrules("check", out).stdout


def test_what_is_lost_is_said_as_well_as_written_down(tmp_path: Path) -> None:
    result = mailrules("import", "sieve", script(tmp_path, f'{SCRIPT}redirect "bob@example.com";\n'))
    lost = "main.sieve:3: not carried over: mailrules sends no mail, so it forwards none; the message stays"

    assert 0 == result.exit_code
    assert f'{RULE}\n# {lost}\n#     redirect "bob@example.com";\n' == result.stdout
    assert f"{lost}\n1 rule; 1 thing could not be carried over\n" == result.stderr


def test_included_scripts_lie_beside_the_script(tmp_path: Path) -> None:
    script(tmp_path, SCRIPT, "tea.sieve")
    main = script(tmp_path, 'require "include";\ninclude :personal "tea";\n')

    assert RULE == mailrules("import", "sieve", main).stdout


def test_a_script_elsewhere_is_not_included(tmp_path: Path) -> None:
    script(tmp_path, SCRIPT, "tea.sieve")
    folder = tmp_path / "folder"
    folder.mkdir()
    result = mailrules("import", "sieve", script(folder, 'require "include";\ninclude "../tea";\n'))

    assert "there is no script ../tea.sieve beside this one" in result.stdout


def test_a_mistake_in_the_script_is_exit_status_2_with_its_line(tmp_path: Path) -> None:
    result = mailrules("import", "sieve", script(tmp_path, "keep;\nfilinto;\n"))

    assert (2, "") == (result.exit_code, result.stdout)
    assert "main.sieve:2: there is no command 'filinto' (did you mean fileinto?)\n" == result.stderr


def test_a_mistake_in_an_included_script_names_that_script(tmp_path: Path) -> None:
    script(tmp_path, "\nkep;\n", "other.sieve")
    result = mailrules("import", "sieve", script(tmp_path, 'require "include";\ninclude "other";\n'))

    assert "other.sieve:2: there is no command 'kep' (did you mean keep?)\n" == result.stderr


def test_nothing_is_written_for_a_script_that_is_wrong(tmp_path: Path) -> None:
    out = tmp_path / "rules.toml"
    mailrules("import", "sieve", script(tmp_path, "oops"), "-o", out)

    assert not out.exists()


def test_a_file_that_is_no_text_or_is_not_there(tmp_path: Path) -> None:
    latin = tmp_path / "latin.sieve"
    latin.write_bytes(b'if header "x" "gr\xfc\xdfe" { keep; }')
    not_text, missing = mailrules("import", "sieve", latin), mailrules("import", "sieve", tmp_path / "none.sieve")

    assert (2, "latin.sieve: this is not UTF-8 text, as Sieve is\n") == (not_text.exit_code, not_text.stderr)
    assert (2, f"there is no file {tmp_path / 'none.sieve'}\n") == (missing.exit_code, missing.stderr)


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    out = tmp_path / "rules.toml"
    out.write_text("# mine\n")
    result = mailrules("import", "sieve", script(tmp_path, SCRIPT), "-o", out)

    assert (2, f"{out} is there already: remove it first, or write to another file\n") == (
        result.exit_code,
        result.stderr,
    )
    assert "# mine\n" == out.read_text()


def test_how_names_were_understood_is_said_but_does_not_count_as_lost(tmp_path: Path) -> None:
    result = mailrules("import", "sieve", script(tmp_path, SCRIPT.replace('"Tea"', '"Lists.Tea"')))

    assert result.stderr.startswith("main.sieve: note: a dot was taken for a part of the name")
    assert 1 == len(result.stderr.splitlines())


def test_only_sieve_is_known() -> None:
    result = mailrules("import", "procmail", "x")

    assert (2, "what can be imported is sieve, not procmail: mailrules import sieve FILE\n") == (
        result.exit_code,
        result.stderr,
    )
