"""Many to one: the morphemes of a comment go in, one probability comes out.

    python examples/many_to_one.py

The network of the classic notebook, Embedding → BiLSTM → last states → Linear, on 600 comments.
"""

from lesson import SAMPLE, SMALL, trained

import nsmc

COMMENTS = ("배우들 연기가 정말 좋았다", "지루하고 시간이 아까웠다", "음악이 오래 남는다")


def main() -> None:
    """Train, measure on comments that were not learnt, score three more."""
    overrides = (*SMALL, "training.epochs=8", "training.learning_rate=0.01", "data.min_freq=1")
    with trained("classic-bilstm", SAMPLE, *overrides) as model:
        result = nsmc.evaluate(SAMPLE, model=model).to_dict()
        print(f"accuracy {result['accuracy']:.1%} of {result['examples']} comments")
        for comment, prediction in zip(COMMENTS, nsmc.load(model).predict(COMMENTS), strict=True):
            print(prediction.to_dict()["label_ko"], comment)


if __name__ == "__main__":
    main()
