"""`nsmc info`: a page for a person, an object for a program, a card."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Here


def test_the_shipped_model(here: Here) -> None:
    result = here("info")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].endswith("pretrained/default  (inside the package)")
    assert lines[1].startswith("task        sentiment: gives the probability that a Korean comment")
    assert lines[2] == (
        "network     Embedding 128 + n-grams → BiGRU 256 → max+mean pooling → Linear"
    )
    assert lines[3] == "            + 2,097,152 weights of n-grams of up to 5 characters"
    assert re.search(r"^vocabulary  5\d,\d{3} morphemes; ", result.out, re.MULTILINE)
    assert re.search(r"^seen        6\d\d,\d{3} distinct texts", result.out, re.MULTILINE)
    # Every value begins in the same column.
    assert all(re.match(r"(\S+ +| {12})\S", line) and line[11] == " " for line in lines)
    counts = re.findall(r"^.{12}[a-z]\S+ +\d[\d ×]* {2,}([\d,]+)$", result.out, re.MULTILINE)
    (total,) = re.findall(r"^.{12}all +([\d,]+)$", result.out, re.MULTILINE)
    assert sum(int(n.replace(",", "")) for n in counts) == int(total.replace(",", ""))
    for name in ("shipped", "default"):
        assert here("info", name).out == result.out


def test_a_model_of_ones_own(here: Here, small_model: Path) -> None:
    result = here("info", small_model)
    assert f"model       {small_model / 'model'}\n" in result.out
    assert re.search(r"; \d\d\.\d\d% of the validation part's running morphemes", result.out)
    assert re.search(r"model\.hidden_size = 16 +\(default: 128\)$", result.out, re.MULTILINE)
    results = here("info", small_model, "--json").object()
    assert results["changes"]["model.hidden_size"] == {"default": 128, "value": 16}
    assert here("info", small_model, "--card").out.startswith("# Model card: the model ")


def test_other_tasks(here: Here, untrained: Callable[..., Path], hihello: Path) -> None:
    lines = here("info", untrained("task=classes", classes=["경제", "문화"])).out.splitlines()
    assert lines[1].startswith("task        classes: gives the probability of each of 2 classes")
    assert not any(line.startswith(("threshold", "calibration")) for line in lines)
    assert here("info", untrained("task=stars")).out.splitlines()[1] == (
        "task        stars: gives a Korean comment stars, from 1 to 10"
    )
    lines = here("info", hihello).out.splitlines()
    assert lines[1].startswith("task        language-model: ")
    assert lines[2].endswith("→ next unit")
    assert any(line.startswith("tokenizer   syllable (") for line in lines)
    assert any(line.startswith("validation  perplexity ") for line in lines)


def test_what_is_wrong_is_reported(here: Here, tmp_path: Path) -> None:
    here("info", tmp_path / "nowhere").check_refusal(1, "expected a model directory at")
    assert here("info", "--json", "--card").code == 2
