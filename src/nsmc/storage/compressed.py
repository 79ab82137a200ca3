"""Compressed bytes of a stranger, decompressed to a bounded size."""

import zlib


def decompress(content: bytes, most: int) -> bytes:
    """Decompress what zlib wrote: a few bytes may stand for very many.

    Raises:
        zlib.error: it isn't that, or becomes more than ``most`` bytes.
    """
    stream = zlib.decompressobj()
    data = stream.decompress(content, most + 1)
    if len(data) > most or not stream.eof:
        raise zlib.error(f"expected a whole stream of at most {most:,} bytes")
    return data
