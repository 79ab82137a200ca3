"""The primer: Korean endings, patterns that fill, both labels everywhere, nothing of the suite."""

import re

import pytest
from distillation.primed import composed, sure_words
from experiments.behaviour import read_cases
from primer.apart import FEWEST, SURE_WORDS, apart_from, forms
from primer.compose import Comment, compose, development, lexicon, patterns, sentences
from primer.korean import conjugate, with_particle

CASES = [case.document for case in read_cases()] + [c.text for c in development()]


@pytest.fixture(scope="module")
def comments() -> list[Comment]:
    return composed(3000, 1)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("지루하", "지루하다 지루해요 지루했다 지루합니다 지루함 지루한 지루할 지루한데"),
        ("재밌", "재밌다 재밌어요 재밌었다 재밌습니다 재밌음 재밌는 재밌을 재밌는데"),
        ("무섭", "무섭다 무서워요 무서웠다 무섭습니다 무서움 무서운 무서울 무서운데"),
        ("예쁘", "예쁘다 예뻐요 예뻤다 예쁩니다 예쁨 예쁜 예쁠 예쁜데"),
        ("빠르", "빠르다 빨라요 빨랐다 빠릅니다 빠름 빠른 빠를 빠른데"),
        ("낫", "낫다 나아요 나았다 낫습니다 나음 나은 나을 나은데"),
        ("힘들", "힘들다 힘들어요 힘들었다 힘듭니다 힘듦 힘든 힘들 힘든데"),
        ("졸*", "존다 졸아요 졸았다 좁니다 졺 조는 졸 조는데"),
        ("맞*", "맞는다 맞아요 맞았다 맞습니다 맞음 맞는 맞을 맞는데"),
        ("안 되*", "안 된다 안 돼요 안 됐다 안 됩니다 안 됨 안 되는 안 될 안 되는데"),
        ("돋보이*", "돋보인다 돋보여요 돋보였다 돋보입니다 돋보임 돋보이는 돋보일 돋보이는데"),
        ("졸작이=", "졸작이다 졸작이에요 졸작이었다 졸작입니다 졸작임 졸작인 졸작일 졸작인데"),
    ],
)
def test_stems_are_conjugated_by_their_class(stem: str, expected: str) -> None:
    endings = ("다", "아요", "았다", "습니다", "음", "은", "을", "는데")
    assert " ".join(conjugate(stem, ending) for ending in endings) == expected


def test_particles_fit_the_last_syllable() -> None:
    pairs = [
        ("영화", "은"),
        ("작품", "은"),
        ("배우", "이"),
        ("감독", "이"),
        ("최고", "이라고"),
        ("CG", "이"),
    ]
    result = " ".join(with_particle(*pair) for pair in pairs)
    assert result == "영화는 작품은 배우가 감독이 최고라고 CG가"


def test_quotations_know_the_kind_of_a_predicate() -> None:
    stems = ("재밌", "오글거리*", "감동적이=")
    assert [conjugate(s, "다고") for s in stems] == ["재밌다고", "오글거린다고", "감동적이라고"]


def test_there_are_hundreds_of_patterns_of_both_labels_in_every_family() -> None:
    assert len(patterns()) >= 400
    for family in {pattern.family for pattern in patterns()}:
        signs = {pattern.label for pattern in patterns() if pattern.family == family}
        assert signs & set("=!") or signs >= set("+-"), family
    assert {pattern.label for pattern in patterns()} == set("=!+-")


def test_sentences_and_the_comments_that_it_is_chosen_by_have_both_labels() -> None:
    for lines in (sentences(), development()):
        for family in {line.family for line in lines}:
            labels = [line.label for line in lines if line.family == family]
            assert min(labels.count(label) for label in set(labels)) > len(labels) / 3, family
            assert len(set(labels)) == 2, family


def test_every_word_stands_on_one_side_only() -> None:
    for (slot, sign, domain), words in lexicon().items():
        other = {"+": "-", "-": "+"}.get(sign, "")
        assert not set(words) & set(lexicon().get((slot, other, domain), ())), (slot, domain)


def test_nothing_of_a_pattern_is_left_in_a_comment(comments: list[Comment]) -> None:
    assert [
        c.text
        for c in comments
        if re.search(r"[{}<>|*=^()]", c.text.replace("^^", "").replace("ㅡㅡ^", ""))
    ] == []
    assert len({c.text for c in comments}) == len(comments)
    assert sum(c.label for c in comments) == pytest.approx(len(comments) / 2, abs=30)


def test_the_same_seed_composes_the_same() -> None:
    assert list(compose(50, 3)) == list(compose(50, 3))
    assert list(compose(50, 3)) != list(compose(50, 4))


def test_no_word_gives_the_label_away() -> None:
    # 없 and 안 are in as many comments of either label, and so are words that blame. One word is in
    # one of 200 comments, so many are needed for its share.
    comments = composed(12_000, 1)
    for word in ("없", "않", "지루", "재밌", "아깝", "후회"):
        labels = [c.label for c in comments if word in c.text]
        assert 0.2 < sum(labels) / len(labels) < 0.8, word


def test_a_comment_is_kept_apart_however_it_is_spaced_and_but_for_a_word() -> None:
    other = "배우들 연기가 너무 어색하다"
    near = [
        "배우들연기가 너무 어색하다!!",
        "배우들 연기가 너무 훌륭하다 ㅋㅋ",
        "아역 연기가 너무 어색하다",
    ]
    far = ["배우들 대사가 너무 훌륭하다", "어색하다", "최고", "연기가 어색하다"]
    made = [Comment(text, 0, "") for text in (*near, *far)]
    assert [c.text for c in apart_from(made, [other, "최고", "연기가 이상하다"])] == far


def test_nothing_that_measures_it_is_in_the_primer(comments: list[Comment]) -> None:
    cases = {form for case in CASES for form in forms(case)} - SURE_WORDS
    learnt = [*comments, *sure_words((1, 1))]
    assert sorted(c.text for c in learnt if not cases.isdisjoint(forms(c.text))) == []
    # A check that finds nothing in anything would pass, too.
    assert list(apart_from([Comment(case, 0, "") for case in CASES], CASES)) == [
        Comment(case, 0, "") for case in CASES if set(forms(case)) <= SURE_WORDS
    ]
    assert max(len(case.split()) for case in CASES) > FEWEST
