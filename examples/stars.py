"""Regression: an LSTM gives a number of stars and not a class.

python examples/stars.py
"""

from lesson import SMALL, trained

import nsmc

SUBJECTS = ("연기가", "음악이", "결말이", "대사가", "화면이", "이야기가", "편집이", "분위기가")
ENDS = {
    1: ("정말 최악이다", "끔찍하게 나쁘다"),
    3: ("좀 지루하다", "별로 마음에 안 든다"),
    5: ("그저 그렇다", "나쁘지도 좋지도 않다"),
    8: ("꽤 괜찮다", "제법 좋다"),
    10: ("정말 최고다", "더없이 훌륭하다"),
}


def main() -> None:
    """Compose rated sentences, train on their stars, ask for others."""
    rows = [
        f"{subject} {end},{stars}"
        for stars, ends in ENDS.items()
        for end in ends
        for subject in SUBJECTS
    ]
    overrides = (
        *SMALL,
        "model.cell=lstm",
        "training.epochs=15",
        "training.batch_size=8",
        "training.learning_rate=0.01",
    )
    with trained("stars", ["document,rating", *rows], *overrides) as model:
        for text in ("색감이 정말 최고다", "색감이 꽤 괜찮다", "색감이 정말 최악이다"):
            print(f"{nsmc.load(model).predict(text).to_dict()['stars']:4.1f}  {text}")


if __name__ == "__main__":
    main()
