"""docs/explaining.md tells what was measured."""

import json
from pathlib import Path

from nsmc.inference.directory import SHIPPED, WEIGHTS
from nsmc.storage.files import sha256_of

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "explaining.md").read_text(encoding="utf-8")
SAVED = json.loads((ROOT / "docs" / "results" / "explanations.json").read_text(encoding="utf-8"))
RESULTS = SAVED["test"]
SHOWN = {
    "at random": "무작위",
    "explain": "`explain`",
    "leave one out": "하나씩 빼기",
}
"""What the page calls the ways of choosing morphemes that it shows."""


def test_the_results_are_of_the_shipped_model() -> None:
    assert SAVED["weights_sha256"] == sha256_of(SHIPPED / WEIGHTS), (
        "run scripts/experiment.py explanations"
    )


def test_the_page_tells_the_metrics() -> None:
    for name, called in SHOWN.items():
        measured = RESULTS["drop_of_probability"][name]
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {called} ")]
        if name == "at random":
            shown = [f"{100 * drop:.1f}" for drop in measured]
        else:
            shown = [f"{100 * k['drop']:.1f} ({k['times_random']:.1f}배)" for k in measured]
        assert [cell.strip(" *") for cell in row.split("|")[2:-1]] == shown
    for each in RESULTS["between_seeds"]:
        assert f"개에서 {each['correlation']:.3f}" in " ".join(PAGE.split())


def test_it_is_faithful_and_exact() -> None:
    # Over enough reviews to tell it from chance.
    assert RESULTS["reviews"] == 1000
    for k in RESULTS["drop_of_probability"]["explain"]:
        assert k["interval"][0] > 4
    assert RESULTS["sum_error_log_odds"]["largest"] < 1e-9
