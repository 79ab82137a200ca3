"""Many classes: an LSTM that tells the topics of sentences apart.

    python examples/topics.py

The only differences from positive and negative are the size of the last layer and the loss; a line
of the recipe sets both (`task = "classes"`).
"""

from lesson import SMALL, trained

import nsmc

PARTS = {
    "경제": (("환율이", "금리가", "주가가", "수출이"), ("크게 올랐다", "다시 내렸다", "제자리다")),
    "날씨": (
        ("비가", "눈이", "바람이", "안개가"),
        ("밤새 내렸다", "오후에 그친다", "점점 짙어진다"),
    ),
    "요리": (("국물이", "반찬이", "찌개가", "김치가"), ("짭짤하다", "푹 익었다", "잘 졸아들었다")),
    "운동": (
        ("선수가", "감독이", "공격수가", "골키퍼가"),
        ("골을 넣었다", "경기를 이겼다", "부상을 당했다"),
    ),
}


def main() -> None:
    """Compose a small table, train on it, ask for sentences that it doesn't hold."""
    rows = [
        f"{subject} {moment} {end},{topic}"
        for topic, (subjects, ends) in PARTS.items()
        for subject in subjects
        for moment in ("오늘", "어제", "지난주에")
        for end in ends
    ]
    overrides = (*SMALL, "model.cell=lstm", "training.batch_size=16", "training.learning_rate=0.01")
    with trained("own-labels", ["document,label", *rows], *overrides) as model:
        classifier = nsmc.load(model)
        for text in (
            "금리가 또 올랐다",
            "소나기가 내린다",
            "된장찌개가 잘 익었다",
            "공격수가 두 골을 넣었다",
        ):
            print(classifier.predict(text).to_dict()["label"], text)


if __name__ == "__main__":
    main()
