"""The measurement of rough comments runs from end to end, and its figures add up."""

import json
from pathlib import Path

import pytest
from experiment import main

from nsmc.text.noise import KINDS


@pytest.mark.slow
def test_every_kind_is_beside_the_clean_reviews(
    tmp_path: Path,
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, output = sample / "ratings_test.txt", tmp_path / "new" / "robustness.json"
    command = ["experiment.py", "robustness", "--data", str(data)]
    monkeypatch.setattr(
        "sys.argv", [*command, "--data-name", "the sample", "--results", str(output)]
    )
    main()
    out = capsys.readouterr().out
    result = json.loads(output.read_text(encoding="utf-8"))
    reviews, clean = result["reviews"], result["accuracy"]
    assert reviews == len(data.read_text(encoding="utf-8").splitlines()) - 1
    assert clean > 0.8
    assert list(result["noise"]) == list(KINDS)
    for one in result["noise"].values():
        low, high = one["difference_interval"]
        assert low <= one["difference"] <= high
        assert abs(one["difference"] * reviews - (one["won"] - one["lost"])) < 1e-6
        assert abs(one["accuracy"] - clean - one["difference"]) < 1e-9
    assert result["noise"]["typos"]["changed"] > 0.95
    lines = out.splitlines()
    assert lines[0].startswith(f"The model inside the package, {reviews:,} reviews of the sample: ")
    assert [line.split(":")[0] for line in lines[2:] if line] == [f"- {kind}" for kind in KINDS]
    assert ", `이영화정말재밌다ㅋㅋ👍`, " in out
    assert str(tmp_path) not in output.read_text(encoding="utf-8")
