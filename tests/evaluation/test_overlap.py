"""Hits and what follows from them, also where some are mistakes."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.evaluation.overlap import overlap_metrics
from nsmc.report.metric_lines import overlap_line, overlap_warning


def metrics_of(mask: NDArray[np.bool_]) -> dict[str, Any]:
    return {"accuracy": int(mask.sum()) / 1000}


def reported(hits: int, count: int, rate: float) -> dict[str, Any]:
    result = overlap_metrics(np.arange(count) < hits, rate, {"accuracy": 0.75}, metrics_of)
    assert result is not None
    return result


def test_a_model_that_does_not_tell() -> None:
    assert overlap_metrics(np.zeros(3, bool), None, {}, metrics_of) is None
    assert overlap_warning(None) is None


@pytest.mark.parametrize(
    ("hits", "rate", "estimated", "line"),
    [
        (0, 1e-6, 0, "none of 1,000"),
        (30, 1e-6, 30, "30 of 1,000 (3.0%); accuracy on the other 970: 0.97"),
        (1000, 1e-6, 1000, "1,000 of 1,000 (100.0%)"),
        # With mistakes as frequent as these, 200 hits are what no seen review at all gives.
        (200, 0.2, 0, "about 0 of 1,000 (0.0%), among 200 that look so; … 800: 0.8"),
        (190, 0.2, 0, "about 0 of 1,000 (0.0%), among 190 that look so; … 810: 0.81"),
        (600, 0.2, 500, "about 500 of 1,000 (50.0%), among 600 that look so; … 400: 0.4"),
        (1000, 1.0, 1000, "1,000 of 1,000 (100.0%)"),
    ],
)
def test_hits_are_corrected_for_mistakes(hits: int, rate: float, estimated: int, line: str) -> None:
    result = reported(hits, 1000, rate)
    assert (result["reviews"], result["unseen_examples"]) == (hits, 1000 - hits)
    assert result["estimated"] == estimated
    assert result["false_positive_rate"] == rate
    assert overlap_line(result) == line.replace("…", "accuracy on the other")


def test_metrics_are_those_of_the_reviews_that_were_not_found() -> None:
    assert reported(400, 1000, 0.0)["unseen"] == {"accuracy": 0.6}
    assert reported(0, 1000, 0.0)["unseen"] == {"accuracy": 0.75}  # of all, not taken anew
    assert reported(1000, 1000, 0.0)["unseen"] is None
    # There is no metric where none of them has a label.
    unlabelled = reported(4, 10, 0.0) | {"unseen": {}}
    assert overlap_line(unlabelled) == "4 of 10 (40.0%)"


def test_more_than_half_is_no_test() -> None:
    assert overlap_warning(reported(500, 1000, 0.0)) is None
    assert overlap_warning(reported(600, 1000, 0.2)) is None
    warning = overlap_warning(reported(501, 1000, 0.0))
    assert warning is not None
    assert "has seen 501 of these 1,000 reviews in training" in warning
    assert "no honest test; look at those of the others, or give reviews that it has" in warning
    warning = overlap_warning(reported(1000, 1000, 0.0))
    assert warning is not None
    assert "no honest test; give reviews that it has not seen" in warning
