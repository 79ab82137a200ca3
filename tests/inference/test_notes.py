"""What a prediction says of its comment beyond the score."""

import dataclasses
import pickle

import pytest

import nsmc
from nsmc.errors import UsageError
from nsmc.inference.classifier import TIMES_LONGER
from nsmc.inference.familiarity import UNFAMILIAR, Familiarity


@pytest.fixture(scope="module")
def classifier() -> nsmc.Classifier:
    return nsmc.load(exact=True)


def test_a_plain_comment_has_no_notes(classifier: nsmc.Classifier) -> None:
    assert set(classifier.predict("재밌다").to_dict()) == {
        "text",
        "label",
        "label_ko",
        "score",
        "confidence",
    }


def test_corrections_are_spans_of_the_comment_as_typed(classifier: nsmc.Classifier) -> None:
    text = "  띵작\u200b 진짜 감덩  ㅋㅋ"
    corrections = classifier.predict(text).to_dict()["corrections"]
    read = [(c["typed"], c["read"], c["kind"]) for c in corrections]
    assert read == [("띵작\u200b", "명작", "word"), ("감덩", "감동", "spelling")]
    assert all(text[c["start"] : c["end"]] == c["typed"] for c in corrections)
    parts = classifier.explain(text).parts
    shown = {text[part.start : part.end]: part.morpheme for part in parts}
    assert shown["띵작\u200b"] == "명작" and shown["감덩"] == "감동"


def test_options_change_the_reading_and_share_the_model(classifier: nsmc.Classifier) -> None:
    plain = classifier.with_options(spelling=False, words=nsmc.NewWords({"띵작": ""}))
    assert not plain.predict("띵작 감덩").corrections
    assert classifier.predict("띵작 감덩").corrections
    assert plain._network is classifier._network
    copy = pickle.loads(pickle.dumps(plain))
    assert copy.predict("띵작 감덩") == plain.predict("띵작 감덩")


def test_undecided_is_a_label_of_its_own(classifier: nsmc.Classifier) -> None:
    careful = classifier.with_options(undecided_below=0.9999999)
    one = careful.predict("그냥 그래요")
    assert (one.label, one.label_ko) == ("undecided", "보류")
    assert one.confidence == max(one.score, 1 - one.score)
    assert one.score == classifier.predict("그냥 그래요").score
    assert careful.predict("").label == ""
    with pytest.raises(UsageError, match="undecided_below: expected a probability"):
        classifier.with_options(undecided_below=1.5)


@pytest.mark.parametrize(
    "text",
    [
        *("123", "aaaaaa", "ㅁㄴㅇㄹ", ".", "뷁뛟쉚", "つまらない映画だった", "Скучно и долго"),
        "Nothing happens for two hours",
    ],
)
def test_what_the_model_cannot_know_is_unfamiliar(classifier: nsmc.Classifier, text: str) -> None:
    prediction = classifier.predict(text)
    assert prediction.unfamiliar and prediction.to_dict()["unknown"] > UNFAMILIAR


@pytest.mark.parametrize(
    "text",
    [
        "굿",
        "good",
        "ㅋㅋㅋㅋㅋㅋㅋㅋㅋㅋ",
        "ㅠㅠ",
        "♥",
        "👍",
        "10점",
        "^^",
        "ㄹㅇ 명작",
        "재밌음!!!!!!!",
    ],
)
def test_short_comments_of_reviews_are_familiar(classifier: nsmc.Classifier, text: str) -> None:
    assert not classifier.predict(text).unfamiliar


def test_letters_are_familiar_to_a_model_of_letters() -> None:
    familiarity = Familiarity(["<unk>", *"ㅈㅐㅁㅣ", "-ㅆ", *"ㄷㅏ▁"], "jamo")
    assert familiarity.unknown(["ㅈ", "ㅐ", "ㅁ", "ㅣ"]) == 0
    assert familiarity.unknown(["1", "2"]) == 1
    assert familiarity.unknown([]) == 0


def test_a_long_comment_is_read_to_its_end_in_windows(classifier: nsmc.Classifier) -> None:
    begin, end = "정말 재밌는 영화 최고였다. " * 80, "지루하고 돈 아까운 쓰레기 최악. " * 300
    long = classifier.predict(begin + end)
    assert long.label == "negative" and not long.truncated
    explanation = classifier.explain(begin + end)
    total = explanation.baseline + sum(part.contribution for part in explanation.parts)
    assert explanation.value == pytest.approx(total, abs=1e-4)
    assert explanation.parts[0].contribution > 0 > explanation.parts[-1].contribution
    assert explanation.parts[-1].end == len((begin + end).rstrip())


def test_a_model_of_few_characters_reads_longer_comments(classifier: nsmc.Classifier) -> None:
    config = classifier.model.config
    text = dataclasses.replace(config.text, max_characters=6)
    short = dataclasses.replace(
        classifier.model,
        config=dataclasses.replace(config, text=text),
        identity={**classifier.model.identity, "max_characters": "6"},
    )
    assert nsmc.Classifier(short, exact=True).predict("정말 재밌는 최고의 영화였다").label


def test_what_is_cut_off_is_counted(classifier: nsmc.Classifier) -> None:
    limit = TIMES_LONGER * classifier.text_config.max_characters
    assert classifier.predict("가" * limit + " \n").truncated == 0
    assert classifier.predict("가" * limit + "나다라 \n").to_dict()["truncated"] == 3
