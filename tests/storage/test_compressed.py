"""A few bytes that stand for very many are refused before they become many."""

import tracemalloc
import zlib

import pytest

from nsmc.errors import ModelError
from nsmc.inference.train_overlap import MAGIC, TrainingTexts
from nsmc.storage.compressed import decompress


def test_what_is_small_enough_comes_back() -> None:
    assert decompress(zlib.compress(b"a" * 100), 100) == b"a" * 100
    assert decompress(zlib.compress(b""), 0) == b""


@pytest.mark.parametrize(
    "content", [zlib.compress(b"a" * 101), zlib.compress(b"a" * 100)[:-1], b"", b"no stream"]
)
def test_too_much_and_what_is_no_stream(content: bytes) -> None:
    with pytest.raises(zlib.error):
        decompress(content, 100)


def test_a_bomb_takes_no_memory() -> None:
    bomb = MAGIC + bytes(8) + zlib.compress(bytes(30_000_000), 1)
    tracemalloc.start()
    with pytest.raises(ModelError, match="set of training texts can't be read"):
        TrainingTexts.from_bytes(bomb)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000
