// Tables of text in the browser: CSV, TSV, TXT, JSON. Those of nsmc.tables that are binary need a server.

const SHOWN = 1000, EXPLAINED = 100, EXPLAIN_MS = 8000, WORDS = 12, SAMPLES = 3;
const badTable = (message, code = "bad_table") => new Refused(422, { code, message });

async function textOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const marked = bytes.slice(0, 3).join() === "239,187,191";
  const wide = { "255,254": "utf-16le", "254,255": "utf-16be" }[bytes.slice(0, 2).join()];
  for (const [encoding, name] of wide ? [[wide, wide]] : [["utf-8", "utf-8"], ["euc-kr", "cp949"]]) {
    try { return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding: marked ? "utf-8-sig" : name }; } catch { /* another one */ }
  }
  throw badTable(t("notText", file.name));
}

// Rows of cells; RFC 4180, or without quotes as NSMC's own files are.
function cellsOf(text, delimiter, name) {
  if (delimiter === "\t") return text.split(/\r?\n/).map((line) => line.split("\t"));
  const cell = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^"\\r\\n${delimiter}][^\\r\\n${delimiter}]*|))(${delimiter}|\\r?\\n|$)`, "y"), rows = [[]];
  while (cell.lastIndex < text.length) {
    const place = cell.lastIndex, match = cell.exec(text);
    if (!match) throw badTable(t("openQuote", name, text.slice(0, place).split("\n").length));
    rows.at(-1).push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
    if (match[3] === delimiter && cell.lastIndex === text.length) rows.at(-1).push("");
    if (match[3] !== delimiter && match[3] !== "") rows.push([]);
  }
  return rows;
}

async function readTable(file, header) {
  const ending = /\.([a-z]+)$/i.exec(file.name)?.[1].toLowerCase();
  if (!["csv", "tsv", "txt", "json", "jsonl"].includes(ending)) throw badTable(file.name, "needs_server");
  const { text, encoding } = await textOf(file);
  if (ending.startsWith("json")) {
    let rows;
    try {
      rows = ending === "json" ? JSON.parse(text) : text.split(/\r?\n/).filter((line) => line.trim()).map((line) => JSON.parse(line));
      rows = rows.map((row) => (typeof row === "string" ? { document: row } : row));
      if (rows.some((row) => !row || typeof row !== "object" || Array.isArray(row))) throw new TypeError();
    } catch (error) { throw badTable(`${t("notRows", file.name)} ${error.message}`); }
    return { ending, encoding, header: true, columns: [...new Set(rows.flatMap(Object.keys))], rows };
  }
  const first = text.split("\n", 1)[0], lone = ending === "txt" && !first.includes("\t");
  const delimiter = ending !== "csv" ? "\t" : [",", ";", "\t"].find((one) => first.includes(one)) ?? ",";
  const all = lone ? text.split(/\r?\n/).map((line) => [line]) : cellsOf(text, delimiter, file.name);
  if (all.at(-1)?.join("") === "") all.pop();
  if (lone) header &&= first.trim() === "document";
  const columns = header ? all.shift() ?? [] : (all[0] ?? []).map((_, n) => (lone ? "document" : String(n + 1)));
  if (!columns.length || new Set(columns).size < columns.length) throw badTable(t("sameNames", file.name));
  const rows = columns.length > 1 ? all.filter((row) => row.join("") !== "" || row.length > 1) : all;
  const wrong = rows.findIndex((row) => row.length !== columns.length);
  if (wrong >= 0) throw badTable(t("unequal", file.name, wrong + 1, columns.length, rows[wrong].length));
  const end = first.endsWith("\r") ? "\r\n" : "\n";
  return { ending, encoding, header, columns, delimiter, end, rows: rows.map((row) => Object.fromEntries(row.map((one, n) => [columns[n], one]))) };
}

function writtenTable({ ending, encoding, delimiter, end, header, columns, rows }) {
  if (ending === "json") return JSON.stringify(rows, null, 1);
  if (ending === "jsonl") return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const csv = ending === "csv", quoted = (one) => (csv && /["\r\n,;\t]/.test(one) ? `"${one.replaceAll('"', '""')}"` : one);
  const line = (cells) => cells.map((one) => quoted(String(one ?? ""))).join(delimiter);
  const lines = rows.map((row) => line(columns.map((name) => row[name])));
  // Excel knows UTF-8 by this mark alone, and such files come from it.
  return (csv && encoding !== "utf-8" ? "\ufeff" : "") + [...(header ? [line(columns)] : []), ...lines, ""].join(end);
}

const commentOf = (value) => (typeof value === "string" ? value : value == null ? "" : String(value));

// The events of `POST /v1/table?events=true&summary=true`.
async function* scoreTable(classifier, { results, units }, file, { column, header, least }, signal) {
  const table = await readTable(file, header), { rows } = table, labels = {};
  const names = Object.fromEntries(results.map((result) => {
    let name = result;
    while (table.columns.includes(name)) name = `predicted_${name}`;
    return [result, name];
  }));
  const shown = [];
  let empty = 0, told = 0;
  for (let n = 0; n < rows.length; n++) {
    const answer = classifier.predict(commentOf(rows[n][column]), least);
    if (n < SHOWN) shown.push(answer);
    for (const [result, name] of Object.entries(names)) rows[n][name] = answer[result];
    if (answer[results[0]] === null) empty++;
    else if (answer.label) labels[answer.label] = (labels[answer.label] ?? 0) + 1;
    await breathe(signal);
    if (performance.now() - told > 100) { told = performance.now(); yield { event: "progress", bytes: n + 1, total: rows.length, rows: n + 1 }; }
  }
  table.columns.push(...Object.values(names));
  const download = URL.createObjectURL(new Blob([writtenTable(table)]));
  yield { event: "done", rows: rows.length, empty, labels, encoding: table.encoding, renamed: Object.values(names).filter((name) => !results.includes(name)),
    download, name: file.name.replace(/(\.[a-z]+)$/i, "-scored$1") };
  yield { event: "preview", rows: shown };
  const pushes = {}, ends = performance.now() + EXPLAIN_MS;
  let comments = 0;
  for (let n = 0; n < shown.length && comments < EXPLAINED && performance.now() < ends; n += Math.max(1, Math.floor(shown.length / EXPLAINED)), comments++) {
    const { parts } = await classifier.explain(shown[n].text, signal, true);
    const words = units === "syllables" ? wordsOf(parts) : parts.map((part) => ({ text: part.morpheme.replace(/^▁/, ""), ...part }));
    for (const { text, contribution } of words) if (text) pushes[text] = (pushes[text] ?? 0) + contribution;
  }
  const ranked = Object.entries(pushes).sort((a, b) => b[1] - a[1]);
  yield { event: "words", comments, above: ranked.slice(0, WORDS).filter(([, push]) => push > 0), below: ranked.reverse().slice(0, WORDS).filter(([, push]) => push < 0) };
}
