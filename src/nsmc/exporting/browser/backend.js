// What the page asks, answered in the browser itself: the same functions as serving/page/backend.js.
// `Refused` and `wordsOf` are the page's own.
function makeBackend(exported) {
  const classifier = makeClassifier(exported);
  return {
    local: true,
    classifier,
    model: async () => exported.model,
    ready: async () => {},
    predict: async (text, signal, early) => {
      await breathe(signal);
      early(classifier.predict(text));
      return classifier.explain(text, signal);
    },
    columns: async (file, header) => {
      const { columns, rows, header: named } = await readTable(file, header);
      const samples = Object.fromEntries(columns.map((name) => [name, rows.slice(0, SAMPLES).map((row) => commentOf(row[name]).slice(0, 80))]));
      return { columns, samples, header: named, text_column: columns.find((name) => name.trim().toLowerCase() === "document") ?? null };
    },
    table: (file, asked, signal) => scoreTable(classifier, exported.model, file, asked, signal),
  };
}
