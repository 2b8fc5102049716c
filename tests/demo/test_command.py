"""The command line: quiet, a summary, and clear refusals."""

from pathlib import Path

from click.testing import CliRunner

from demo.command import main


def test_build_prints_a_summary_and_a_second_build_does_nothing(tmp_path: Path) -> None:
    words = ["build", "--residents", "500", "--out", str(tmp_path / "o"), "--truth", str(tmp_path / "t")]
    first, second = CliRunner().invoke(main, words), CliRunner().invoke(main, words)
    assert first.exit_code == 0 and "RK_CZRK" in first.output
    assert second.exit_code == 0 and "nothing to do" in second.output


def test_unknown_profile_and_department_are_refused(tmp_path: Path) -> None:
    wrong = CliRunner().invoke(main, ["build", "--out", str(tmp_path), "--profile", "third"])
    assert wrong.exit_code == 1 and "assumed" in wrong.output
    wrong = CliRunner().invoke(
        main, ["build", "--out", str(tmp_path), "--mysql", "mysql://x/y", "--departments", "polise"]
    )
    assert wrong.exit_code == 1 and "police_seal" in wrong.output
