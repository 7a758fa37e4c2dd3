// The confusion matrix as a table: the more often a class is taken for another, the darker.
"use strict";

// From this fraction of the images of a class on, a cell is darkest.
const MIN_DARKEST = 0.1;

// counts: for each actual class, how often each class was predicted.
function confusionTable(classes, counts) {
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const rates = counts.map((row, actual) => row.map((count) => count / (totals[actual] || 1)));
  const mistakes = rates.flatMap((row, actual) => row.filter((_, i) => i !== actual));
  const darkest = Math.max(MIN_DARKEST, ...mistakes);
  const header = (scope, name) => element("th", { scope, title: name }, element("span", {}, name));
  const rows = counts.map((row, actual) => {
    const cells = row.map((count, predicted) => {
      const cell = element("td", {}, count === 0 ? "" : String(count));
      cell.title = `${count} of ${totals[actual]}: ${classes[actual]} → ${classes[predicted]}`;
      if (actual === predicted) cell.className = "correct";
      else cell.style.setProperty("--share", rates[actual][predicted] / darkest);
      return cell;
    });
    return element("tr", {}, header("row", classes[actual]), ...cells);
  });
  const head = element("tr", {}, element("td"), ...classes.map((name) => header("col", name)));
  return element(
    "table",
    { className: "confusion" },
    element("caption", { className: "note" }, "columns: predicted, rows: actual"),
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
}
