// The learning curves while a network trains. The page loads itself anew until the last epoch.
"use strict";

const CURVES = {
  train: "training images, during the epoch",
  validation: "validation images, after the epoch",
};
const n = DATA.history.epoch.length;

function render() {
  drawLearningCurves(
    (metric) => Object.keys(CURVES).map((name) => series(DATA.history, `${name}_${metric}`)),
    Math.max(2, DATA.nEpochs),
  );
}

byId("about").textContent = `${n} of ${DATA.nEpochs} epochs`;
byId("legend").append(legend(Object.values(CURVES).map((name) => ({ name }))));
addEventListener("resize", render);
render();
if (n < DATA.nEpochs) setTimeout(() => location.reload(), 1000);
