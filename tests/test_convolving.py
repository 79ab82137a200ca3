"""A convolution below the recurrent layers learns, and its scores are explained.

`tests/exporting/test_quantization.py` compares its outputs in numpy, torch and ONNX.
"""

from dataclasses import replace
from pathlib import Path

import pytest

import nsmc
from nsmc.config.model import ConvConfig
from nsmc.config.schema import load_config
from nsmc.errors import ModelError
from nsmc.inference.directory import open_model
from nsmc.report.evaluation_report import evaluate
from nsmc.training.api import train

RECIPE = Path(__file__).parent.parent / "configs" / "conv-gru.toml"
FOR_THE_SAMPLE = (
    *("model.embedding_size=32", "model.hidden_size=32", "model.subword_buckets=2000"),
    *("model.conv.filters=32", "data.validation=0.1", "training.batch_size=16"),
    *("training.epochs=5", "training.learning_rate=0.01", "training.adversarial_norm=0.3"),
)


@pytest.fixture(scope="module")
def trained(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped recipe on the sample data, made small: trained adversarially, too."""
    recipe = load_config(RECIPE, FOR_THE_SAMPLE)
    assert recipe.training.adversarial_norm > 0
    output = tmp_path_factory.mktemp("convolving") / "run"
    return train(recipe, data=sample, output=output, device="cpu").model


def test_it_learns(trained: Path, sample: Path) -> None:
    model = open_model(trained)
    assert model.config.model.conv == ConvConfig(filters=32, kernel=3, pooling=2)
    assert model.weights()["convolution.weight"].shape == (32, 32, 3)
    assert model.weights()["convolution.bias"].any()  # zero at first
    # Three standard errors of 200 guesses above chance is 61%.
    assert evaluate(sample, trained).metrics["accuracy"] > 0.65


def test_its_explanations_sum_up(trained: Path) -> None:
    for explained in nsmc.load(trained).explain(
        ["음", "돈이 아까운 영화였어요 ㅠㅠ 시간도 아깝고"]
    ):
        total = explained.baseline + sum(part.contribution for part in explained.parts)
        assert total == pytest.approx(explained.logit, abs=1e-6)
        assert any(part.contribution for part in explained.parts)


def test_weights_of_another_convolution_are_refused(trained: Path) -> None:
    model = open_model(trained)
    shape = replace(model.config.model, conv=ConvConfig(32, 5))
    with pytest.raises(ModelError, match=r"fit together: .*convolution\.weight: expected \(32, "):
        replace(model, config=replace(model.config, model=shape))
