// What the networks have reached on the test images, and whether the second is better.
"use strict";

function countCorrect(predictions) {
  return predictions.filter((prediction, i) => prediction === DATA.testLabels[i]).length;
}

// The verdict on the second network, in the words of `compare`.
function verdict(first, second) {
  const [name, other] = [first.name, second.name];
  const labels = DATA.testLabels;
  const isRight = ({ predictions }) => predictions.map((each, i) => each === labels[i]);
  const [a, b] = [isRight(first.report), isRight(second.report)];
  const wins = b.filter((right, i) => right && !a[i]).length;
  const losses = a.filter((right, i) => right && !b[i]).length;
  const n = labels.length;
  if (first.report.predictions.every((each, i) => each === second.report.predictions[i])) {
    return `${other} answers as ${name}: the same predictions of all ${count(n, "image")}.`;
  }
  const p = mcnemar(wins, losses);
  const points = (100 * (wins - losses)) / n;
  const pText = p < 0.0001 ? "p < 0.0001" : `p = ${Number(p.toPrecision(2))}`;
  const test = `${pText}, McNemar's exact test on the same ${count(n, "image")}`;
  if (p >= ALPHA) {
    const signed = `${points < 0 ? "" : "+"}${points.toFixed(2)}`;
    return `No evidence of a difference: ${other} is ${signed} points from ${name} (${test}).`;
  }
  const word = points > 0 ? "better" : "worse";
  return `${other} is ${word} than ${name} by ${Math.abs(points).toFixed(2)} points (${test}).`;
}

function confusionOf(predictions) {
  const counts = DATA.classes.map(() => DATA.classes.map(() => 0));
  predictions.forEach((predicted, i) => (counts[DATA.testLabels[i]][predicted] += 1));
  return counts;
}

// The result of a network: its accuracy, its confusion matrix, and its neurons' weights.
function resultOf({ name, report }) {
  const n = DATA.testLabels.length;
  const nCorrect = countCorrect(report.predictions);
  const [low, high] = accuracyInterval(nCorrect, n).map(percent);
  const mosaic = element("canvas", { className: "mosaic" });
  mosaic.setAttribute("role", "img");
  mosaic.setAttribute("aria-label", `Weights of ${name}'s first layer`);
  paintMosaic(mosaic, report.neurons, DATA.rows, DATA.columns);
  const scroll = element("div", { className: "scroll", tabIndex: 0 });
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", `Confusion matrix of ${name}`);
  scroll.append(confusionTable(DATA.classes, confusionOf(report.predictions)));
  return element(
    "div",
    {},
    element("h3", {}, name),
    element("div", {}, element("strong", {}, percent(nCorrect / n)), " of the test images"),
    element("p", { className: "note" }, `95 % interval ${low} to ${high}; ${nCorrect} of ${n}`),
    element(
      "div",
      { className: "details" },
      element("figure", {}, scroll),
      element(
        "figure",
        {},
        mosaic,
        element(
          "figcaption",
          { className: "note" },
          `The weights of ${count(report.neurons.length, "neuron")} of the first layer: `,
          element("span", { className: "positive" }, "orange"),
          " excites, ",
          element("span", { className: "negative" }, "purple"),
          " inhibits",
        ),
      ),
    ),
  );
}
