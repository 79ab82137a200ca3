"""Many comments into units on all cores, in order."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from nsmc.config.text import TextConfig
from nsmc.text.tokenizer import Tokenizer, make_tokenizer
from nsmc.workers import map_chunks


def tokenize_chunks(
    chunks: Iterable[list[str]], tokenizer: Tokenizer, workers: int
) -> Iterator[list[list[str]]]:
    """Tokenize chunks of comments; yields the units of each chunk, in the chunks' order.

    Args:
        chunks: lists of comments.
        tokenizer: worker processes make their own by its configuration and what it learnt.
        workers: processes; 1 tokenizes in this one.

    Raises:
        NsmcError: a worker died.
    """
    if workers <= 1:
        return map(_tokenizing(tokenizer), chunks)
    return map_chunks(chunks, partial(_make, tokenizer.config, tokenizer.learned), workers)


def _make(config: TextConfig, learned: bytes | None) -> Callable[[list[str]], list[list[str]]]:
    return _tokenizing(make_tokenizer(config, learned))


def _tokenizing(tokenizer: Tokenizer) -> Callable[[list[str]], list[list[str]]]:
    return lambda chunk: [tokenizer(text) for text in chunk]
