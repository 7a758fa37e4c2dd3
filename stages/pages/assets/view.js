// Everything that follows from a drawing or a test image: each layer, the answer, what mattered.
"use strict";

const LAYER_DELAY = 250; // milliseconds
let view = null; // what the networks made of the drawing at the last render()

function render() {
  drawCanvas();
  const image = networkInput();
  const networks = shownNetworks();
  const prediction = predict(networks, image ?? new Uint8Array(SIDE * SIDE));
  const winner = indexOfMax(prediction.outputs);
  view = {
    image,
    winner,
    ...prediction,
    probabilities: calibratedProbabilities(prediction.outputs, DATA.calibration),
    contributions: contributions(networks, winner),
    strongest: image ? strongestNeuron([image]) : STRONGEST,
  };
  drawSnapshot();
  drawNetworkInput();
  drawContributions();
  drawGrids();
  drawOutputs();
  drawWeights();
  drawContributionLines();
  drawLesson();
  byId("undo").disabled = history.length === 0;
  byId("clear").disabled = state === EMPTY;
  byId("replay").disabled = image === null;
  byId("nudges").hidden = state.image === null;
  for (const button of document.querySelectorAll(".thumbnails button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.image) === state.image));
  }
}

// The signal passes through the layers: they fade in one after the other, then come the lines.
function play() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || view.image === null) return;
  const layers = [byId("network-input"), ...grids.map(({ canvas }) => canvas), byId("bars")];
  layers.forEach((layer, index) => {
    const timing = { duration: LAYER_DELAY, delay: index * LAYER_DELAY, fill: "backwards" };
    layer.animate([{ opacity: 0.1 }, { opacity: 1 }], timing);
  });
  for (const line of byId("lines").children) {
    const timing = { duration: LAYER_DELAY, delay: grids.length * LAYER_DELAY, fill: "backwards" };
    line.animate([{ strokeDasharray: "0 1" }, { strokeDasharray: "1 0" }], timing);
  }
}

function drawNetworkInput() {
  const image = view.image ?? new Uint8Array(SIDE * SIDE);
  paintPixels(byId("network-input"), SIDE, SIDE, image, (value) => [value, value, value]);
}

function drawContributions() {
  const { pixels } = view.contributions;
  paintSigned(byId("pixels"), SIDE, SIDE, pixels, largestAbs(pixels));
  const name = DATA.classes[view.winner];
  byId("contributions-text").replaceChildren(
    ...(view.image === null
      ? ["Ink times the weights on its way to the predicted class"]
      : [
          element("span", { className: "positive" }, "orange"),
          `: ink for ${name}; `,
          element("span", { className: "negative" }, "purple"),
          `: ink against ${name}`,
        ]),
  );
}

function drawOutputs() {
  const { image, probabilities, winner } = view;
  const selected = shownSelection();
  const [answer, details] = byId("prediction").children;
  [answer.textContent, details.textContent] =
    image === null ? ["", "Draw, or select a test image."] : answerTexts(DATA, view);
  details.textContent += actualClass();
  byId("prediction").classList.toggle("long", answer.textContent.length > 2);
  [...byId("bars").children].forEach((row, output) => {
    const value = image === null ? 0 : probabilities[output];
    row.classList.toggle("winner", image !== null && output === winner);
    row.querySelector(".bar").style.width = `${100 * value}%`;
    row.querySelector(".value").textContent = image === null ? "" : percent(value);
    const pressed = selected.layer === shownLayers().length - 1 && selected.neuron === output;
    row.setAttribute("aria-pressed", String(pressed));
  });
}

function actualClass() {
  if (state.image === null) return "";
  return `; actual: ${DATA.classes[IMAGES[state.image].actual]}`;
}

function buildOutputs() {
  byId("bars").style.setProperty("--half", Math.ceil(DATA.classes.length / 2));
  DATA.classes.forEach((name, output) => {
    const row = element(
      "button",
      { type: "button", className: "bar-row", title: `${name}: show its weights` },
      element("span", {}, name),
      element("span", { className: "track" }, element("span", { className: "bar" })),
      element("span", { className: "value" }),
    );
    row.addEventListener("click", () => select(shownLayers().length - 1, output));
    byId("bars").append(row);
  });
}
