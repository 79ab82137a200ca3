"""Reviews become flat arrays that say what tokenizing by hand says, on disk as in memory."""

import hashlib
import multiprocessing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc import workers
from nsmc.config.text import TextConfig
from nsmc.data import corpus as corpus_module
from nsmc.data.corpus import Corpus, Encoding, build_corpus, load_corpus, read_corpus, save_corpus
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.reviews import read_reviews
from nsmc.errors import DataError
from nsmc.text.tokenizer import make_tokenizer
from tests.nsmc_files import read_nsmc, write_nsmc

CONFIG = TextConfig()
PLAIN = Encoding(CONFIG)
LABEL = [LabelColumnSpec("label")]
ROWS = [
    ("정말 재밌다", 1),
    ("", 0),  # blank
    ("돈 아까운 영화", 0),
    ("\u200b\u200d", 1),  # only format characters: not blank to the reader, but illegible
    ("   ", 1),  # blank
    ("정말 정말 정말", 1),
]


@pytest.fixture(scope="module")
def of_sample(sample: Path) -> Corpus:
    return build_corpus(read_reviews(sample / "ratings_train.txt", label_columns=LABEL), PLAIN)


def same(one: Corpus, other: Corpus) -> bool:
    def arrays(corpus: Corpus) -> list[NDArray[Any]]:
        return [corpus.tokens, corpus.offsets, *(c.codes for c in corpus.labels.values())]

    def plain(corpus: Corpus) -> list[object]:
        columns = [
            (name, c.name, c.names, c.first_rows, c.first_empty)
            for name, c in corpus.labels.items()
        ]
        return [columns, corpus.morphemes, corpus.identity, corpus.source, corpus.learned]

    pairs = zip(arrays(one), arrays(other), strict=True)
    return plain(one) == plain(other) and all(
        a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs
    )


def test_holds_what_tokenizing_by_hand_gives(sample: Path, of_sample: Corpus) -> None:
    tokenizer = make_tokenizer(CONFIG)
    expected = [(tokenizer(t), label) for t, label in read_nsmc(sample / "ratings_train.txt")]
    column = of_sample.labels["label"]
    labels = [int(column.names[code]) for code in column.codes]
    assert list(zip(of_sample.units(), labels, strict=True)) == expected
    assert of_sample.lengths.tolist() == [len(morphemes) for morphemes, _ in expected]
    in_order = list(dict.fromkeys(m for morphemes, _ in expected for m in morphemes))
    assert of_sample.morphemes == in_order
    assert of_sample.identity == tokenizer.identity()


def test_leaves_out_and_counts_what_has_nothing_legible(tmp_path: Path) -> None:
    path = write_nsmc(tmp_path / "reviews.txt", ROWS)
    done: list[int] = []
    reviews = read_reviews(path, label_columns=LABEL)
    corpus = build_corpus(reviews, PLAIN, progress=lambda count, _: done.append(count))
    tokenizer = make_tokenizer(CONFIG)
    assert list(corpus.units()) == [tokenizer(ROWS[row][0]) for row in (0, 2, 5)]
    column = corpus.labels["label"]
    assert [column.names[code] for code in column.codes] == ["1", "0", "1"]
    assert len(corpus) == len(corpus.lengths) == 3
    assert corpus.source == {
        "name": "reviews.txt",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "column": "document",
        "reviews": 3,
        "notes": [],
        "skipped": 3,
        "noise": 0.0,
        "stars": {},
    }
    assert sum(done) == 4  # the blank ones never reach the tokenizer


def test_refuses_reviews_without_a_legible_one(tmp_path: Path) -> None:
    path = write_nsmc(tmp_path / "reviews.txt", [("\u200b", 1), ("\u200d", 0)])
    with pytest.raises(DataError, match=r"reviews\.txt: no comment has anything legible in it"):
        build_corpus(read_reviews(path), PLAIN)


@pytest.fixture
def two_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_module, "FEW", 500)
    monkeypatch.setattr(corpus_module, "available_cores", lambda: 2)


@pytest.mark.usefixtures("two_workers")
def test_two_workers_give_what_one_gives(
    sample: Path, of_sample: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_module, "CHUNK", 37)  # many chunks, the last one shorter
    done: list[int] = []
    processes: set[int] = set()

    def progress(count: int, total: int) -> None:
        done.append(count)
        processes.add(len(multiprocessing.active_children()))

    reviews = read_reviews(sample / "ratings_train.txt", label_columns=LABEL)
    assert same(build_corpus(reviews, PLAIN, progress=progress), of_sample)
    assert (len(done), sum(done)) == (-(-600 // 37), 600)
    assert max(processes) == 2


def test_processes_start_before_a_large_file_is_read(
    sample: Path, of_sample: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "LARGE", 1000)
    monkeypatch.setattr(workers, "available_cores", lambda: 2)
    seen: list[int] = []

    def check(columns: object, source: str) -> None:
        seen.append(len(multiprocessing.active_children()))
        if len(seen) > 1:
            raise DataError("these labels won't do")

    encoding = Encoding(CONFIG, label_columns=LABEL)
    assert same(read_corpus(sample / "ratings_train.txt", encoding, check=check), of_sample)
    with pytest.raises(DataError, match="won't do"):
        read_corpus(sample / "ratings_train.txt", encoding, check=check)
    assert seen == [2, 2]
    assert not multiprocessing.active_children()


def test_comes_back_from_disk_as_it_was(tmp_path: Path, of_sample: Corpus) -> None:
    save_corpus(of_sample, tmp_path / "a.corpus")
    loaded = load_corpus(tmp_path / "a.corpus")
    assert same(loaded, of_sample)
    # Mapped, not read: 150,000 reviews must not be copied into every process.
    assert isinstance(loaded.tokens, np.memmap)
    assert isinstance(loaded.offsets, np.memmap)


def test_several_label_columns_and_none_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = ["좋다,경제,1\n", "\u200b,정치,\n", '싫다,"두\n줄",\n', "좋다,경제,2\n"]
    path.write_text("document,topic,stars\n" + "".join(rows), encoding="utf-8")
    for wanted in ([LabelColumnSpec("topic"), LabelColumnSpec("stars")], []):
        reviews = read_reviews(path, column="document", label_columns=wanted)
        corpus = build_corpus(reviews, PLAIN)
        assert len(corpus) == 3
        save_corpus(corpus, tmp_path / "a.corpus")
        assert same(load_corpus(tmp_path / "a.corpus"), corpus)
        for name, expected in [("topic", ["경제", "두\n줄", "경제"]), ("stars", ["1", "", "2"])]:
            if not wanted:
                assert corpus.labels == {}
                break
            column = corpus.labels[name]
            result = ["" if code < 0 else column.names[code] for code in column.codes]
            assert result == expected
            # 정치 stood beside a comment without anything legible.
            assert column.counts().sum() == sum(bool(cell) for cell in expected)


def test_some_reviews_of_a_corpus(of_sample: Corpus) -> None:
    rows = np.array([599, 3, 3])
    some = of_sample.take(rows)
    units = list(of_sample.units())
    assert list(some.units()) == [units[row] for row in rows]
    codes = of_sample.labels["label"].codes
    assert np.array_equal(some.labels["label"].codes, codes[rows])


def test_what_the_tokenizer_learns_goes_with_the_corpus(
    tmp_path: Path,
    sample: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setattr(corpus_module, "CHUNK", 250)
    config = TextConfig(unit="bpe", bpe_size=1500)
    reviews = read_reviews(sample / "ratings_train.txt", label_columns=LABEL)
    one = build_corpus(reviews, Encoding(config))
    assert one.learned is not None
    request.getfixturevalue("two_workers")
    assert same(build_corpus(reviews, Encoding(config)), one)
    save_corpus(one, tmp_path / "a.corpus")
    loaded = load_corpus(tmp_path / "a.corpus")
    assert same(loaded, one)
    tokenizer = make_tokenizer(config, loaded.learned)
    assert [one.morphemes[t] for t in one.tokens[: one.offsets[1]]] == tokenizer(reviews.texts[0])
