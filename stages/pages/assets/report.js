// The report: plots and tables of the results that Python wrote into the page.
"use strict";

const { history: epochs } = DATA;
const CURVES = {
  train: DATA.isAugmented
    ? "training images, augmented: harder than the images as they are"
    : "training images, during the epoch",
  clean_train: "training images as they are, after the epoch",
  validation: "validation images, after the epoch",
};

function drawWeights() {
  const [rows, columns] = DATA.imageShape;
  const [size, nNeurons] = DATA.sizes;
  const all = new Int8Array(decodeBytes(DATA.neurons).buffer);
  const each = Array.from({ length: all.length / size }, (_, i) =>
    Float32Array.from(all.subarray(i * size, (i + 1) * size)),
  );
  paintMosaic(byId("weights"), each, rows, columns);
  byId("weights-note").textContent =
    each.length === nNeurons
      ? `All ${nNeurons} neurons of the first layer.`
      : `The ${each.length} strongest of the ${count(nNeurons, "neuron")} of the first layer.`;
}

function render() {
  drawLearningCurves((metric) =>
    Object.keys(CURVES).map((name) => series(epochs, `${name}_${metric}`)),
  );
  drawLines(byId("rate"), { label: "Learning rate of each epoch", xLabel: "epoch" }, [
    series(epochs, "learning_rate"),
  ]);
  drawReliability(byId("reliability"), DATA.calibration);
  drawWeights();
}

byId("about").textContent = networkText(DATA);
byId("demo-link").hidden = !DATA.hasDemo;
buildAccuracies();
buildFirstImage();
buildMisclassified();
byId("curves-legend").append(legend(Object.values(CURVES).map((name) => ({ name }))));
byId("confusion").append(confusionTable(DATA.classes, DATA.confusion));
if (DATA.calibration.length === 1) {
  byId("reliability-note").textContent += " Too few predictions are doubtful to divide them.";
}
byId("classes").append(
  table(
    [
      ["class", "precision", "recall", "F1", "images"],
      ...DATA.classRows.map(({ class: name, precision, recall, f1, n_images: n }) => {
        return [name, ...[precision, recall, f1].map(percent), n.toLocaleString("en")];
      }),
    ],
    "numbers",
  ),
);
byId("differing").hidden = !DATA.differing;
byId("differing").textContent = `params.yaml has other values: ${DATA.differing}.`;
const environment = DATA.environment.map(([name, value]) => `${name} ${value}`);
byId("environment").textContent = `Trained with ${environment.join(", ")}.`;
byId("parameters").append(
  table([["parameter", "value", "what it does"], ...DATA.parameters], "parameters"),
);
addEventListener("resize", render);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
render();
