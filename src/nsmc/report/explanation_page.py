"""Explained comments as one HTML page that needs nothing else: no network, no script."""

from html import escape

from nsmc.inference.explanation import Explanation
from nsmc.report.explanation_html import EXPLAINED_CSS, explained_html, signed
from nsmc.tasks.task import ExplanationLabels

_CSS = """
:root { color-scheme: light dark; --line: #8884; --positive: #00785a; --negative: #be3200; }
@media (prefers-color-scheme: dark) { :root { --positive: #3fcfa2; --negative: #ff8d66; } }
body { font: 16px/1.6 "Pretendard", "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo",
  "Malgun Gothic", "NanumGothic", system-ui, sans-serif; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.3rem; }
article { border-top: 1px solid var(--line); padding: .8rem 0; break-inside: avoid; }
article > p { margin: .2rem 0; font-size: 1.1rem; }
header, .sum, .note, details { font-size: .9rem; }
header b { margin-right: .4em; }
header .positive { color: var(--positive); }
header .negative { color: var(--negative); }
.legend { font-size: 1rem; }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .1rem .8rem .1rem 0; border-bottom: 1px solid var(--line);
  font-weight: normal; }
td.number { text-align: right; }
summary { cursor: pointer; }
@media print { body { margin: 0; max-width: none; } details:not([open]) { display: none; } }
"""


def page_start(terms: ExplanationLabels, units: str) -> str:
    """The page up to its first comment: how to read it, with the scale.

    Args:
        terms: of the model's task.
        units: what the parts of the explanations are called.
    """
    legend = "".join(
        f'<span class="part {side}" style="--strength:{strength:.2f}"> {word} </span> '
        for side, strength, word in (
            ("negative", 1, f"strongly for {terms.below}"),
            ("negative", 0.4, f"for {terms.below}"),
            ("positive", 0.4, f"for {terms.above}"),
            ("positive", 1, f"strongly for {terms.above}"),
        )
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nsmc: explained comments</title>
<style>{_CSS}{EXPLAINED_CSS}</style>
</head>
<body>
<h1>What the {units} did to the result</h1>
<p class="nsmc-explained legend">{legend}</p>
<p class="note">Numbers are {terms.meaning}: above 0 they speak for {terms.above}, below for
{terms.below}. Those of a comment sum to the difference between its own {terms.unit} and those from
which the model starts without {units}. The largest stand above what they are of, all show when the
pointer rests there. Straight underlines are for {terms.above}, wavy ones for {terms.below}; full
colour is the comment's largest number, or ±1 if that is smaller.</p>
"""


def page_article(explanation: Explanation) -> str:
    """One comment with its label, its sum and a table of all its morphemes."""
    prediction, unit = explanation.prediction, explanation.terms.unit
    shown = prediction.shown()
    number = signed if explanation.terms.signed else "{:.2f}".format
    comment = f"<p>{explained_html(explanation)}</p>"
    if not explanation.parts:
        return f"<article>\n<header>nothing legible: no label</header>\n{comment}\n</article>\n"
    rows = "".join(
        f'<tr><td>{part.start}–{part.end}</td><td lang="ko">{escape(part.morpheme)}</td>'
        f'<td class="number">{signed(part.contribution)}</td></tr>\n'
        for part in explanation.parts
    )
    return f"""<article>
<header><b class="{shown.tone}" lang="ko">{escape(" ".join(shown.words.split()))}</b></header>
{comment}
<p class="sum">{unit} {number(explanation.baseline)} without {explanation.units}, with all
{number(explanation.value)}: {escape(prediction.explained())}</p>
<details><summary>all {explanation.units} ({len(explanation.parts):,})</summary>
<table><thead><tr><th>start–end</th><th>{explanation.units}</th><th>{unit}</th></tr></thead>
<tbody>
{rows}</tbody></table></details>
</article>
"""


PAGE_END = "</body>\n</html>\n"
