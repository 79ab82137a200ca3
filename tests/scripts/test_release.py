"""What keeps a release back: a changelog without a date, files outside git, a tag that is taken."""

from pathlib import Path

import pytest
import release

from nsmc import __version__


def test_a_release_is_whole_dated_and_tagged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "test")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "test@example.org")
    release.git("init", "--quiet")
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text(f"# Changelog\n\n## {__version__} – unreleased\n", encoding="utf-8")
    assert release.unclean() == ["not committed: ?? CHANGELOG.md"]
    (problem,) = release.changelog_problems()
    assert problem.endswith(f"found '## {__version__} – unreleased'")
    changelog.write_text(f"# Changelog\n\n## {__version__} – 2030-01-02\n", encoding="utf-8")
    assert release.changelog_problems() == []
    release.git("add", ".")
    release.git("commit", "--quiet", "--message", "one")
    assert (release.unclean(), release.tag_problems()) == ([], [])
    release.git("tag", f"v{__version__}")
    assert release.tag_problems() == []
    release.git("commit", "--quiet", "--allow-empty", "--message", "two")
    (problem,) = release.tag_problems()
    assert problem.startswith(f"v{__version__} is another commit")
