"""One to many: one syllable goes in, a whole saying comes out.

    python examples/one_to_many.py

The network writes a syllable, reads it back as its next input, and goes on until it writes the end.
"""

from lesson import trained

import nsmc

SAYINGS = (
    "가는 날이 장날이다",
    "등잔 밑이 어둡다",
    "발 없는 말이 천 리 간다",
    "세 살 버릇 여든까지 간다",
    "아니 땐 굴뚝에 연기 날까",
    "티끌 모아 태산",
)


def main() -> None:
    """Learn the sayings by heart, then ask for each by its first syllable."""
    copies = [saying for saying in SAYINGS for _ in range(10)]
    with trained("hihello", copies, "training.batch_size=9", "model.hidden_size=48") as model:
        language_model = nsmc.load_language_model(model)
        for saying in SAYINGS:
            print(f"{saying[0]} → {language_model.complete(saying[0], temperature=0).text}")


if __name__ == "__main__":
    main()
