// Learning curves: the loss and the accuracy of each epoch.
"use strict";

// seriesOf: "loss" or "accuracy" -> series, as `drawLines` takes them; x is the epochs.
function drawLearningCurves(seriesOf, minLastEpoch = 2) {
  const [losses, accuracies] = [seriesOf("loss"), seriesOf("accuracy")];
  const lastEpoch = losses.reduce((last, { x }) => Math.max(last, x.at(-1) ?? 0), minLastEpoch);
  const options = { xLabel: "epoch", xRange: [1, lastEpoch] };
  drawLines(byId("loss"), { ...options, label: "Loss of each epoch" }, losses);
  const lowest = accuracies.reduce((least, { y }) => y.reduce((a, b) => Math.min(a, b), least), 1);
  const yFormat = (value) => `${Number((100 * value).toFixed(1))} %`;
  const yRange = [Math.min(0.9, Math.floor(10 * lowest) / 10), 1];
  const accuracyOptions = { ...options, label: "Accuracy of each epoch", yRange, yFormat };
  drawLines(byId("accuracy"), accuracyOptions, accuracies);
}

// history: columns by name. A column that is missing, such as of validation images, has no curve.
function series(history, column) {
  const y = history[column] ?? [];
  return { x: y.length > 0 ? history.epoch : [], y };
}
