"""A recipe: from a TOML file and assignments, checked before anything runs."""

import dataclasses
import json
from pathlib import Path

import pytest

from nsmc.config.model import ConvConfig
from nsmc.config.schema import FIELDS, Config, changes, flat, load_config
from nsmc.errors import UsageError
from nsmc.training.fine_tuning import fine_tuning_config


def test_the_sections_are_those_of_the_recipe() -> None:
    assert load_config() == Config() == Config.from_dict({})
    assert list(FIELDS) == [f.name for f in dataclasses.fields(Config)]
    for name, hint in FIELDS.items():
        assert (type(getattr(Config(), name)) is hint) == (name != "task")


def test_a_file_and_assignments_after_it(tmp_path: Path) -> None:
    path = tmp_path / "레시피.toml"
    text = '[model]\ncell = "lstm"\nhidden_size = 64 # 주석\n[training]\nlearning_rate = 1\n'
    path.write_text(text, encoding="utf-8")
    config = load_config(path, ["model.cell=rnn", "training.epochs=2", "training.epochs=3"])
    assert (config.model.cell, config.model.hidden_size) == ("rnn", 64)
    assert (config.training.learning_rate, config.training.epochs) == (1.0, 3)
    assert type(config.training.learning_rate) is float
    assert config.data == Config().data


def test_one_assignment_is_no_list_of_letters() -> None:
    for config in (
        load_config(None, "training.epochs=7"),
        fine_tuning_config("shipped", None, "training.epochs=7"),
    ):
        assert config.training.epochs == 7


def test_plain_values_and_back(tmp_path: Path) -> None:
    config = load_config(None, ["model.cell=lstm", "data.min_freq=5", "training.warmup=0"])
    values = config.to_dict()
    assert Config.from_dict(values) == config
    assert Config.from_dict(json.loads(json.dumps(values))) == config
    assert list(values) == list(FIELDS)
    for name, value in flat(values).items():
        assert type(value) in (bool, int, float, str), name


def test_a_section_within_a_section(tmp_path: Path) -> None:
    path = tmp_path / "conv.toml"
    path.write_text("[model]\nlayers = 2\n[model.conv]\nfilters = 64\n", encoding="utf-8")
    config = load_config(path, ["model.conv.pooling=2"])
    assert config.model.layers == 2
    assert config.model.conv == ConvConfig(filters=64, pooling=2)
    assert Config.from_dict(config.to_dict()) == config
    assert changes(config) == {
        "model.layers": (1, 2),
        "model.conv.filters": (0, 64),
        "model.conv.pooling": (1, 2),
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[model\n", "Expected ']'"),
        (b"[model]\ncell = lstm\n", "Invalid value"),
        (b"[model]\ncell = 'gru'\ncell = 'lstm'\n", "Cannot overwrite a value"),
        (b"[training]\nseed = " + b"1" * 5000, "4300"),
        ("# 한글\n".encode("cp949"), "'utf-8' codec"),
    ],
)
def test_a_broken_file_is_refused_with_the_place(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path} is not a TOML configuration: ")
    assert words in str(caught.value)


def test_a_missing_file_and_a_directory_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^there is no configuration file .*none\.toml$"):
        load_config(tmp_path / "none.toml")
    with pytest.raises(UsageError, match=r"^cannot read the configuration .*: Is a directory$"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("text.max_characters=0", "text: max_characters must be from 1 to 100000, found 0"),
        ("text.max_characters=100001", "text: max_characters must be from 1 to 100000"),
        ("data.validation=0", "data: validation must be between 0 and 1, found 0.0"),
        ("data.validation=1", "data: validation must be between 0 and 1, found 1.0"),
        ("data.validation=nan", "data.validation: expected a finite number, found nan"),
        ("data.min_freq=0", "data: min_freq must be at least 1, found 0"),
        ("data.max_size=0", "data: max_size must be at least 1, found 0"),
        ("model.layers=0", "model: layers must be at least 1, found 0"),
        ("model.embedding_size=-1", "model: embedding_size must be at least 1, found -1"),
        ("model.hidden_size=0", "model: hidden_size must be at least 1, found 0"),
        ("model.subword_buckets=-1", "model: subword_buckets must be 0 or more, found -1"),
        ("data.noise=1.5", "data: noise must be from 0 to 1, found 1.5"),
        ("data.noise=-0.1", "data: noise must be from 0 to 1, found -0.1"),
        ("model.embedding_dropout=1", "model: embedding_dropout must be from 0 to below 1"),
        ("model.dropout=-0.1", "model: dropout must be from 0 to below 1, found -0.1"),
        ("model.conv.filters=-1", "model.conv: filters must be 0 or more, found -1"),
        ("model.conv.kernel=4", "model.conv: kernel must be an odd number from 1 on, found 4"),
        ("model.conv.kernel=-1", "model.conv: kernel must be an odd number from 1 on, found -1"),
        ("model.conv.pooling=0", "model.conv: pooling must be at least 1, found 0"),
        ("model.wide.buckets=3000", "model.wide: buckets must be 0 or a power of two, found 3000"),
        ("model.wide.buckets=-1", "model.wide: buckets must be 0 or a power of two, found -1"),
        ("model.wide.buckets=2147483648", "model.wide: buckets must be at most 1,073,741,824"),
        ("model.wide.longest=0", "model.wide: longest must be from 1 to 16, found 0"),
        ("model.wide.longest=17", "model.wide: longest must be from 1 to 16, found 17"),
        ("model.wide.dropout=1", "model.wide: dropout must be from 0 to below 1, found 1"),
        ("model.wide.dropout=-0.1", "model.wide: dropout must be from 0 to below 1, found -0.1"),
        ("training.epochs=0", "training: epochs must be at least 1, found 0"),
        ("training.batch_size=0", "training: batch_size must be at least 1, found 0"),
        ("training.checkpoint_steps=0", "training: checkpoint_steps must be at least 1, found 0"),
        ("training.learning_rate=0", "training: learning_rate must be above 0 and below 1e37"),
        ("training.learning_rate=nan", "training.learning_rate: expected a finite number"),
        ("stars.weight=inf", "stars.weight: expected a finite number, found inf"),
        ("training.threads=1025", "training: threads must be at most 1,024, found 1,025"),
        ("training.seed=9223372036854775808", "training.seed: the number is too large"),
        ("model.embedding_size=100000000", "model: embedding_size must be at most 1,048,576"),
        ("training.warmup=1", "training: warmup must be from 0 to below 1, found 1.0"),
        ("training.weight_decay=-1", "training: weight_decay must be 0 or more, found -1.0"),
        ("training.clip_norm=-1", "training: clip_norm must be 0 or more, found -1.0"),
        ("training.adversarial_norm=-1", "training: adversarial_norm must be 0 or more"),
        ("training.patience=-1", "training: patience must be 0 or more, found -1"),
        ("training.seed=-1", "training: seed must be 0 or more, found -1"),
        ("training.clip_norm=1e19", "training: clip_norm must be at most 9,223,372,036,854,775,8"),
        ("text.dictionary=/dic", "text: dictionary goes with tokenizer = 'system-mecab', and only"),
        ("text.tokenizer=system-mecab", "text: dictionary goes with tokenizer = 'system-mecab'"),
        ("text.unit=word", "text.unit: expected one of morpheme, syllable, jamo, bpe"),
        (
            "text.unit=jamo text.tokenizer=system-mecab text.dictionary=/dic",
            "text: tokenizer and dictionary go with unit = 'morpheme', and only with it; unit = 'j",
        ),
        ("text.unit=bpe text.dictionary=/dic", "text: tokenizer and dictionary go with unit = 'm"),
        ("text.unit=bpe text.bpe_size=99", "text: bpe_size must be from 100 to 1000000, found 99"),
        ("text.unit=bpe text.spelling=true", "text: spelling goes with any unit but 'bpe'"),
        (
            "model.subword_letters=true model.subword_buckets=0",
            "model: subword_letters needs a table of n-grams; set subword_buckets above 0",
        ),
    ],
)
def test_values_out_of_range_are_refused_by_name(assignment: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_config(None, assignment.split())
    assert str(caught.value).startswith(f"configuration: {message}")


@pytest.mark.parametrize(
    "fields",
    [
        "text.max_characters=1 data.validation=0.999 data.min_freq=1 data.noise=1",
        "text.max_characters=100000 model.subword_buckets=0 model.dropout=0 training.clip_norm=0",
        "training.adversarial_norm=0 training.patience=0 training.warmup=0",
        "model.subword_letters=true",
        "text.tokenizer=system-mecab text.dictionary=/usr/local/dic",
    ],
)
def test_values_at_the_edge_of_the_range_are_taken(fields: str) -> None:
    assert len(changes(load_config(None, fields.split()))) == len(fields.split())


def test_changes_are_field_by_field() -> None:
    config = load_config(None, ["model.cell=lstm", "training.warmup=0"])
    assert changes(config) == {"model.cell": ("gru", "lstm"), "training.warmup": (0.05, 0.0)}
    assert changes(config, config) == {}
    assert changes(Config(), config) == {
        "model.cell": ("lstm", "gru"),
        "training.warmup": (0.0, 0.05),
    }
