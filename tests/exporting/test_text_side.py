"""What other programs are told of how a comment becomes units, and a program that reads it."""

from __future__ import annotations

import contextlib
import io
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nsmc
from nsmc.errors import NsmcError, UsageError
from nsmc.exporting.text_side import check_needs_no_mecab
from nsmc.exporting.web import export_web
from nsmc.inference.directory import open_model
from tests.exporting.odd_comments import odd_comments

if TYPE_CHECKING:
    from tests.conftest import Untrained

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "fields", [("text.unit=syllable",), ("text.unit=jamo", "model.conv.filters=4")]
)
def test_the_documented_program_scores_as_nsmc_does(
    untrained: Untrained,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fields: tuple[str, ...],
) -> None:
    model = untrained(
        *fields,
        *("model.subword_buckets=0", "text.max_characters=30"),
        vocabulary=["<unk>", *"재밌다노잼ㅋ▁ㅈㅐㅁㅣ", "-ㅆ", "👍"],
    )
    monkeypatch.chdir(tmp_path)
    nsmc.export(model, "network.onnx")
    with pytest.raises(NsmcError, match=r"network\.json is there already"):
        Path("network.onnx").unlink()
        nsmc.export(model, "network.onnx")
    nsmc.export(model, "network.onnx", overwrite=True)
    program = (ROOT / "examples" / "onnx" / "score.py").read_text(encoding="utf-8")
    namespace: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(program, namespace)
    classifier = nsmc.load(model)
    comments = [*odd_comments(random.Random(1), 150), "재밌다 ㅋㅋ " * 60, "정말 재밌다 ㅋㅋ"]
    for prediction in classifier.predict(comments):
        units = list(namespace["units"](prediction.text))
        assert units == classifier.tokenizer(prediction.text)
        if units:
            value = 1 / (1 + 2.718281828459045 ** -namespace["log_odds"](prediction.text))
            assert value == pytest.approx(prediction.score, abs=1e-5)
    assert float(said.getvalue().split()[0]) == pytest.approx(prediction.score, abs=1e-5)


def test_what_needs_mecab_is_refused_with_the_way_out(untrained: Untrained, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--config configs/syllable\.toml"):
        export_web(untrained(), tmp_path / "site")
    spelling = open_model(untrained("text.unit=syllable"))
    object.__setattr__(spelling.config.text, "spelling", True)
    with pytest.raises(UsageError, match=r"text\.spelling=false"):
        check_needs_no_mecab(spelling, "it")
    assert not (tmp_path / "site").exists()


def test_a_page_replaces_nothing_but_a_page(untrained: Untrained, tmp_path: Path) -> None:
    model = untrained("text.unit=syllable")
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("mine", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(NsmcError, match="holds other things"):
            export_web(model, site, overwrite=overwrite)
    (site / "index.html").unlink()
    assert export_web(model, site) == site
    with pytest.raises(NsmcError, match="--overwrite"):
        export_web(model, site)
    (site / "model.js").unlink()
    export_web(model, site, overwrite=True, int8=True)
    assert (site / "model.js").exists()
