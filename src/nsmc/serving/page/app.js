// The page of `nsmc serve` and of the site that `nsmc export --web` writes; `backend` answers what it asks.
// Text of people is only ever shown by textContent, and only what can be seen of it: see `visible`.
"use strict";

const TEXT = {
  ko: {
    title: "nsmc · 댓글 감성 분석", subtitle: "한국어 댓글이 긍정인지 부정인지, 그리고 왜인지", skip: "댓글 입력으로",
    language: "English", themeAuto: "화면: 자동", themeLight: "화면: 밝게", themeDark: "화면: 어둡게",
    offline: "서버에 닿지 않습니다. 다시 연결하고 있습니다…", token: "이 서버는 토큰을 요구합니다", enter: "확인",
    oneTitle: "댓글을 써 보세요", placeholder: "예: 연기는 좋은데 이야기가 지루하다", clear: "지우기",
    hint: "쓰는 대로 판정합니다. Ctrl+Enter를 누르면 목록에 담깁니다.", examples: "예문",
    keep: "목록에 담기", why: "왜 그렇게 봤나요", settings: "설정", least: "이 확률보다 낮으면 보류",
    leastNote: "50%면 언제나 긍정이나 부정으로 판정합니다. 파일에도 그대로 씁니다.", positive: "긍정", negative: "부정", undecided: "보류",
    none: "판정 없음", noneWhy: "읽을 수 있는 글자가 없습니다.", certain: "{0} 확신", off: "보류 안 함",
    legend: "{0} 쪽으로 민 말|반대쪽으로 민 말|숫자는 로그 오즈, 시작 {1} · 합계 {2}", legendStars: "별을 올린 말|별을 내린 말|시작 {1} · 합계 {2}",
    corrected: "‘{0}’ → ‘{1}’로 고쳐 읽었습니다.", fresh: "새말 ‘{0}’을(를) ‘{1}’(으)로 읽었습니다.", manyFresh: "모델이 처음 보는 말이 많아({0}) 판정을 믿기 어렵습니다.",
    cutShort: "너무 길어 앞부분만 읽었습니다.", listTitle: "이번에 쓴 댓글", listEmpty: "아직 없습니다. 이 목록은 이 창에만 있고 어디에도 저장되지 않습니다.",
    saveCsv: "CSV로 저장", saveJson: "JSON으로 저장", emptyList: "비우기", remove: "‘{0}’ 빼기",
    tableTitle: "파일이나 여러 줄을 한 번에", drop: "여기에 파일을 끌어다 놓거나", choose: "파일 고르기", paste: "여러 줄 붙여넣기",
    formats: "{0} · {1} MB까지", linesLabel: "한 줄에 댓글 하나", scoreLines: "채점하기", whichColumn: "댓글이 들어 있는 열을 고르세요", header: "첫 줄은 열 이름",
    scoreFile: "채점하기", otherFile: "다른 파일", reading: "파일을 보내고 있습니다…", readingLocal: "파일을 읽고 있습니다…", scoring: "채점하고 있습니다 · {0}행", cancel: "그만두기",
    done: "{0}행을 채점했습니다", download: "결과 내려받기", pushAbove: "긍정 쪽으로 가장 민 말", pushBelow: "부정 쪽으로 가장 민 말",
    pushNote: "처음 {0}행에서 고른 댓글 {1}개로 잰 값입니다(로그 오즈의 합).", preview: "미리 보기", byLabel: "판정으로 거르기", bySure: "확신으로 거르기",
    all: "모두", sureOnly: "확실한 것 (80% 이상)", unsure: "애매한 것", shown: "앞에서부터 {1}행 가운데 {0}행이 해당합니다.", row: "행", label: "판정", confidence: "확신", comment: "댓글",
    more: "더 보기", renamed: "같은 이름의 열이 있어 새 열 이름을 바꾸었습니다: {0}", encoding: "파일을 {0} 인코딩으로 읽었습니다. 결과는 UTF-8입니다.",
    model: "nsmc {0} · {1} · 어휘 {2}개", privacy: "입력한 글은 이 서버에서만 채점되고 기록에 남지 않습니다.", privacyLocal: "모델이 이 페이지 안에 있어, 입력한 글과 파일은 이 브라우저를 떠나지 않습니다.", api: "프로그램에서 쓰기 (OpenAPI)",
    needs_server: "이 페이지는 CSV, TSV, TXT, JSON 파일을 읽습니다. 엑셀 파일은 CSV로 저장해 주세요. nsmc serve는 엑셀과 Parquet도 읽습니다.", bad_table: "파일을 채점할 수 없습니다.", too_large: "너무 큽니다.", queue_full: "지금 요청이 많습니다. 잠시 뒤 다시 시도합니다…", busy: "다른 파일을 채점하고 있습니다. 잠시 뒤 다시 해 보세요.",
    others: "그 밖의 {0}가지", tooLong: "한 번에 {0}자까지 채점합니다. 지금은 {1}자입니다.", invalid: "보낼 수 없는 글입니다.", deadline: "시간이 너무 오래 걸려 멈추었습니다. 더 짧게 써 보세요.", failed: "잘되지 않았습니다.", noLines: "댓글을 한 줄 이상 넣어 주세요.", stopped: "그만두었습니다.",
    not_found: "찾는 것이 없습니다.", disk_full: "서버에 자리가 없습니다.", not_installed: "서버가 이런 표를 읽지 못합니다.", slow_body: "너무 느리게 보내졌습니다.", internal: "서버에서 잘못되었습니다.",
    notText: "{0}: 글의 인코딩이 UTF-8, CP949, UTF-16이 아닙니다.", openQuote: "{0}, {1}번째 줄: 따옴표가 셀의 끝에서 닫히지 않습니다.", notRows: "{0}: 행마다 JSON 객체가 하나씩 있어야 합니다.",
    sameNames: "{0}: 첫 줄에 서로 다른 열 이름이 있어야 합니다.", unequal: "{0}, {1}번째 행: 셀이 {2}개여야 하는데 {3}개입니다.",
  },
  en: {
    title: "nsmc · sentiment of comments", subtitle: "Is a Korean comment positive or negative, and why", skip: "To the comment",
    language: "한국어", themeAuto: "Theme: auto", themeLight: "Theme: light", themeDark: "Theme: dark",
    offline: "The server can't be reached. Trying again…", token: "This server asks for a token", enter: "Enter",
    oneTitle: "Type a comment", placeholder: "e.g. 연기는 좋은데 이야기가 지루하다", clear: "Clear",
    hint: "It is labelled as you type. Ctrl+Enter keeps it in the list.", examples: "Examples",
    keep: "Keep", why: "Why", settings: "Settings", least: "Undecided below this probability",
    leastNote: "At 50% every comment is labelled. It holds for files, too.", positive: "Positive", negative: "Negative", undecided: "Undecided",
    none: "No label", noneWhy: "There is nothing legible in it.", certain: "{0} sure", off: "never",
    legend: "pushes towards {0}|pushes against it|numbers are log odds, from {1} to {2}", legendStars: "more stars|fewer stars|from {1} to {2}",
    corrected: "Read ‘{0}’ as ‘{1}’.", fresh: "Read the new word ‘{0}’ as ‘{1}’.", manyFresh: "Much of it is new to the model ({0}), so don't rely on the label.",
    cutShort: "It is too long: only its beginning was read.", listTitle: "Comments of this session", listEmpty: "None yet. The list is in this window alone and stored nowhere.",
    saveCsv: "Save as CSV", saveJson: "Save as JSON", emptyList: "Empty", remove: "Remove ‘{0}’",
    tableTitle: "A file or many lines at once", drop: "Drop a file here, or", choose: "Choose a file", paste: "Paste lines",
    formats: "{0} · up to {1} MB", linesLabel: "One comment a line", scoreLines: "Label them", whichColumn: "Which column holds the comments?", header: "The first line holds names",
    scoreFile: "Label them", otherFile: "Another file", reading: "Sending the file…", readingLocal: "Reading the file…", scoring: "Labelling · {0} rows", cancel: "Stop",
    done: "{0} rows labelled", download: "Download the result", pushAbove: "Push most towards positive", pushBelow: "Push most towards negative",
    pushNote: "Measured on {1} comments out of the first {0} rows (sums of log odds).", preview: "Preview", byLabel: "Filter by label", bySure: "Filter by confidence",
    all: "All", sureOnly: "Sure (80% or more)", unsure: "Unsure", shown: "{0} of the first {1} rows.", row: "Row", label: "Label", confidence: "Sure", comment: "Comment",
    more: "Show more", renamed: "The file has columns of these names, so the new ones are called: {0}", encoding: "The file was read as {0}. The result is UTF-8.",
    model: "nsmc {0} · {1} · {2} units", privacy: "What you type is scored on this server alone and never logged.", privacyLocal: "The model is in this page: what you type and drop never leaves this browser.", api: "For programs (OpenAPI)",
    needs_server: "This page reads CSV, TSV, TXT and JSON. Save an Excel file as CSV; nsmc serve reads Excel and Parquet, too.", bad_table: "The file can't be labelled.", too_large: "Too large.", queue_full: "Many requests at the moment. Trying again…", busy: "Other files are being labelled. Try again soon.",
    others: "{0} others", tooLong: "Up to {0} characters are labelled at a time; these are {1}.", invalid: "This text can't be sent.", deadline: "It took too long and was stopped. Try something shorter.", failed: "That didn't work.", noLines: "Enter at least one line.", stopped: "Stopped.",
    not_found: "It isn't there.", disk_full: "The server has no room.", not_installed: "This server can't read such tables.", slow_body: "It was sent too slowly.", internal: "The server failed.",
    notText: "{0}: expected UTF-8, CP949 or UTF-16, found another encoding.", openQuote: "{0}, line {1}: a quotation mark that doesn't end its cell.", notRows: "{0}: expected a JSON object for each row.",
    sameNames: "{0}: expected column names that differ in the first line.", unequal: "{0}, row {1}: expected {2} cells, found {3}.",
  },
};
const EXAMPLES = [
  "배우들 연기가 살렸다, 두 번 봐도 재밌음", "돈이 아깝고 시간이 아깝다", "기대 안 했는데 의외로 괜찮네 ㅋㅋ", "영상미는 좋지만 이야기가 너무 늘어진다", "결말이 이게 뭐야...",
];
const WAIT = 120, SETTLED = 1500, RETRY = 1500, PAGE = 50, SURE = 0.8, SHARES = 12;

const $ = (id) => document.getElementById(id);
let language = stored("nsmc-language") || "ko";
let theme = stored("nsmc-theme") || "auto";
let limits = { characters: 10000, table_bytes: 100 << 20 };
let model = null, answer = null, entries = [], file = null, preview = null, outcome = null;
let asking = null, typing = 0, settling = 0, retrying = 0, working = null;
const filters = { label: "all", sure: "all" };

function stored(name, value) {
  try {
    if (value !== undefined) localStorage.setItem(name, value);
    return localStorage.getItem(name);
  } catch { return null; }
}

function t(name, ...values) {
  return (TEXT[language][name] ?? name).replace(/\{(\d)\}/g, (_, place) => visible(values[place] ?? ""));
}

// As nsmc.errors.printable: nobody's text hides or reorders what stands beside it.
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cs}/gu;
const visible = (text) => String(text).replace(UNSEEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);

function make(tag, options = {}, ...children) {
  const { className, text, ...rest } = options;
  const one = document.createElement(tag);
  if (className) one.className = className;
  if (text !== undefined) one.textContent = visible(text);
  for (const [name, value] of Object.entries(rest)) name in one ? (one[name] = value) : one.setAttribute(name, value);
  one.append(...children);
  return one;
}

const number = (value) => value.toLocaleString(language);
const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "") + Math.abs(value).toFixed(2);
// Never 100%: no model is.
const percent = (value) => `${Math.min(99.9, Math.max(0.1, 100 * value)).toFixed(1)}%`;
const show = (id, visible) => { $(id).hidden = !visible; };

// ---- the backend ----

class Refused extends Error {
  constructor(status, error) {
    super(error?.message || "");
    this.status = status;
    this.code = error?.code || "failed";
    this.language = language;
  }
}

// The answer of the backend; what it refuses is known to the caller, who shows the rest.
async function ask(answering) {
  try {
    const given = await answering;
    reachable(true);
    return given;
  } catch (error) {
    if (error instanceof Refused) reachable(true);
    if (error.status === 401) { show("access", true); $("token").focus(); }
    throw error;
  }
}

// The page's own words for an error; the backend's as well where they are in the language of the page.
function said(error) {
  const words = TEXT[language][error.code] ?? t("failed");
  return error.message && error.code !== "deadline" && error.language === language ? `${words}\n${error.message}` : words;
}

const complaints = {};

// Show what went wrong; `words` are asked again when the language changes.
function complain(id, words) {
  complaints[id] = words;
  $(id).textContent = words();
  show(id, true);
}

function reachable(yes) {
  show("offline", !yes);
  clearTimeout(retrying);
  if (yes) return;
  retrying = setTimeout(async () => {
    try { await backend.ready(); reachable(true); await start(); judge(); } catch { reachable(false); }
  }, RETRY);
}

// ---- one comment ----

// Half a surrogate pair, as a cut emoji leaves it, is no text that can be sent.
const whole = (text) => text.toWellFormed?.() ?? text;

async function judge() {
  const text = whole($("text").value), characters = Array.from(text).length;
  clearTimeout(settling);
  asking?.abort();
  show("clear", text !== "");
  $("wrong").hidden = true;
  if (!text.trim()) { answer = null; show("result", false); return; }
  if (characters > limits.characters) { answer = null; show("result", false); complain("wrong", () => t("tooLong", number(limits.characters), number(characters))); return; }
  const mine = (asking = new AbortController());
  $("result").classList.add("stale");
  try {
    const given = await ask(backend.predict(text, mine.signal, (early) => { drawVerdict(early); $("parts").classList.add("stale"); }));
    if (mine !== asking) return;
    answer = given;
    draw();
    settling = setTimeout(() => keep(), SETTLED);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused || backend.local)) { reachable(false); return; }
    if (error.status === 401) return;
    if (error.status === 503) typing = setTimeout(judge, RETRY);
    show("result", false);
    complain("wrong", () => said(error));
  }
}

// What a prediction is for a person, undecided below the slider; a file's are as they were labelled.
function verdict(one, least = $("least").value / 100) {
  if (one.stars !== undefined && one.label === undefined) return { tone: "other", words: one.stars === null ? t("none") : `★${one.stars.toFixed(1)}`, sure: null };
  if (!one.label) return { tone: "empty", words: t("none"), sure: null };
  const known = ["positive", "negative", "undecided"].includes(one.label);
  const tone = !known ? "other" : one.label !== "undecided" && least > 0.5 && one.confidence < least ? "undecided" : one.label;
  return { tone, words: known ? t(tone) : one.label, sure: one.confidence ?? null };
}

function draw() {
  const { words, sure } = drawVerdict(answer);
  drawParts();
  $("spoken").textContent = sure === null ? words : `${words}, ${t("certain", percent(sure))}`;
}

function drawVerdict(answer) {
  const { tone, words, sure } = verdict(answer);
  show("result", true);
  $("result").classList.remove("stale");
  $("label").textContent = words;
  $("label").className = `tone-${tone}`;
  $("sure").textContent = sure === null ? "" : t("certain", percent(sure));
  const scored = typeof answer.score === "number";
  show("bar", scored);
  $("bar").nextElementSibling.hidden = !scored;
  if (scored) {
    const [below, above] = $("bar").children;
    below.style.width = `${100 * (1 - answer.score)}%`;
    above.style.width = `${100 * answer.score}%`;
    $("below").textContent = `${t("negative")} ${percent(1 - answer.score)}`;
    $("above").textContent = `${t("positive")} ${percent(answer.score)}`;
  }
  $("classes").replaceChildren(...likeliest(answer.probabilities));
  return { words, sure };
}

function likeliest(probabilities) {
  const ranked = Object.entries(probabilities ?? {}).sort((a, b) => b[1] - a[1]).slice(0, 5);
  return ranked.map(([name, share]) => {
    const bar = make("div", { className: "bar" }, make("i", { className: "other" }));
    bar.firstChild.style.width = `${100 * share}%`;
    return make("div", {}, make("div", { className: "ends" }, make("span", { text: name }), make("span", { text: percent(share) })), bar);
  });
}

// Parts that are syllables by the words that they make; the space before a word is a part of it.
function wordsOf(parts) {
  const words = [];
  for (const part of parts) {
    if (!words.length || part.morpheme === "▁") words.push({ parts: [], text: "", contribution: 0 });
    const word = words.at(-1);
    word.parts.push(part);
    word.text += part.morpheme === "▁" ? "" : part.morpheme;
    word.contribution += part.contribution;
  }
  return words;
}

function drawParts() {
  // Spans count code points, JavaScript's strings don't.
  const letters = Array.from(answer.text);
  const parts = (answer.parts ?? []).filter((part) => part.end > part.start);
  const full = Math.max(1, ...parts.map((part) => Math.abs(part.contribution)));
  const kinds = { spelling: "fixed", word: "new" };
  const within = (spans, part) => kinds[(spans ?? []).find((one) => one.start < part.end && part.start < one.end)?.kind] ?? "";
  const sized = (className, contribution, ...children) => make("span", { className: `${className} ${contribution >= 0 ? "up" : "down"}` }, ...children);
  const drawn = (part) => {
    const strength = Math.abs(part.contribution) / full;
    const word = make("b", { text: letters.slice(part.start, part.end).join("") });
    word.style.setProperty("--strength", strength.toFixed(3));
    const one = sized("part", part.contribution, word);
    one.classList.add(...[strength >= 0.25 ? "strong" : "", within(answer.corrections, part)].filter(Boolean));
    one.title = `${visible(part.morpheme)} ${signed(part.contribution)}`;
    return one;
  };
  const gap = () => make("span", { className: "gap", text: " " });
  const pieces = [];
  if (model?.units === "syllables") {
    // Numbers of syllables are too many to read: theirs is that of their word.
    for (const { parts: some, contribution } of wordsOf(parts)) {
      const shown = some.filter((part) => letters.slice(part.start, part.end).join("").trim());
      if (pieces.length) pieces.push(gap());
      pieces.push(sized("word", contribution, ...shown.map(drawn), make("small", { text: signed(contribution) })));
    }
  } else {
    let place = 0;
    for (const part of parts) {
      if (letters.slice(place, part.start).some((one) => !one.trim())) pieces.push(gap());
      const one = drawn(part);
      one.append(make("small", { text: signed(part.contribution) }));
      pieces.push(one);
      place = part.end;
    }
  }
  $("parts").replaceChildren(...pieces);
  $("parts").classList.remove("stale");
  show("parts", pieces.length > 0);
  $("parts").previousElementSibling.hidden = pieces.length === 0;
  const stars = answer.unit === "stars";
  const of = language === "en" && answer.of === "긍정" ? t("positive") : answer.of;
  const [above, below, rest] = t(stars ? "legendStars" : "legend", of, signed(answer.baseline ?? 0), signed(answer.value ?? 0)).split("|");
  $("legend").replaceChildren(make("i", { className: "positive" }), above, make("i", { className: "negative" }), below, ` · ${rest}`);
  show("legend", pieces.length > 0);
  const remarks = [];
  if (!answer.parts?.length) remarks.push(t("noneWhy"));
  for (const one of answer.corrections ?? []) remarks.push(t(one.kind === "word" ? "fresh" : "corrected", one.typed, one.read));
  if (answer.unfamiliar) remarks.push(t("manyFresh", percent(answer.unknown ?? 1)));
  if (answer.truncated) remarks.push(t("cutShort"));
  $("remarks").replaceChildren(...remarks.map((text) => make("li", { text })));
}

// ---- the list of this session ----

function keep() {
  clearTimeout(settling);
  if (!answer || answer.text !== whole($("text").value)) return;
  // Of a comment that grows only the last state is worth a line.
  if (entries[0] && answer.text.startsWith(entries[0].text)) entries.shift();
  entries = [answer, ...entries.filter((one) => one.text !== answer.text)];
  drawList();
}

function drawList() {
  $("list").replaceChildren(...entries.map((one) => {
    const { tone, words, sure } = verdict(one);
    const label = make("b", { className: `tone-${tone}`, text: sure === null ? words : `${words} ${percent(sure)}` });
    const again = make("button", { type: "button", className: "entry" }, label, make("span", { text: one.text }));
    again.addEventListener("click", () => write(one.text));
    const drop = make("button", { type: "button", className: "drop-one", text: "×", "aria-label": t("remove", one.text.slice(0, 40)) });
    drop.addEventListener("click", () => { entries = entries.filter((other) => other !== one); drawList(); $("text").focus(); });
    return make("li", {}, again, drop);
  }));
  $("count").textContent = entries.length ? number(entries.length) : "";
  show("list-empty", !entries.length);
  show("list-actions", entries.length > 0);
}

function write(text) {
  $("text").value = text;
  $("text").focus();
  judge();
}

function save(name, type, content) {
  const link = make("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// A cell that a spreadsheet would take for a formula gets an apostrophe.
const cell = (value) => { const text = String(value ?? ""); return `"${(/^[=+\-@\t\r]/.test(text) && typeof value === "string" ? "'" : "") + text.replaceAll('"', '""')}"`; };

function saveCsv() {
  const names = ["text", "label", "label_ko", "score", "confidence", "stars"].filter((name) => entries.some((one) => name in one));
  const rows = [names.map(cell), ...entries.map((one) => names.map((name) => cell(one[name])))];
  // The mark by which Excel knows UTF-8.
  save("comments.csv", "text/csv", `\ufeff${rows.map((row) => row.join(",")).join("\r\n")}\r\n`);
}

// ---- tables ----

function step(name) {
  for (const id of ["start", "columns", "running", "summary"]) show(id, id === name);
}

function tableError(error) {
  step("start");
  if (error.status === 401) show("access", true);
  const refused = error instanceof Refused, stopped = error.name === "AbortError";
  if (!refused && !stopped) reachable(backend.local);
  complain("table-wrong", () => (refused ? said(error) : t(stopped ? "stopped" : "failed")));
}

async function takeFile(chosen, header = true) {
  if (!chosen) return;
  file = chosen;
  show("table-wrong", false);
  if (chosen.size > limits.table_bytes) { tableError(new Refused(413, { code: "too_large", message: t("formats", chosen.name, number(Math.floor(limits.table_bytes / 2 ** 20))) })); return; }
  step("running");
  $("progress-words").textContent = t(backend.local ? "readingLocal" : "reading");
  $("progress").removeAttribute("value");
  working = new AbortController();
  try {
    chooseColumn(await ask(backend.columns(chosen, header, working.signal)));
  } catch (error) { tableError(error); }
}

function chooseColumn({ columns, text_column, samples, header }) {
  $("header").checked = header;
  // Where the server isn't sure: the column with the most Hangul.
  const hangul = (name) => (samples[name] ?? []).join("").match(/[가-힣]/g)?.length ?? 0;
  text_column ??= columns.reduce((best, name) => (hangul(name) > hangul(best) ? name : best), columns[0]);
  $("file-name").textContent = visible(file.name);
  $("choices").replaceChildren(...columns.map((name, place) => {
    const radio = make("input", { type: "radio", name: "column", value: String(place), required: true, checked: name === text_column });
    return make("label", {}, radio, make("b", { text: name }), make("span", { text: (samples[name] ?? []).filter(Boolean).join(" · ") }));
  }));
  $("columns").dataset.columns = JSON.stringify(columns);
  step("columns");
  ($("choices").querySelector(":checked") ?? $("choices").querySelector("input"))?.focus();
}

async function scoreTable(chosen, column, header = true) {
  show("table-wrong", false);
  step("running");
  $("progress-words").textContent = t(backend.local ? "readingLocal" : "reading");
  $("progress").removeAttribute("value");
  preview = outcome = null;
  working = new AbortController();
  const least = model?.labels.includes("positive") ? ($("least").value === "50" ? 0 : $("least").value / 100) : null;
  try {
    for await (const event of backend.table(chosen, { column, header, least }, working.signal)) {
      if (event.event === "progress") {
        $("progress").value = event.total ? event.bytes / event.total : 0;
        $("progress-words").textContent = t("scoring", number(event.rows));
      }
      if (event.event === "done") { outcome = event; drawOutcome(); $("done-words").focus({ preventScroll: true }); }
      if (event.event === "preview") { preview = event.rows; drawPreview(PAGE); }
      if (event.event === "words") { outcome.words = event; drawWords(); }
    }
    if (!outcome) throw new TypeError("cut");
  } catch (error) { if (!outcome) tableError(error); }
}

function drawOutcome() {
  step("summary");
  show("pushes", false);
  $("pushes-note").textContent = "";
  const remarks = [t("done", number(outcome.rows))];
  if (outcome.renamed.length) remarks.push(t("renamed", outcome.renamed.join(", ")));
  if (outcome.encoding && !outcome.encoding.startsWith("utf-8")) remarks.push(t("encoding", outcome.encoding));
  $("done-words").textContent = remarks.join(" · ");
  $("download").href = outcome.download;
  $("download").download = outcome.name;
  const order = ["negative", "undecided", "positive"];
  const labels = Object.entries(outcome.labels).sort((a, b) => (order.indexOf(a[0]) + 4) % 4 - (order.indexOf(b[0]) + 4) % 4 || b[1] - a[1]);
  const shares = labels.slice(0, SHARES).map(([label, count]) => (order.includes(label) ? [label, t(label), count] : ["other", label, count]));
  const rest = labels.slice(SHARES);
  if (rest.length) shares.push(["undecided", t("others", number(rest.length)), rest.reduce((sum, [, count]) => sum + count, 0)]);
  if (outcome.empty) shares.push(["empty", t("none"), outcome.empty]);
  $("shares").replaceChildren(...shares.map(([tone, , count]) => {
    const part = make("i", { className: tone });
    part.style.width = `${(100 * count) / outcome.rows}%`;
    return part;
  }));
  show("shares", shares.length > 0);
  $("share-list").replaceChildren(...shares.map(([tone, words, count]) => make("li", {}, make("i", { className: `dot ${tone}` }),
    `${visible(words)} `, make("b", { text: `${((100 * count) / outcome.rows).toFixed(1)}%` }), ` (${number(count)})`)));
}

function drawWords() {
  const { above, below, comments } = outcome.words;
  const most = Math.max(0.01, ...[...above, ...below].map(([, push]) => Math.abs(push)));
  const draw = (id, list) => $(id).replaceChildren(...list.map(([word, push]) => {
    const bar = make("i", { "aria-hidden": "true" });
    bar.style.width = `${(100 * Math.abs(push)) / most}%`;
    return make("li", {}, make("b", { text: word, title: visible(word) }), bar, make("span", { text: signed(push) }));
  }));
  draw("words-above", above);
  draw("words-below", below);
  const sentiment = model?.labels.includes("positive");
  show("pushes", Boolean(sentiment && comments && (above.length || below.length)));
  $("pushes-note").textContent = $("pushes").hidden ? "" : t("pushNote", number(preview?.length ?? 0), number(comments));
}

function chips(id, group, names) {
  $(id).replaceChildren(...names.map(([value, words]) => {
    const chip = make("button", { type: "button", text: words, "aria-pressed": String(filters[group] === value) });
    chip.dataset.value = value;
    chip.addEventListener("click", () => {
      filters[group] = value;
      drawPreview(PAGE);
      $(id).querySelector(`[data-value="${CSS.escape(value)}"]`).focus();
    });
    return chip;
  }));
}

function drawPreview(count) {
  const seen = preview.map((one, place) => ({ one, place, ...verdict(one, 0) }));
  const labels = [...new Set(seen.map(({ words }) => words))];
  if (filters.label !== "all" && !labels.includes(filters.label)) filters.label = "all";
  chips("by-label", "label", [["all", t("all")], ...labels.sort().map((words) => [words, words])]);
  chips("by-sure", "sure", [["all", t("all")], ["sure", t("sureOnly")], ["unsure", t("unsure")]]);
  const chosen = seen.filter(({ words, sure }) => (filters.label === "all" || filters.label === words)
    && (filters.sure === "all" || (sure !== null && (sure >= SURE) === (filters.sure === "sure"))));
  $("shown").textContent = t("shown", number(chosen.length), number(preview.length));
  $("rows").replaceChildren(...chosen.slice(0, count).map(({ one, place, tone, words, sure }) => make("tr", {},
    make("td", { text: number(place + 1) }), make("td", { className: `tone-${tone}`, text: words }),
    make("td", { text: sure === null ? "" : percent(sure) }), make("td", { text: one.text }))));
  show("more", chosen.length > count);
  $("more").onclick = () => drawPreview(count + 4 * PAGE);
}

function scoreLines() {
  const found = $("lines").value.split(/\r?\n/).filter((line) => line.trim());
  show("table-wrong", false);
  if (!found.length) { complain("table-wrong", () => t("noLines")); return; }
  const rows = found.map((line) => JSON.stringify({ document: whole(line) }));
  scoreTable(new File([rows.join("\n") + "\n"], "lines.jsonl"), "document");
}

// ---- the whole ----

function translate() {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const one of document.querySelectorAll("[data-t]")) one.textContent = t(one.dataset.t);
  if (backend.local) $("privacy").textContent = t("privacyLocal");
  show("api", !backend.local);
  for (const one of document.querySelectorAll("[data-p]")) one.placeholder = t(one.dataset.p);
  for (const one of document.querySelectorAll("[data-l]")) one.setAttribute("aria-label", t(one.dataset.l));
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").textContent = t({ auto: "themeAuto", light: "themeLight", dark: "themeDark" }[theme]);
  $("language").textContent = t("language");
  $("language").lang = language === "ko" ? "en" : "ko";
  $("least-value").textContent = $("least").value === "50" ? t("off") : `${$("least").value}%`;
  $("formats").textContent = t("formats", backend.local ? "CSV · TSV · TXT · JSON" : "CSV · Excel · TSV · TXT · JSON · Parquet", number(Math.floor(limits.table_bytes / 2 ** 20)));
  if (model) $("model").textContent = t("model", model.version, model.task, number(model.vocabulary));
  for (const [id, words] of Object.entries(complaints)) $(id).textContent = words();
  if (answer) draw();
  drawList();
  if (outcome && !$("summary").hidden) { drawOutcome(); if (preview) drawPreview(PAGE); if (outcome.words) drawWords(); }
}

async function start() {
  model = await ask(backend.model());
  limits = model.limits;
  translate();
}

function listen() {
  if (backend.local) $("file").accept = ".csv,.tsv,.txt,.json,.jsonl";
  $("text").addEventListener("input", () => { clearTimeout(typing); clearTimeout(settling); typing = setTimeout(judge, WAIT); });
  $("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) keep(); });
  $("clear").addEventListener("click", () => write(""));
  $("keep").addEventListener("click", keep);
  $("least").addEventListener("input", () => { translate(); });
  $("examples").replaceChildren(...EXAMPLES.map((text) => {
    const chip = make("button", { type: "button", text, lang: "ko" });
    chip.addEventListener("click", () => write(text));
    return chip;
  }));
  $("save-csv").addEventListener("click", saveCsv);
  $("save-json").addEventListener("click", () => save("comments.json", "application/json", JSON.stringify(entries, null, 1)));
  $("empty").addEventListener("click", () => { entries = []; drawList(); $("text").focus(); });
  $("language").addEventListener("click", () => { language = language === "ko" ? "en" : "ko"; stored("nsmc-language", language); translate(); });
  $("theme").addEventListener("click", () => {
    theme = { auto: "light", light: "dark", dark: "auto" }[theme];
    stored("nsmc-theme", theme);
    translate();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", translate);
  $("file").addEventListener("change", (event) => { takeFile(event.target.files[0]); event.target.value = ""; });
  const drop = $("drop");
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  // A file dropped beside the field would replace the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
  addEventListener("drop", (event) => { if ($("running").hidden) takeFile(event.dataTransfer?.files[0]); });
  $("paste").addEventListener("click", () => {
    const open = $("paste-box").hidden;
    show("paste-box", open);
    $("paste").setAttribute("aria-expanded", String(open));
    if (open) $("lines").focus();
  });
  $("score-lines").addEventListener("click", scoreLines);
  $("columns").addEventListener("submit", (event) => {
    event.preventDefault();
    const columns = JSON.parse($("columns").dataset.columns);
    scoreTable(file, columns[Number(new FormData($("columns")).get("column"))], $("header").checked);
  });
  $("header").addEventListener("change", () => takeFile(file, $("header").checked));
  $("cancel").addEventListener("click", () => working?.abort());
  for (const id of ["back", "again"]) $(id).addEventListener("click", () => { file = outcome = preview = null; step("start"); $("paste").focus(); });
  $("access").addEventListener("submit", async (event) => {
    event.preventDefault();
    sessionStorage.setItem("nsmc-token", $("token").value.trim());
    $("token").value = "";
    show("access", false);
    try { await start(); judge(); } catch { /* asked again, or out of reach */ }
  });
}

listen();
translate();
start().catch((error) => { if (!(error instanceof Refused)) reachable(false); });
