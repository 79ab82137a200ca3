"""The network that reads the characters of comments, in numpy: see `nsmc.model.characters`.

Letters: R comments, C characters of all of them, U distinct ones, E embedding size, O outputs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import ModelError
from nsmc.runtime.directory import ModelDirectory
from nsmc.runtime.network import NumpyNetwork
from nsmc.runtime.shapes import reads_characters, shape_of_characters
from nsmc.runtime.tables import CHARACTERS, NGRAMS, WORDS, read_table
from nsmc.runtime.vectors import MorphemeVectors

AT_ONCE = 2048
"""Comments whose characters are in memory at once."""

Floats = NDArray[np.float32]


class CharacterOutputs:
    """What the characters of comments add to a network's outputs.

    Args:
        vectors: of characters.
        network: what reads these.
    """

    def __init__(self, vectors: MorphemeVectors, network: NumpyNetwork) -> None:
        self._vectors, self._network = vectors, network

    @classmethod
    def of(
        cls, model: ModelDirectory, weights: Mapping[str, NDArray[Any]]
    ) -> "CharacterOutputs | None":
        """Those of a verified model directory, whose `ModelDirectory.weights` are given.

        Returns:
            None for a model that doesn't read characters.

        Raises:
            ModelError: the weights aren't those of the recipe.
        """
        if not reads_characters(model.config["model"]):
            return None
        shape = shape_of_characters(model.config["model"])
        own = {
            name.removeprefix(CHARACTERS): values
            for name, values in weights.items()
            if name.startswith(CHARACTERS)
        }
        words, ngrams = read_table(own, WORDS), read_table(own, NGRAMS)
        try:
            if words is None or len(words) != len(model.characters):
                raise ValueError(
                    f"{len(model.characters):,} characters in its vocabulary, "
                    f"{0 if words is None else len(words):,} rows in its table"
                )
            given = (words.values.shape[1], 0 if ngrams is None else len(ngrams))
            if given != (expected := (shape["embedding_size"], shape["subword_buckets"])):
                raise ValueError(
                    f"expected vectors of {expected[0]} numbers and {expected[1]:,} rows for "
                    f"n-grams, found {given[0]} and {given[1]:,}"
                )
            network = NumpyNetwork(own, shape, model.label_task.outputs)
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"{model.path} doesn't fit together: its weights for characters aren't those of "
                f"its recipe ({error}); train again"
            ) from error
        letters = shape["subword_letters"]
        return cls(MorphemeVectors(model.characters, words, ngrams, letters=letters), network)

    @property
    def nothing(self) -> Floats:
        """The addition [O] for a character that says nothing: one whose vector is zeros."""
        vector = np.zeros((1, self._vectors.table.shape[1]), np.float32)  # [U, E]
        outputs: Floats = self._network(vector, np.array([0]), np.array([1]))[0]  # [O]
        return outputs

    def __call__(self, comments: Sequence[Sequence[str]]) -> Floats:
        """The addition [R, O] for comments already cut; `nothing` for one without units."""
        added = np.tile(self.nothing, (len(comments), 1))  # [R, O]
        for start in range(0, len(comments), AT_ONCE):
            texts = ["".join(units) for units in comments[start : start + AT_ONCE]]
            lengths = np.array([len(text) for text in texts], dtype=np.int64)
            there = np.flatnonzero(lengths)
            if not len(there):
                continue
            rows = self._vectors.rows(character for text in texts for character in text)  # [C]
            distinct, tokens = np.unique(rows, return_inverse=True)  # [U], [C]
            vectors = self._vectors.table[distinct]  # [U, E]
            added[start + there] = self._network(vectors, tokens, lengths[there])
        return added
