"""What `nsmc export --onnx network.onnx` wrote, scored without nsmc: docs/exporting.md."""

import json
import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("network.onnx")
side = json.loads(Path("network.json").read_text(encoding="utf-8"))
rows = {unit: row for row, unit in enumerate(side["vocabulary"]) if row}
table, numbers = (
    {n: new for first, last, new in side[name] for n in range(first, last + 1)}
    for name in ("characters", "numbers")
)
jamo, apart = side["conjoining"]["letters"], side["apart"]


def meaning(found: re.Match[str]) -> str:
    """태그, &quot;, &#39;의 뜻."""
    entity = found[1]
    if entity is None:
        return "" if re.fullmatch(side["within_words"], found[0], re.DOTALL) else " "
    if entity[0] != "#":
        return str(side["entities"].get(entity, found[0]))
    number = min(int(entity[2:], 16) if entity[1] == "x" else int(entity[1:]), 0x110000)
    return str(numbers[number]) if number in numbers else chr(number).translate(table)


def compatibility(found: re.Match[str]) -> str:
    """한 종류뿐인 첫가끝 자모는 따로 친 자모."""
    letters = [jamo.get(one, "") for one in found[0]]
    kinds = {"T" if len(one) > 1 else "V" if one in side["medials"] else "L" for one in letters}
    return found[0] if "" in letters or len(kinds) > 1 else "".join(one[-1] for one in letters)


def joined(found: re.Match[str]) -> str:
    """ㅈㅐㅁㅣㅆㄷㅏ는 재밌다."""
    all_of = list(re.finditer(apart["syllable"], found[0]))
    words = any(one[1] not in apart["laughs"] and one[2] not in apart["weeps"] for one in all_of)
    if len(all_of) == 1:
        before, behind = found.string[: found.start()][-1:], found.string[found.end() :][:1]
        first, last = all_of[0].start() == 0, all_of[0].end() == len(found[0])
        words &= (first and "가" <= before <= "힣") or (last and "가" <= behind <= "힣")
    return re.sub(apart["syllable"], syllable, found[0]) if words else found[0]


def syllable(found: re.Match[str]) -> str:
    """따로 친 자모 두셋을 모은 글자."""
    initial, medial, final = found[1], found[2], found[3]
    medial = side["medials"].index(apart["vowels"].get(medial, medial))
    final = side["finals"].index(apart["ends"].get(final, final)) + 1 if final else 0
    return chr(0xAC00 + (side["initials"].index(initial) * 21 + medial) * 28 + final)


def units(text: str) -> Iterator[str]:
    """댓글의 단위."""
    limit = side["characters_read"]
    text = text[: 4 * limit].translate(table)
    while (plain := re.sub(side["markup"], meaning, text)) != text:
        text = plain
    text = " ".join(unicodedata.normalize("NFC", text).split())[:limit].rstrip()
    text = re.sub(side["conjoining"]["pattern"], compatibility, text)
    text = re.sub(apart["run"], joined, text)
    for cluster in re.findall(side["cluster"], text):
        if side["unit"] == "jamo" and re.match(f"[{side['hangul']}]", cluster):
            for one in cluster:
                parts = unicodedata.normalize("NFD", one) if "가" <= one <= "힣" else one
                yield from (jamo.get(part, part) for part in parts)
        else:
            yield side["space"] if cluster == " " else cluster


def log_odds(text: str) -> float:
    """긍정의 로그 오즈; 긴 댓글은 창으로 나누어 읽고 평균한다."""
    found = [rows.get(unit, 0) for unit in units(text)]
    count = 1
    if len(found) > side["window"]:
        count = -(-len(found) // min(side["passage"], side["window"]))
    edges = [len(found) * place // count for place in range(count + 1)]
    windows = [np.array(found[a:b])[:, None] for a, b in pairwise(edges)]  # 저마다 [T, 1]
    return float(np.mean([session.run(None, {"units": one})[0] for one in windows]))


text = "정말 재밌다 ㅋㅋ"
print(1 / (1 + np.exp(-log_odds(text))), text)
