// From a comment as typed to its units: nsmc.text.normalize, nsmc.text.alignment and the segmenters.
// Every table and pattern comes from those modules (nsmc.exporting.text_side). A placed character is
// [character, start, end]: the code points of the comment that it came from.

function makeReader(side) {
  const ranges = (list) => new Map(list.flatMap(([first, last, to]) => Array.from({ length: last - first + 1 }, (_, n) => [first + n, to])));
  const whole = (pattern) => new RegExp(`^(?:${pattern})$`, "us");
  const all = (pattern) => new RegExp(pattern, "gu");
  const table = ranges(side.characters), numbers = ranges(side.numbers);
  const plain = whole(side.plain), unchanged = whole(side.unchanged), withinWords = whole(side.within_words);
  const unassigned = new RegExp(`([${side.unassigned}])`, "u"), combining = new RegExp(`^[${side.combining}]`, "u");
  const markup = all(side.markup), conjoining = all(side.conjoining.pattern), run = all(side.apart.run), syllable = all(side.apart.syllable);
  const cluster = all(side.cluster), hangul = new RegExp(`^[${side.hangul}]`, "u");
  const { conjoining: { letters: jamo }, apart, initials, medials, finals } = side;

  const translated = (text) => Array.from(text, (one) => table.get(one.codePointAt(0)) ?? one).join("");
  // What Unicode has added since the tables were made stays as it is.
  const stable = (text, form) => text.split(unassigned).map((part, n) => (n % 2 ? part : part.normalize(form))).join("");
  const joined = (characters) => characters.map(([one]) => one).join("");
  const spread = (text, start, end) => Array.from(text, (one, n) => [one, n ? end : start, end]);
  const isSyllable = (one) => one >= "가" && one <= "힣";

  // `piecesOf` a match: numbers of characters, one after the other, with what replaces them.
  function rewrite(characters, pattern, piecesOf) {
    const text = joined(characters), result = [];
    let place = 0, unit = 0;
    for (const match of text.matchAll(pattern)) {
      for (; unit < match.index; place++) { unit += characters[place][0].length; result.push(characters[place]); }
      for (const [count, to] of piecesOf(match, text)) {
        result.push(...spread(to, characters[place][1], characters[place + count - 1][2]));
        place += count;
      }
      unit = match.index + match[0].length;
    }
    return result.concat(characters.slice(place));
  }

  function unmarked([mark, entity]) {
    let to = entity;
    if (entity === undefined) to = withinWords.test(mark) ? "" : " ";
    else if (entity[0] !== "#") to = side.entities[entity] ?? mark;
    else {
      const point = Math.min(0x110000, entity[1] === "x" ? parseInt(entity.slice(2), 16) : Number(entity.slice(1)));
      to = numbers.get(point) ?? translated(String.fromCodePoint(point));
    }
    return [[Array.from(mark).length, to]];
  }

  function compatibility([letters]) {
    const found = Array.from(letters, (one) => jamo[one]);
    const kinds = new Set(found.map((one) => (!one ? "" : one.length > 1 ? "T" : medials.includes(one) ? "V" : "L")));
    if (kinds.size > 1 || kinds.has("")) return [[found.length, letters]];
    return found.map((one) => [1, one.at(-1)]);
  }

  function joinedLetters(match, text) {
    const letters = match[0], found = [...letters.matchAll(syllable)];
    let words = found.some((one) => !apart.laughs.includes(one[1]) && !apart.weeps.includes(one[2]));
    if (found.length === 1) {
      const [one] = found, end = match.index + letters.length;
      words &&= (one.index === 0 && isSyllable(text[match.index - 1] ?? "")) || (one.index + one[0].length === letters.length && isSyllable(text[end] ?? ""));
    }
    if (!words) return [[letters.length, letters]];
    const pieces = [];
    let done = 0;
    for (const one of found) {
      for (; done < one.index; done++) pieces.push([1, letters[done]]);
      const medial = medials.indexOf(apart.vowels[one[2]] ?? one[2]), final = one[3] ? finals.indexOf(apart.ends[one[3]] ?? one[3]) + 1 : 0;
      pieces.push([one[0].length, String.fromCharCode(0xac00 + (initials.indexOf(one[1]) * 21 + medial) * 28 + final)]);
      done += one[0].length;
    }
    for (; done < letters.length; done++) pieces.push([1, letters[done]]);
    return pieces;
  }

  function translatedPlaced(letters) {
    const result = [];
    let waiting = [];
    letters.forEach((letter, place) => {
      const to = translated(letter);
      if (to) { result.push(...waiting); waiting = spread(to, place, place + 1); }
      else if (waiting.length && waiting[0][0] !== " ") waiting = spread(joined(waiting), waiting[0][1], place + 1);
    });
    return result.concat(waiting);
  }

  function composed(characters) {
    const result = [];
    let sequence = [];
    const flush = () => {
      const letters = Array.from(stable(joined(sequence), "NFC")), spans = sequence.map(([, start, end]) => [start, end]);
      const fewer = spans.length - letters.length;
      if (fewer > 0) spans.splice(0, fewer + 1, [spans[0][0], spans[fewer][1]]);
      for (let n = fewer; n < 0; n++) spans.push([spans.at(-1)[1], spans.at(-1)[1]]);
      letters.forEach((letter, n) => result.push([letter, ...spans[n]]));
      sequence = [];
    };
    for (const one of characters) {
      if (sequence.length && begins(one[0], joined(sequence))) flush();
      sequence.push(one);
    }
    if (sequence.length) flush();
    return result;
  }

  function begins(letter, before) {
    if (plain.test(letter)) return true;
    if (combining.test(stable(letter, "NFD"))) return false;
    return stable(before + letter, "NFC") === stable(before, "NFC") + stable(letter, "NFC");
  }

  function normalize(text, limit) {
    const letters = Array.from(text).slice(0, 4 * limit);
    let characters = unchanged.test(letters.join("")) ? letters.map((one, n) => [one, n, n + 1]) : null;
    if (!characters) {
      characters = translatedPlaced(letters);
      for (let before = ""; before !== (before = joined(characters));) characters = rewrite(characters, markup, unmarked);
      characters = composed(characters);
    }
    characters = characters.filter(([one], n) => one !== " " || (n > 0 && characters[n - 1][0] !== " "));
    characters = characters.slice(0, limit);
    while (characters.at(-1)?.[0] === " ") characters.pop();
    return rewrite(rewrite(characters, conjoining, compatibility), run, joinedLetters);
  }

  // ---- units: [unit, first character, the one after its last] ----

  function lettersOf(one) {
    if (one === " ") return [side.space];
    if (!hangul.test(one)) return [one];
    return Array.from(one).flatMap((part) => (isSyllable(part) ? Array.from(part.normalize("NFD")) : [part])).map((part) => jamo[part] ?? part);
  }

  function clusters(text) {
    let place = 0;
    return (text.match(cluster) ?? []).flatMap((one) => {
      const start = place;
      place += Array.from(one).length;
      const units = side.unit === "jamo" ? lettersOf(one) : [one === " " ? side.space : one];
      return units.map((unit) => [unit, start, place]);
    });
  }

  // Byte-pair encoding: of all neighbours that are a piece together, the best are joined first.
  // No piece goes over the beginning of a word.
  function pieces(text) {
    const known = (piece) => Object.hasOwn(side.pieces, piece), units = [];
    for (const word of (text && side.space + text.replaceAll(" ", side.space)).match(new RegExp(`${side.space}?[^${side.space}]*`, "gu")) ?? []) {
      const parts = Array.from(word), scoreAt = (n) => { const pair = parts[n] + parts[n + 1]; return n >= 0 && n + 1 < parts.length && known(pair) ? side.pieces[pair] : -Infinity; };
      const scores = parts.map((_, n) => scoreAt(n)); // of each part with its neighbour
      for (;;) {
        let best = 0;
        for (let n = 1; n < scores.length; n++) if (scores[n] > scores[best]) best = n;
        if (scores[best] === -Infinity || !scores.length) break;
        parts.splice(best, 2, parts[best] + parts[best + 1]);
        scores.splice(best, 1);
        scores[best] = scoreAt(best);
        if (best) scores[best - 1] = scoreAt(best - 1);
      }
      for (const part of parts) {
        // A run of unknown characters is one unit.
        if (units.length && !known(part) && !known(units.at(-1))) units.push(units.pop() + part);
        else units.push(part);
      }
    }
    const letters = Array.from(text);
    let place = -1; // the mark before the first word is no character of the text
    return units.map((unit) => {
      let start = Math.max(0, place);
      place += Array.from(unit).length;
      if (place - start > 1 && letters[start] === " ") start++;
      return [unit, start, place];
    });
  }

  // ---- how much of a comment says something: nsmc.inference.familiarity ----

  const { familiar } = side, frequent = new Set(side.vocabulary.slice(1, familiar.frequent + 1));
  const counts = all(`[${familiar.counts}]`), alphabetic = new RegExp(`[${familiar.alphabetic}]`, "u");
  const word = new RegExp(familiar.word, "u"), typedLetters = whole(familiar.letters), faces = new RegExp(familiar.faces, "u");

  function unknown(units) {
    const text = units.join("");
    let said = (text.match(all(familiar.letter_run)) ?? []).filter((one) => typedLetters.test(one)).join("").length, letters = 0;
    for (const unit of units) {
      const count = unit.match(counts)?.length ?? 0;
      letters += count;
      if (!alphabetic.test(unit) || (frequent.has(unit) && (word.test(unit) || side.unit === "jamo"))) said += count;
    }
    if (!letters) return units.length && !faces.test(text) ? 1 : 0;
    return Math.max(0, 1 - said / letters);
  }

  // ---- all of it ----

  const limit = side.characters_read, blank = new RegExp(`^[${side.spaces}]+|[${side.spaces}]+$`, "gu");

  // Units with their spans in the comment as typed, and what its answer has to say of it.
  return function read(text) {
    const letters = Array.from(text), characters = normalize(text, limit), normalized = joined(characters);
    const found = side.unit === "bpe" ? pieces(normalized) : clusters(normalized);
    const starts = [...characters.map(([, start]) => start), letters.length];
    const spans = found.map(([, start, end]) => [starts[start], end > start ? characters[end - 1][2] : starts[start]]);
    const units = found.map(([unit]) => unit), notes = {}, share = unknown(units);
    if (share > familiar.unfamiliar) Object.assign(notes, { unfamiliar: true, unknown: rounded(share, 3) });
    if (letters.length > limit && characters.length) {
      const rest = letters.slice(characters.at(-1)[2]).join("").replace(blank, "");
      if (normalize(rest, 1).length) notes.truncated = Array.from(rest).length;
    }
    return { text, normalized, units, spans, notes };
  };
}

// The text of units that are shown together: those of a syllable, or of a passage.
function joinUnits(side, units) {
  if (side.unit !== "jamo") {
    const text = units.join("");
    return (side.unit === "bpe" && text.startsWith(side.space) ? text.slice(1) : text).replaceAll(side.space, " ");
  }
  let text = "";
  for (let n = 0; n < units.length;) {
    const initial = side.initials.indexOf(units[n]), medial = side.medials.indexOf(units[n + 1]);
    if (units[n].length === 1 && initial >= 0 && units[n + 1]?.length === 1 && medial >= 0) {
      const final = units[n + 2]?.length === 2 && units[n + 2][0] === "-" ? side.finals.indexOf(units[n + 2][1]) + 1 : 0;
      text += String.fromCharCode(0xac00 + (initial * 21 + medial) * 28 + final);
      n += final ? 3 : 2;
    } else {
      const one = units[n++];
      text += one.length === 2 && one[0] === "-" && side.finals.includes(one[1]) ? one[1] : one;
    }
  }
  return text.replaceAll(side.space, " ");
}

const rounded = (value, digits = 6) => Number(value.toFixed(digits));
