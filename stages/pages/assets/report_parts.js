// The accuracies, the first image and the mistakes of the report.
"use strict";

function buildAccuracies() {
  const term = (name, value, details) =>
    element(
      "div",
      {},
      element("dt", {}, name),
      element("dd", {}, element("strong", {}, value), element("span", {}, details)),
    );
  const accuracy = (name, [nCorrect, n]) => {
    const [low, high] = accuracyInterval(nCorrect, n).map((end) => (100 * end).toFixed(2));
    const images = `${nCorrect.toLocaleString("en")} of ${count(n, "image")}`;
    const value = `${((100 * nCorrect) / n).toFixed(2)}\u00a0%`;
    return term(name, value, `95 % interval ${low} to ${high}\u00a0%; ${images}`);
  };
  byId("accuracies").append(accuracy("of the test images", DATA.test));
  if (DATA.validation) {
    byId("accuracies").append(accuracy("of the validation images", DATA.validation));
  }
  byId("accuracies").append(term("mean loss on the test images", DATA.testLoss.toFixed(4), ""));
}

function buildFirstImage() {
  const { first, firstProbabilities } = DATA;
  const sure = `${percent(first.confidence)} sure`;
  byId("first-image").append(
    element(
      "div",
      { className: "first" },
      picture(first),
      probabilityBars(DATA.classes, firstProbabilities),
    ),
    element("p", {}, `Predicted: ${first.predicted}, ${sure}; actual: ${first.actual}.`),
  );
}

function buildMisclassified() {
  const [nCorrect, n] = DATA.test;
  const [nWrong, shown] = [n - nCorrect, DATA.misclassified];
  if (nWrong === 0) {
    byId("misclassified").append("None.");
    return;
  }
  const which = shown.length === nWrong ? `All ${nWrong}` : `${shown.length} of ${nWrong}`;
  byId("misclassified").append(
    element("p", { className: "note" }, `${which}, the most confident first: actual → predicted.`),
    gallery(shown, ({ actual, predicted, confidence }) => [
      `${actual} → ${predicted}`,
      element("small", {}, `${Math.round(100 * confidence)} %`),
    ]),
  );
}
