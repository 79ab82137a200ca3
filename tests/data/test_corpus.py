"""Reviews become flat arrays that say what tokenizing by hand says, on disk as in memory."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from nsmc.data import corpus as corpus_module
from nsmc.data.corpus import Corpus, build_corpus, load_corpus, save_corpus
from nsmc.data.reviews import read_reviews
from nsmc.errors import DataError, ModelError, NsmcError
from nsmc.text.config import TextConfig
from nsmc.text.tokenizer import make_tokenizer

CONFIG = TextConfig()
ROWS = [
    ("정말 재밌다", 1),
    ("", 0),  # blank
    ("돈 아까운 영화", 0),
    ("\u200b\u200d", 1),  # only format characters: not blank to the reader, but illegible
    ("   ", 1),  # blank
    ("정말 정말 정말", 1),
]


def written(path: Path, rows: list[tuple[str, int]]) -> Path:
    lines = [f"{i}\t{text}\t{label}\n" for i, (text, label) in enumerate(rows, 1)]
    path.write_text("id\tdocument\tlabel\n" + "".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def of_sample(sample: Path) -> Corpus:
    return build_corpus(read_reviews(sample / "ratings_train.txt"), CONFIG)


def same(one: Corpus, other: Corpus) -> bool:
    arrays = [(getattr(one, n), getattr(other, n)) for n in ("tokens", "offsets", "labels")]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in arrays) and (
        (one.morphemes, one.identity, one.source) == (other.morphemes, other.identity, other.source)
    )


def test_holds_what_tokenizing_by_hand_gives(sample: Path, of_sample: Corpus) -> None:
    lines = (sample / "ratings_train.txt").read_text(encoding="utf-8").splitlines()[1:]
    tokenizer = make_tokenizer(CONFIG)
    expected = [(tokenizer(text), int(label)) for _, text, label in (x.split("\t") for x in lines)]
    found = [
        (
            [
                of_sample.morphemes[t]
                for t in of_sample.tokens[of_sample.offsets[r] : of_sample.offsets[r + 1]]
            ],
            int(of_sample.labels[r]),
        )
        for r in range(len(of_sample.labels))
    ]
    assert found == expected
    assert of_sample.lengths.tolist() == [len(morphemes) for morphemes, _ in expected]
    in_order = list(dict.fromkeys(m for morphemes, _ in expected for m in morphemes))
    assert of_sample.morphemes == in_order
    assert of_sample.identity == tokenizer.identity()


def test_leaves_out_and_counts_what_has_nothing_legible(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.txt", ROWS)
    done: list[int] = []
    corpus = build_corpus(read_reviews(path), CONFIG, progress=done.append)
    tokenizer = make_tokenizer(CONFIG)
    legible = [tokenizer(ROWS[row][0]) for row in (0, 2, 5)]
    assert corpus.offsets.tolist() == np.cumsum([0, *(len(m) for m in legible)]).tolist()
    assert [corpus.morphemes[t] for t in corpus.tokens] == [m for ms in legible for m in ms]
    assert corpus.labels.tolist() == [1, 0, 1]
    assert corpus.source == {
        "name": "reviews.txt",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "reviews": 3,
        "skipped": 3,
    }
    assert sum(done) == 4  # the blank ones never reach the tokenizer


def test_refuses_reviews_without_a_legible_one(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.txt", [("\u200b", 1), ("\u200d", 0)])
    with pytest.raises(DataError, match=r"reviews\.txt: no comment has anything legible in it"):
        build_corpus(read_reviews(path), CONFIG)


def test_two_workers_give_what_one_gives(
    sample: Path, of_sample: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corpus_module, "CHUNK", 37)  # many chunks, the last one shorter
    done: list[int] = []
    reviews = read_reviews(sample / "ratings_train.txt")
    corpus = build_corpus(reviews, CONFIG, workers=2, progress=done.append)
    assert same(corpus, of_sample)
    assert (len(done), sum(done)) == (-(-600 // 37), 600)


def test_comes_back_from_disk_as_it_was(tmp_path: Path, of_sample: Corpus) -> None:
    save_corpus(of_sample, tmp_path / "a.corpus")
    loaded = load_corpus(tmp_path / "a.corpus")
    assert same(loaded, of_sample)
    # Mapped, not read: 150,000 reviews must not be copied into every process.
    assert isinstance(loaded.tokens, np.memmap)
    assert isinstance(loaded.offsets, np.memmap)


def test_saving_replaces_an_older_corpus_whole(tmp_path: Path, of_sample: Corpus) -> None:
    small = build_corpus(read_reviews(written(tmp_path / "r.txt", ROWS)), CONFIG)
    save_corpus(of_sample, tmp_path / "a.corpus")
    save_corpus(small, tmp_path / "a.corpus")
    assert same(load_corpus(tmp_path / "a.corpus"), small)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.corpus", "r.txt"]


@pytest.mark.parametrize(
    "name", ["tokens.npy", "offsets.npy", "labels.npy", "morphemes.txt", "corpus.json"]
)
def test_refuses_a_flipped_byte(tmp_path: Path, of_sample: Corpus, name: str) -> None:
    save_corpus(of_sample, tmp_path / "a.corpus")
    file = tmp_path / "a.corpus" / name
    content = bytearray(file.read_bytes())
    content[-2] ^= 1
    file.write_bytes(content)
    words = rf"{name} is damaged: expected SHA-256 .*; delete it and prepare the data again"
    with pytest.raises(ModelError, match=words):
        load_corpus(tmp_path / "a.corpus")


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, of_sample: Corpus) -> None:
    (tmp_path / "in-the-way").write_text("", encoding="utf-8")
    with pytest.raises(NsmcError, match=r"cannot write .*a\.corpus: "):
        save_corpus(of_sample, tmp_path / "in-the-way" / "a.corpus")
