"""What a person meets, in Korean."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.cli.main import COMMANDS
from nsmc.inference.directory import SHIPPED
from nsmc.messages import translate
from nsmc.text.width import display_width

if TYPE_CHECKING:
    from tests.cli.conftest import Here
    from tests.conftest import Untrained

WORD = re.compile("[A-Za-z]{3,}")
SAME = "nsmc n-grams Embedding Linear GRU BiGRU SHA UTC ROC AUC nats True False corpus WORD MEANING"
"""Words that stay as they are, as names of options, columns, files and parameters do."""
TINY = (
    *("--epochs", "1", "--device", "cpu", "--set", "training.adversarial_norm=0"),
    *("--set", "model.subword_buckets=500", "--set", "model.embedding_size=8"),
)


class EveryMessage(dict[str, str]):
    """A catalog that lacks none: it gives each in full-width letters, its fields as they are."""

    def get(self, message: str, default: object = None) -> str:
        return re.sub(
            r"\{[^}]*\}|[A-Za-z]",
            lambda found: found[0] if len(found[0]) > 1 else chr(ord(found[0]) + 0xFEE0),
            message,
        )


def test_results_and_errors_are_korean(
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
    about = here("info", small_model).out.splitlines()
    assert display_width(about[1].partition("sentiment")[0]) == 12
    assert "에폭" in here("runs", small_model).out
    here("train", "--set", "model.layers=0").check_refusal(2, "layers: 1 이상이어야 하는데 0입니다")


def test_no_command_says_anything_that_the_catalog_is_not_asked_for(
    here: Here,
    small_model: Path,
    hihello: Path,
    untrained: Untrained,
    sample: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a catalog of every message, what is still in ASCII letters was never looked up."""
    (table := tmp_path / "t.csv").write_text("document,grade\n재밌다,1\n노잼,0\n,\n", "utf-8")
    syllable = untrained("text.unit=syllable", vocabulary=("<unk>", "재", "밌"))
    trained, scored = tmp_path / "run", tmp_path / "scored.csv"
    to_scored = ("--input", table, "--output", scored)
    lines: list[tuple[str | Path, ...]] = [
        ("info", small_model),
        ("info", hihello),
        ("train", *TINY, "--data", sample, "--output", trained),
        ("train", "--resume", "--output", trained),
        ("train", "--fields"),
        ("runs", small_model, trained),
        ("runs", hihello, "--csv", tmp_path / "epochs.csv"),
        ("prepare", "--data", table, "--label-column", "grade", "--output", tmp_path / "prepared"),
        ("predict", "--model", small_model, "--explain", "재밌다", ""),
        ("predict", "--model", small_model, *to_scored),
        ("score-text", "--model", hihello, "hihello", "ㅋ", ""),
        ("score-text", "--model", hihello, *to_scored),
        ("complete", "--model", hihello, "h", "--count", "0"),
        ("complete", "--model", small_model, "h"),
        ("evaluate", "--model", small_model, "--data", table, "--label-column", "grade"),
        ("compare", small_model, trained, "--data", table, "--label-column", "grade"),
        ("audit", table, "--label-column", "grade"),
        ("export", "--model", syllable, "--int8", "--output", tmp_path / "int8"),
        ("export", "--model", small_model, "--web", tmp_path / "web"),
        ("package", syllable, "--name", "a b", "--output", tmp_path / "wheel"),
        ("package", syllable, "--name", "a", "--hub", "--output", tmp_path / "hub"),
        ("download", "--to", tmp_path, "--url", "nowhere"),
        ("serve", "--port", "70000"),
        ("words", "add", "띵작", "명작"),
        ("words", "check"),
        ("words", "list"),
        ("completion", "bash"),
    ]
    assert {line[0] for line in lines} == COMMANDS.keys()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("NSMC_LANG", "ko")
    monkeypatch.setattr(translate, "korean", EveryMessage)
    records = [
        here(*line, "--json").out
        for line in (("info", small_model), ("info", hihello), ("runs", small_model, hihello))
    ]
    arguments = [str(word) for line in lines for word in line]
    known = set(WORD.findall(" ".join([SAME, str(SHIPPED), *records, *arguments])))
    left = {}
    for line in lines:
        shown = here(*line)
        # A card and a shell's script are in files of their own; what a message quotes is a command.
        text = re.sub("nsmc [a-z-]+ .*", "", shown.out * (line[0] != "completion") + shown.err)
        if found := set(WORD.findall(text)) - known:
            left[" ".join(map(str, line))] = found
    assert left == {}


@pytest.mark.parametrize(
    "line",
    ["info {small}", "runs {small}", "predict --model {small} 재밌다 --explain", "score-text hi"],
)
def test_json_is_the_same_in_both_languages(
    line: str, here: Here, small_model: Path, hihello: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = [word.format(small=small_model) for word in line.split()]
    if line.startswith("score"):
        arguments += ["--model", str(hihello)]
    outs = []
    for language in ("en", "ko"):
        monkeypatch.setenv("NSMC_LANG", language)
        outs.append(here(*arguments, "--json").object())
    assert outs[0] == outs[1]
