"""Which sentence is odd? A language model is more surprised by the one with its words in disorder.

    python examples/odd_sentence.py

The model has no labels: it learns to predict each next syllable of 800 comments.
"""

from lesson import sample_comments, trained

import nsmc

PAIRS = (
    ("배우들 연기가 정말 좋았다", "연기가 좋았다 정말 배우들"),
    ("이 영화는 시간이 아깝다", "아깝다 이 시간이 영화는"),
    ("마지막 장면이 오래 남는다", "남는다 장면이 마지막 오래"),
)


def main() -> None:
    """Train on the sample's comments and compare each sentence with its disordered copy."""
    texts = [text for part in ("train", "test") for text, _ in sample_comments(part)]
    overrides = (
        "text.unit=syllable",
        "model.embedding_size=32",
        "model.hidden_size=64",
        "model.subword_buckets=0",
        "data.min_freq=1",
        "training.epochs=2",
        "training.batch_size=16",
        "training.learning_rate=0.01",
    )
    with trained("language-model", texts, *overrides) as model:
        language_model = nsmc.load_language_model(model)
        for pair in PAIRS:
            for text, score in zip(pair, language_model.score(pair), strict=True):
                print(f"perplexity {score.perplexity:6.1f}  {text}")


if __name__ == "__main__":
    main()
