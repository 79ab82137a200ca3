"""What an analyst meets, in Korean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.text.width import display_width

if TYPE_CHECKING:
    from tests.cli.conftest import Here


def test_results_and_errors_are_korean_and_json_is_not(
    here: Here, small_model: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NSMC_LANG", "ko")
    shown = here("evaluate", "--model", small_model, "--data", sample).out
    assert "(댓글 200개)" in shown
    for name, rest in (("정확도", "95% 구간"), ("F1", "%"), ("보정 오차", "%")):
        line = next(line for line in shown.splitlines() if line.startswith(name))
        value = line.removeprefix(name).lstrip()
        assert rest in value
        # Hangul is two columns wide, and the values stand below one another.
        assert display_width(line.removesuffix(value)) == 18
    assert "로그 오즈: 형태소 없이" in here("predict", "--explain", "재밌다").out
    here("predict", "--input", tmp_path / "x.csv", "--output", tmp_path / "y.csv").check_refusal(
        1, "x.csv 파일이 없습니다"
    )
    assert here("predict", "재밌다", "--json").object().keys() >= {"label", "label_ko", "score"}
