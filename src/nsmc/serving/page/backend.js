// What the page asks, answered by `nsmc serve`. In the site that `nsmc export --web` writes, another file of
// this name answers in the browser itself: src/nsmc/exporting/browser/backend.js.
"use strict";

const backend = (() => {
  async function request(path, options = {}) {
    const token = sessionStorage.getItem("nsmc-token");
    // Errors come in the page's language, not in the browser's.
    const headers = { "accept-language": document.documentElement.lang, ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(path, { ...options, headers });
    if (!response.ok) throw new Refused(response.status, (await response.json().catch(() => ({}))).error);
    return response;
  }
  const json = async (...asked) => (await request(...asked)).json();

  async function* lines(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      const found = (rest + value).split("\n");
      rest = found.pop();
      for (const line of found) yield JSON.parse(line);
    }
  }

  return {
    local: false,
    model: () => json("v1/model"),
    ready: () => fetch("readyz"),
    // The prediction of a text with its explanation; a third argument would hear of one without, where that comes first.
    predict: (text, signal) => json("v1/predict", {
      method: "POST", signal, headers: { "content-type": "application/json" }, body: JSON.stringify({ text, explain: true }),
    }),
    columns: (file, header, signal) => json(`v1/table/columns?name=${encodeURIComponent(file.name)}&header=${header}`, { method: "POST", body: file, signal }),
    // Events: progress, done, preview, words; `least` is the probability below which a label is undecided, null without such labels.
    async* table(file, { column, header, least }, signal) {
      const query = new URLSearchParams({ name: file.name, events: "true", summary: "true", column, header });
      if (least !== null) query.set("undecided_below", least);
      for await (const event of lines((await request(`v1/table?${query}`, { method: "POST", body: file, signal })).body)) {
        if (event.event === "error") throw new Refused(422, event.error);
        if (event.download) event.download = event.download.replace(/^\//, "");
        yield event;
      }
    },
  };
})();
