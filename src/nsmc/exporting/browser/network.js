// From units to a task's outputs: nsmc.inference in plain JavaScript. Matrices are rows end to end.

// The tensors of a safetensors file, tables in 8 or 16 bits made float32.
function readWeights(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const begin = 8 + Number(view.getBigUint64(0, true));
  const about = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begin)));
  const half = new Float32Array(1 << 16);
  for (let bits = 0; bits < 1 << 16; bits++) {
    const exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : (fraction / 1024) * 2 ** -14;
    half[bits] = bits >> 15 ? -size : size;
  }
  const weights = {};
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(about)) {
    const raw = bytes.slice(begin + from, begin + to).buffer;
    weights[name] = { shape, values: dtype === "F16" ? Float32Array.from(new Uint16Array(raw), (bits) => half[bits])
      : dtype === "I8" ? Float32Array.from(new Int8Array(raw)) : new Float32Array(raw) };
  }
  for (const [name, { shape: [rows, columns], values }] of Object.entries(weights)) {
    const scales = weights[name.replace(/weight$/, "scale")]?.values;
    if (!name.endsWith("weight") || !scales) continue;
    for (let row = 0, n = 0; row < rows; row++) for (let column = 0; column < columns; column++, n++) values[n] *= scales[name === "wide.weight" ? column : row];
  }
  return weights;
}

// out = matrix · vector + bias. Four rows at a time: each element of the vector is read once for all of them.
function multiply(matrix, vector, out, bias) {
  const columns = vector.length, even = out.length & ~3;
  let row = 0;
  for (; row < even; row += 4) {
    const first = row * columns, second = first + columns, third = second + columns, fourth = third + columns;
    let a = 0, b = 0, c = 0, d = 0;
    for (let column = 0; column < columns; column++) {
      const value = vector[column];
      a += matrix[first + column] * value;
      b += matrix[second + column] * value;
      c += matrix[third + column] * value;
      d += matrix[fourth + column] * value;
    }
    out[row] = a; out[row + 1] = b; out[row + 2] = c; out[row + 3] = d;
  }
  for (; row < out.length; row++) {
    out[row] = 0;
    for (let column = 0; column < columns; column++) out[row] += matrix[row * columns + column] * vector[column];
  }
  if (bias) for (row = 0; row < out.length; row++) out[row] += bias[row];
  return out;
}

const sigmoid = (value) => 1 / (1 + Math.exp(-value));

// The cells of nsmc.model.cells: from a gate's inputs and the state [H] before to the state after.
const CELLS = {
  rnn(inputs, recurrent, before, after) {
    for (let n = 0; n < after.length; n++) after[n] = Math.tanh(inputs[n] + recurrent[n]);
  },
  gru(inputs, recurrent, before, after) {
    const size = after.length;
    for (let n = 0; n < size; n++) {
      const reset = sigmoid(inputs[n] + recurrent[n]), update = sigmoid(inputs[size + n] + recurrent[size + n]);
      const fresh = Math.tanh(inputs[2 * size + n] + reset * recurrent[2 * size + n]);
      after[n] = fresh + update * (before[n] - fresh);
    }
  },
  lstm(inputs, recurrent, before, after, memory) {
    const size = after.length, gate = (place, n) => inputs[place * size + n] + recurrent[place * size + n];
    for (let n = 0; n < size; n++) {
      memory[n] = sigmoid(gate(1, n)) * memory[n] + sigmoid(gate(0, n)) * Math.tanh(gate(2, n));
      after[n] = sigmoid(gate(3, n)) * Math.tanh(memory[n]);
    }
  },
};

// `outputs(sequences)`: the task's outputs of comments that are given as lists of units, none empty.
function makeNetwork({ config, side }, weights) {
  const value = (name) => weights[name]?.values, size = config.embedding_size, hidden = config.hidden_size;
  const rows = new Map(side.vocabulary.map((unit, row) => [unit, row]).slice(1));
  const words = value("embedding.words.weight"), ngrams = value("embedding.ngrams.weight");
  const layers = Array.from({ length: config.layers }, (_, layer) => ["", "_reverse"].slice(0, config.bidirectional ? 2 : 1).map((suffix) => ({
    input: value(`encoder.weight_ih_l${layer}${suffix}`), inputBias: value(`encoder.bias_ih_l${layer}${suffix}`),
    recurrent: value(`encoder.weight_hh_l${layer}${suffix}`), bias: value(`encoder.bias_hh_l${layer}${suffix}`), trail: [],
  })));
  const gates = layers[0][0].bias.length;
  const head = value("head.weight"), headBias = value("head.bias");
  const { filters, kernel, pooling } = config.conv, filterBias = value("convolution.bias");
  // [K · F, E]: the products of a unit with each place of each filter.
  const filter = filters && new Float32Array(kernel * filters * size).map((_, n) => {
    const place = Math.floor(n / (filters * size));
    return value("convolution.weight")[(Math.floor(n / size) % filters) * size * kernel + (n % size) * kernel + place];
  });

  // A unit without a vector is the one of zeros, from which explanations start.
  function vectorOf(unit) {
    const vector = new Float32Array(size);
    if (unit === null) return vector;
    const row = rows.get(unit) ?? 0;
    vector.set(words.subarray(row * size, (row + 1) * size));
    if (ngrams) {
      const ids = subwordIds(unit, ngrams.length / size, config.subword_letters && side);
      for (const id of ids) for (let n = 0; n < size; n++) vector[n] += ngrams[id * size + n] / ids.length;
    }
    return vector;
  }

  const gateInputs = (layer, vector) => layer.map(({ input, inputBias }) => multiply(input, vector, new Float32Array(gates), inputBias));

  // What the first layer makes of a unit depends on the unit alone.
  const cache = new Map();
  function inputsOf(unit) {
    if (!cache.has(unit)) {
      if (cache.size > 5000) cache.clear();
      const vector = vectorOf(unit);
      cache.set(unit, filters ? multiply(filter, vector, new Float32Array(kernel * filters)) : gateInputs(layers[0], vector));
    }
    return cache.get(unit);
  }

  function convolved(units) {
    const steps = units.map((_, place) => {
      const sums = Float32Array.from(filterBias);
      for (let k = 0; k < kernel; k++) {
        const unit = units[place + k - (kernel >> 1)];
        if (unit !== undefined) { const products = inputsOf(unit); for (let n = 0; n < filters; n++) sums[n] += products[k * filters + n]; }
      }
      return sums.map((sum) => Math.max(0, sum));
    });
    return Array.from({ length: Math.ceil(steps.length / pooling) }, (_, n) => steps.slice(n * pooling, (n + 1) * pooling)
      .reduce((most, step) => most.map((highest, place) => Math.max(highest, step[place]))));
  }

  const zeros = new Float32Array(hidden), recurrent = new Float32Array(gates);
  const start = { state: zeros, memory: zeros, most: zeros.map(() => -2), sum: zeros };

  // One direction over a sequence of gate inputs: after each step its state, and the maximum and sum of all so far.
  // Where a sequence begins like the one before, as subsets of a comment do, it goes on from there.
  function walk(direction, inputs, backward) {
    const { trail, recurrent: matrix, bias } = direction, steps = backward ? [...inputs].reverse() : inputs;
    let same = 0;
    while (same < trail.length && trail[same].input === steps[same]) same++;
    trail.length = same;
    for (const input of steps.slice(same)) {
      const before = trail.at(-1) ?? start, state = new Float32Array(hidden);
      const memory = before.memory.slice(), most = before.most.slice(), sum = before.sum.slice();
      CELLS[config.cell](input, multiply(matrix, before.state, recurrent, bias), before.state, state, memory);
      for (let n = 0; n < hidden; n++) { if (state[n] > most[n]) most[n] = state[n]; sum[n] += state[n]; }
      trail.push({ input, state, memory, most, sum });
    }
    return trail;
  }

  function pooled(units) {
    let inputs = filters ? convolved(units).map((step) => gateInputs(layers[0], step)) : units.map(inputsOf);
    for (const [index, layer] of layers.slice(0, -1).entries()) {
      const outputs = inputs.map(() => new Float32Array(hidden * layer.length));
      layer.forEach((direction, d) => walk(direction, inputs.map((both) => both[d]), d).forEach(({ state }, step) => {
        outputs[d ? inputs.length - 1 - step : step].set(state, d * hidden);
      }));
      inputs = outputs.map((output) => gateInputs(layers[index + 1], output));
    }
    const ends = layers.at(-1).map((direction, d) => walk(direction, inputs.map((both) => both[d]), d).at(-1));
    const parts = { max: ({ most }) => most, mean: ({ sum }) => sum.map((total) => total / inputs.length), last: ({ state }) => state };
    return Float32Array.from(config.pooling.split("+").flatMap((name) => ends.flatMap((end) => [...parts[name](end)])));
  }

  const wide = value("wide.weight");
  return function outputs(units) {
    const result = multiply(head, pooled(units), new Float32Array(headBias.length), headBias);
    if (wide && units[0] !== null) {
      const ids = ngramIds(units.join(""), config.wide.longest, wide.length / result.length);
      for (let n = 0; n < result.length; n++) {
        let sum = 0;
        for (const id of ids) sum += wide[id * result.length + n];
        result[n] += (10 * sum) / Math.sqrt(ids.size);
      }
    }
    return result;
  };
}

// ---- n-grams: nsmc.text.subwords and nsmc.text.character_ngrams ----

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});
const crc32 = (text) => ~new TextEncoder().encode(text).reduce((sum, byte) => (sum >>> 8) ^ CRC[(sum ^ byte) & 255], -1) >>> 0;

function subwordIds(unit, buckets, letters) {
  const parts = Array.from(`<${unit}>`), grams = [];
  const all = (list, shortest, longest, mark) => {
    for (let n = shortest; n <= longest; n++) for (let start = 0; start + n <= list.length; start++) grams.push(mark + list.slice(start, start + n).join(""));
  };
  all(parts, 1, 3, "");
  const ids = grams.splice(0).filter((gram) => gram !== "<" && gram !== ">");
  if (letters) all(parts.flatMap((one) => (one >= "가" && one <= "힣" ? Array.from(one.normalize("NFD")) : [one]).map((part) => letters.conjoining.letters[part] ?? part)), 3, 5, "/");
  return [...ids, ...grams].map((gram) => crc32(gram) % buckets);
}

function ngramIds(text, longest, buckets) {
  const points = Array.from(`\n${text}\n`, (one) => BigInt(one.codePointAt(0))), ids = new Set();
  const shift = BigInt(64 - Math.log2(buckets)), cut = (number) => BigInt.asUintN(64, number);
  let hashes = points.map(() => 0n);
  for (let n = 1; n <= longest && n <= points.length; n++) {
    hashes = hashes.slice(0, points.length - n + 1).map((hash, start) => {
      const mixed = cut((hash + points[start + n - 1] + 1n) * 0x9e3779b97f4a7c15n);
      return mixed ^ (mixed >> 32n);
    });
    // A mark alone is no n-gram.
    hashes.forEach((hash, start) => { if (n > 1 || points[start] !== 10n) ids.add(Number(cut(hash * 0xd6e8feb86659fd93n) >> shift)); });
  }
  return ids;
}
