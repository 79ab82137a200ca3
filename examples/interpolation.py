"""From one comment to another through the space of sentence vectors: who is met on the way?

    python examples/interpolation.py

A straight line joins the vectors of two comments. At each stop the nearest of 800 comments is
printed, with its probability of being positive. Distance is the angle between two vectors.

Shapes: R comments, P numbers of a sentence vector, S stops.
"""

import numpy as np
from lesson import sample_comments

import nsmc

START, END = "정말 지루하고 시간이 아까웠다", "오랜만에 펑펑 울었다 최고의 영화"
STOPS = 7


def main() -> None:
    """Walk the line and print the nearest comment at each stop, none twice."""
    classifier = nsmc.load()
    texts = [text for part in ("train", "test") for text, _ in sample_comments(part)]
    units = [classifier.tokenizer(text) for text in (START, END, *texts)]
    vectors = classifier.sentence_vectors(units)  # [2 + R, P]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    (start, end), others = vectors[:2], vectors[2:]  # [P], [P], [R, P]
    shares = np.linspace(0, 1, STOPS)[:, None]  # [S, 1]
    similarity = ((1 - shares) * start + shares * end) @ others.T  # [S, R]
    print("     ", START)
    for row in similarity:
        nearest = int(row.argmax())
        similarity[:, nearest] = -np.inf
        prediction = classifier.predict(texts[nearest]).to_dict()
        print(f"{prediction['score']:5.1%}", texts[nearest])
    print("     ", END)


if __name__ == "__main__":
    main()
