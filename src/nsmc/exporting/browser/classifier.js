// A model's answers, as the objects of `nsmc predict --json`: nsmc.inference.classifier and nsmc.tasks.

// Shapley values as nsmc.inference.shapley computes them, with fewer samples: this is one thread of a browser.
const MOST_ORDERS = 16, FEW_ORDERS = 4, FEWEST_ORDERS = 2, USUAL_STEPS = 5000, MOST_UNITS = 8000, ROUGHLY = 6;

function makeClassifier({ side, config, task, exact, weights }) {
  const bytes = Uint8Array.from(atob(weights), (one) => one.charCodeAt(0));
  const read = makeReader(side), network = makeNetwork({ side, config }, readWeights(bytes));
  const sentiment = task.threshold !== null, half = (task.high - task.low) / 2, middle = (task.high + task.low) / 2;
  const logSum = (values) => { const most = Math.max(...values); return most + Math.log(values.reduce((sum, one) => sum + Math.exp(one - most), 0)); };

  // A long comment is read in windows; its outputs are the mean of theirs.
  function windowsOf(units) {
    if (units.length <= side.window) return [units];
    const count = Math.ceil(units.length / Math.min(side.passage, side.window));
    const edge = (place) => Math.floor((units.length * place) / count);
    return Array.from({ length: count }, (_, place) => units.slice(edge(place), edge(place + 1)));
  }
  const mean = (all) => all[0].map((_, n) => all.reduce((sum, one) => sum + one[n], 0) / all.length);
  const outputsOf = (units) => mean(windowsOf(units).map(network));

  function stars(output) { return rounded(Math.min(task.high, Math.max(task.low, output * half + middle))); }

  function answer({ text, notes }, outputs, least) {
    if (task.name === "stars") return { text, stars: outputs && stars(outputs[0]), ...notes };
    if (!sentiment) {
      if (!outputs) return { text, label: null, confidence: null, probabilities: null, ...notes };
      const total = logSum(Array.from(outputs)), shares = Array.from(outputs, (one) => Math.exp(one - total));
      const confidence = Math.max(...shares);
      return { text, label: task.classes[shares.indexOf(confidence)], confidence: rounded(confidence),
        probabilities: Object.fromEntries(task.classes.map((name, n) => [name, rounded(shares[n])])), ...notes };
    }
    const score = outputs && 1 / (1 + Math.exp(-outputs[0])), sure = Math.max(score, 1 - score);
    const label = !outputs ? null : least > 0.5 && sure < least ? "undecided" : score >= task.threshold ? "positive" : "negative";
    const confidence = { undecided: sure, positive: score, negative: 1 - score }[label];
    return { text, label, label_ko: label && { positive: "긍정", negative: "부정", undecided: "보류" }[label],
      score: outputs && rounded(score), confidence: outputs && rounded(confidence), ...notes,
      ...(task.name === "sentiment" ? {} : { stars: outputs && stars(outputs[1]) }) };
  }

  // What an explanation explains: its name, and the number that outputs give.
  function explained(outputs) {
    if (sentiment) return ["긍정", (all) => all[0]];
    if (task.name === "stars") return ["★", (all) => all[0] * half + middle];
    const best = outputs.indexOf(Math.max(...outputs));
    return [task.classes[best], (all) => all[best] - logSum(Array.from(all).filter((_, n) => n !== best))];
  }

  // `roughly`: by the fewest samples, for sums over many comments.
  async function explain(text, signal, roughly = false) {
    const comment = read(text), { units, spans } = comment, baseline = network([null]), windows = windowsOf(units), each = [];
    for (const window of units.length ? windows : []) { each.push(network(window)); await breathe(signal); }
    const outputs = units.length ? mean(each) : null;
    const [of, number] = explained(outputs ?? baseline), empty = number(baseline);
    const full = outputs && number(outputs), value = outputs && rounded(full);
    const result = { ...answer(comment, outputs, 0), of, unit: task.name === "stars" ? "stars" : "log odds", value,
      ...(task.name === "stars" ? {} : { logit: value }), baseline: rounded(empty), parts: [] };
    if (!outputs) return result;
    let groups = [], valueOf = (places) => number(network(places.flatMap((n) => groups[n])));
    if (windows.length > 1) {
      groups = windows;
      valueOf = (places) => number(mean(places.map((n) => each[n])));
    } else {
      // The letters of a syllable can't be shown apart, so they are one part together.
      units.forEach((unit, n) => {
        if (n && String(spans[n]) === String(spans[n - 1])) groups.at(-1).push(unit);
        else groups.push([unit]);
      });
    }
    // What a window gives is known already: it costs as little as no unit.
    const shares = await shapley(valueOf, { count: groups.length, units: windows.length > 1 ? 1 : units.length, exact: roughly ? ROUGHLY : exact, most: roughly ? FEWEST_ORDERS : MOST_ORDERS, empty, full }, signal);
    let place = 0;
    result.parts = groups.map((some, n) => {
      const start = spans[place][0], end = spans[(place += some.length) - 1][1];
      return { start, end, morpheme: some.length === 1 ? some[0] : joinUnits(side, some), contribution: rounded(shares[n]) };
    });
    return result;
  }

  return {
    read, explain,
    predict(text, least = 0) { const comment = read(text); return answer(comment, comment.units.length ? outputsOf(comment.units) : null, least); },
  };
}

// Lets the page answer keys and paint. Throws once nobody waits any more.
let breathed = 0;
async function breathe(signal) {
  if (performance.now() - breathed > 15) {
    await new Promise((done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done; port2.postMessage(0); });
    breathed = performance.now();
  }
  if (signal?.aborted) throw new DOMException("nobody waits", "AbortError");
}

async function shapley(valueOf, { count, units, exact, most, empty, full }, signal) {
  if (count <= exact) {
    const values = [empty];
    for (let code = 1; code < 1 << count; code++) {
      values.push(code === (1 << count) - 1 ? full : valueOf(bitsOf(code, count)));
      await breathe(signal);
    }
    const ways = [1 / count];
    for (let size = 1; size < count; size++) ways.push((ways[size - 1] * size) / (count - size));
    return Array.from({ length: count }, (_, part) => values.reduce((sum, value, code) => (
      code >> part & 1 ? sum : sum + ways[bitsOf(code, count).length] * (values[code | 1 << part] - value)), 0));
  }
  const orders = [Math.min(most, Math.max(FEW_ORDERS, Math.floor(2 * USUAL_STEPS / count ** 2) & ~1)), FEWEST_ORDERS].find((some) => some * count * units <= 2 * MOST_UNITS);
  if (!orders) {
    // Of too many parts, neighbours share alike.
    const runs = Math.max(12, Math.floor(MOST_UNITS / units)), runOf = (part) => Math.floor((part * runs) / count);
    const parts = Array.from({ length: count }, (_, part) => part), sizes = Array(runs).fill(0);
    for (const part of parts) sizes[runOf(part)]++;
    const shares = await sampled((chosen) => { const set = new Set(chosen); return valueOf(parts.filter((part) => set.has(runOf(part)))); }, runs, FEWEST_ORDERS, empty, full, signal);
    return parts.map((part) => shares[runOf(part)] / sizes[runOf(part)]);
  }
  return sampled(valueOf, count, orders, empty, full, signal);
}

const bitsOf = (code, count) => Array.from({ length: count }, (_, bit) => bit).filter((bit) => code >> bit & 1);

// Each order of the parts with its reverse; a part's share is what it adds to those before it.
async function sampled(valueOf, count, orders, empty, full, signal) {
  let seed = count;
  const random = () => { // Mulberry32: the same comment gets the same numbers again.
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const shares = new Float64Array(count);
  for (let pair = 0; pair < orders / 2; pair++) {
    const order = Array.from({ length: count }, (_, part) => part);
    for (let n = count - 1; n > 0; n--) { const other = Math.floor(random() * (n + 1)); [order[n], order[other]] = [order[other], order[n]]; }
    for (const one of [order, [...order].reverse()]) {
      let before = empty;
      for (let n = 1; n <= count; n++) {
        const value = n === count ? full : valueOf(one.slice(0, n).sort((a, b) => a - b));
        shares[one[n - 1]] += (value - before) / orders;
        before = value;
        await breathe(signal);
      }
    }
  }
  return shares;
}
