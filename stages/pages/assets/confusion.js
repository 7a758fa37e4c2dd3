// The confusion matrix as a table: the more often a class is taken for another, the more orange.
"use strict";

// At least so large a fraction of the images of a class has the strongest colour.
const MIN_STRONGEST = 0.1;

// counts: for each actual class, how often each class was predicted.
function confusionTable(classes, counts) {
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const rates = counts.map((row, actual) => row.map((count) => count / (totals[actual] || 1)));
  const mistakes = rates.flatMap((row, actual) => row.filter((_, i) => i !== actual));
  const strongest = Math.max(MIN_STRONGEST, ...mistakes);
  return matrixTable(classes, "columns: predicted, rows: actual", (actual, predicted) => ({
    text: counts[actual][predicted] || "",
    title: `${counts[actual][predicted]} of ${totals[actual]}`,
    className: actual === predicted ? "correct" : "",
    share: actual === predicted ? null : rates[actual][predicted] / strongest,
  }));
}

// What a second network does otherwise: more right answers and fewer mistakes are good.
function confusionDifferences(classes, first, second) {
  const changes = second.map((row, actual) => row.map((count, i) => count - first[actual][i]));
  const largest = changes.flat().reduce((max, change) => Math.max(max, Math.abs(change)), 1);
  const caption = "columns: predicted, rows: actual; how many more, or fewer, than before";
  return matrixTable(classes, caption, (actual, predicted) => {
    const change = changes[actual][predicted];
    return {
      text: change === 0 ? "" : `${change > 0 ? "+" : "-"}${Math.abs(change)}`,
      title: `${first[actual][predicted]}, then ${second[actual][predicted]}`,
      className: (actual === predicted) === change > 0 ? "good" : "",
      share: change === 0 ? null : Math.abs(change) / largest,
    };
  });
}

// cellOf: (actual, predicted) -> its text, title and class, and how strong its colour is, 0 to 1.
function matrixTable(classes, caption, cellOf) {
  const header = (scope, name) => element("th", { scope, title: name }, element("span", {}, name));
  const rows = classes.map((name, actual) => {
    const cells = classes.map((other, predicted) => {
      const { text, title, className, share } = cellOf(actual, predicted);
      const cell = element("td", { className, title: `${title}: ${name} → ${other}` }, text);
      if (share !== null) cell.style.setProperty("--share", share);
      return cell;
    });
    return element("tr", {}, header("row", name), ...cells);
  });
  const head = element("tr", {}, element("td"), ...classes.map((name) => header("col", name)));
  return element(
    "table",
    { className: "confusion" },
    element("caption", { className: "note" }, caption),
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
}
