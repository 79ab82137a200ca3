"use strict";
(() => {
  const page = JSON.parse(document.getElementById("page-data").textContent);
  const config = { responsive: true, displaylogo: false, displayModeBar: false };
  const charts = Object.keys(page.charts);
  let language = document.querySelector("input.language:checked").value;

  // What differs between the languages is an object of them. The copy is Plotly's, which writes into what it is given.
  const spoken = (value) => {
    if (Array.isArray(value)) return value.map(spoken);
    if (value === null || typeof value !== "object") return value;
    if ("en" in value && "ko" in value) return value[language];
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spoken(one)]));
  };
  const say = (name, ...values) => spoken(page.words)[name].replace(/\{(\d)\}/g, (_, place) => values[place]);

  const draw = () =>
    Promise.all(charts.map((id) => Plotly.react(id, { ...spoken(page.charts[id]), config })));

  // A chart keeps the size it was drawn in, so for printing they are drawn anew, for the paper.
  const PAPER = { width: 690, gap: 20, height: 0.76 };
  const resize = (size) => {
    for (const id of charts) Plotly.relayout(id, size(document.getElementById(id), page.charts[id].layout.height));
  };
  window.addEventListener("beforeprint", () =>
    resize((element, height) => ({
      width: element.closest(".pair") ? (PAPER.width - PAPER.gap) / 2 : PAPER.width,
      height: height * PAPER.height,
    })),
  );
  window.addEventListener("afterprint", () =>
    resize((_, height) => ({ autosize: true, width: null, height })),
  );

  const explorer = () => {
    const table = page.thresholds;
    const steps = table.threshold.length - 1;
    const sliders = { threshold: document.getElementById("threshold"), least: document.getElementById("least") };
    const percent = (part, whole) => (whole ? ((100 * part) / whole).toFixed(1) + "%" : "–");
    const count = (number) => number.toLocaleString("en-US");
    const positives = table.tp[0];
    const all = table.tp[0] + table.fp[0];

    // A comment counts as decided if the probability of its predicted label is at least `least`.
    const decide = (threshold, least) => {
      const above = Math.max(threshold, least);
      const below = Math.min(threshold, steps - least);
      return { tp: table.tp[above], fp: table.fp[above], tn: table.tn[below], fn: table.fn[below] };
    };

    const show = () => {
      const threshold = Number(sliders.threshold.value);
      const least = Number(sliders.least.value);
      const { tp, fp, tn, fn } = decide(threshold, least);
      const decided = tp + fp + tn + fn;
      const shown = {
        "threshold-value": table.threshold[threshold].toFixed(2),
        "least-value": (least / steps).toFixed(2),
        "x-precision": percent(tp, tp + fp),
        "x-recall": percent(tp, positives),
        "x-accuracy": percent(tp + tn, decided),
        "x-decided": percent(decided, all),
        "x-precision-count": say("precision", count(tp), count(tp + fp)),
        "x-recall-count": say("recall", count(tp), count(positives)),
        "x-accuracy-count": say("accuracy", count(tp + tn), count(decided)),
        "x-decided-count": say("decided", count(decided), count(all), count(all - decided)),
      };
      for (const [id, text] of Object.entries(shown)) document.getElementById(id).textContent = text;
      Plotly.relayout("chart-thresholds", {
        "shapes[0].x0": table.threshold[threshold],
        "shapes[0].x1": table.threshold[threshold],
      });
      const curve = { x: [], y: [], customdata: [] };
      for (let c = 0; c <= steps; c++) {
        const at = decide(threshold, c);
        const among = at.tp + at.fp + at.tn + at.fn;
        if (!among) break;
        curve.x.push(among / all);
        curve.y.push((at.tp + at.tn) / among);
        curve.customdata.push(c / steps);
      }
      const chosen = decided ? { x: [[decided / all]], y: [[(tp + tn) / decided]] } : { x: [[]], y: [[]] };
      Plotly.restyle("chart-coverage", { x: [curve.x], y: [curve.y], customdata: [curve.customdata] }, [0]);
      Plotly.restyle("chart-coverage", chosen, [1]);
    };

    for (const slider of Object.values(sliders)) slider.addEventListener("input", show);
    document.getElementById("reset").addEventListener("click", () => {
      for (const slider of Object.values(sliders)) slider.value = slider.defaultValue;
      show();
    });
    return show;
  };

  // Of a model with classes: only how sure it has to be can be chosen.
  const undecided = () => {
    const slider = document.getElementById("sure");
    const curve = page.charts["chart-coverage"].data[0];
    const steps = Number(slider.max);
    const percent = (share) => (100 * share).toFixed(1) + "%";
    const show = () => {
      const least = Number(slider.value) / steps;
      // The curve has a point for each step at which any comment is still decided.
      const place = curve.customdata.findIndex((sure) => sure >= least - 1e-9);
      const decided = place >= 0;
      document.getElementById("sure-value").textContent = least.toFixed(2);
      document.getElementById("sure-words").textContent = decided
        ? say("sure", percent(curve.x[place]), percent(curve.y[place]))
        : say("none");
      const chosen = decided ? { x: [[curve.x[place]]], y: [[curve.y[place]]] } : { x: [[]], y: [[]] };
      Plotly.restyle("chart-coverage", chosen, [1]);
    };
    slider.addEventListener("input", show);
    return show;
  };

  const told = [];
  const show = () => draw().then(() => told.forEach((tell) => tell()));
  for (const choice of document.querySelectorAll("input.language"))
    choice.addEventListener("change", () => {
      document.documentElement.lang = language = choice.value;
      show();
    });

  // Plotly measures texts once, so the font has to be there first.
  document.fonts
    .load('14px "Review Hangul"', "긍정")
    .catch(() => {})
    .then(() => {
      if (page.thresholds) told.push(explorer());
      if (document.getElementById("sure")) told.push(undecided());
      return show();
    })
    .then(() => document.documentElement.setAttribute("data-drawn", charts.length));
})();
