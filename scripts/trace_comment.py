"""Follow one comment through the code: what each module is given and what it makes of it.

    python scripts/trace_comment.py "노잼 ㅋㅋ 시간 아까움"

docs/flow.md explains the same way with this output.
"""

import sys

import numpy as np

from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import open_model
from nsmc.inference.vectors import MorphemeVectors
from nsmc.inference.wide import WideOutputs
from nsmc.report.display import explained_text
from nsmc.text.normalize import normalize
from nsmc.text.subwords import subword_ids
from nsmc.text.tokenizer import make_tokenizer


def main() -> None:
    """Print the stages for the comment on the command line."""
    comment = sys.argv[1] if len(sys.argv) > 1 else "노잼 ㅋㅋ\u200b  시간 아까움"
    model = open_model()
    config = model.config.text
    buckets = model.config.model.subword_buckets

    def show(module: str, what: str, value: object) -> None:
        print(f"{module:<24}{what:<22}{value}")

    show("", "comment", repr(comment))
    show("text/normalize.py", "normalized", normalize(comment, config.max_characters))
    morphemes = make_tokenizer(config, model.learned)(comment)
    show("text/mecab.py", "morphemes", " ".join(morphemes))
    rows = {m: row for row, m in enumerate(model.vocabulary)}
    show("inference/vectors.py", "vocabulary rows", [rows.get(m, 0) for m in morphemes])
    letters = model.config.model.subword_letters
    ngrams = {m: subword_ids(m, buckets, letters=letters) for m in morphemes[:2]}
    show("text/subwords.py", "n-gram rows", ngrams)
    weights = model.weights()
    given, tokens = MorphemeVectors.of(model, weights)(morphemes)  # [U, E], [N]
    show("inference/vectors.py", "vectors [U, E]", list(given.shape))
    network, lengths = model.network(weights), np.array([len(morphemes)])
    pooled = network.pooled(given, tokens, lengths)  # [1, P]
    show("inference/network.py", "pooled [R, P]", list(pooled.shape))
    outputs = network(given, tokens, lengths)[0]  # [O]
    show("inference/network.py", "outputs [R, O]", [[round(float(x), 3) for x in outputs]])
    if (wide := WideOutputs.of(model, weights)) is not None:
        added = wide([morphemes])[0]  # [O]
        show("inference/wide.py", "added [R, O]", [[round(float(x), 3) for x in added]])
    prediction = Classifier(model).predict(comment)
    show("report/display.py", "prediction", explained_text(prediction))


if __name__ == "__main__":
    main()
