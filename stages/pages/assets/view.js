// Everything that follows from a drawing or a test image: each layer, the answer, what mattered.
"use strict";

const LAYER_DELAY = 250; // milliseconds
let view = null; // network input, activations, outputs and contributions of the last render()

function render() {
  drawCanvas();
  const image = networkInput();
  const pixels = image ?? new Uint8Array(SIDE * SIDE);
  view = { image, ...predict(shownEnsemble(), pixels) };
  view.contributions = contributions(shownEnsemble(), pixels, view);
  view.strongest = image ? strongestNeuron([image]) : STRONGEST;
  drawSnapshot();
  drawNetworkInput();
  drawContributions();
  shownLayers()
    .slice(0, -1)
    .forEach((_, layer) => drawNeurons(layer));
  drawOutputs();
  drawWeights();
  byId("undo").disabled = history.length === 0;
  byId("clear").disabled = state === EMPTY;
  byId("replay").disabled = image === null;
  for (const button of byId("nudges").querySelectorAll("button")) {
    button.disabled = state.image === null;
  }
  for (const button of document.querySelectorAll(".thumbnails button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.image) === state.image));
  }
}

// Fades the layers in one after the other.
function play() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || view.image === null) return;
  const elements = [byId("network-input"), ...document.querySelectorAll(".neurons"), byId("bars")];
  elements.forEach((element, index) => {
    const timing = { duration: LAYER_DELAY, delay: index * LAYER_DELAY, fill: "backwards" };
    element.animate([{ opacity: 0.1 }, { opacity: 1 }], timing);
  });
}

function drawContributions() {
  const { winner, pixels } = view.contributions;
  paintSigned(byId("pixels"), SIDE, SIDE, pixels, largestAbs(pixels));
  const name = DATA.classes[winner];
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

function drawNetworkInput() {
  const image = view.image ?? new Uint8Array(SIDE * SIDE);
  paintPixels(byId("network-input"), SIDE, SIDE, image, (value) => [value, value, value]);
}

function drawOutputs() {
  const { image, outputs } = view;
  const { winner } = view.contributions;
  const selected = shownSelection();
  const maxValue = Math.max(1, ...outputs);
  const [className, confidence] = byId("prediction").children;
  const [answer, details] =
    image === null
      ? ["", "Draw, or select a test image."]
      : answerTexts(DATA, image, outputs, winner);
  className.textContent = answer;
  confidence.textContent = details + actualClass();
  [...byId("bars").children].forEach((row, output) => {
    const value = image === null ? 0 : outputs[output];
    row.classList.toggle("winner", image !== null && output === winner);
    row.querySelector(".bar").style.width = `${(100 * value) / maxValue}%`;
    row.querySelector(".value").textContent = image === null ? "" : value.toFixed(3);
    const pressed = selected.layer === shownLayers().length - 1 && selected.neuron === output;
    row.setAttribute("aria-pressed", String(pressed));
  });
}

function actualClass() {
  if (state.image === null) return "";
  return `; actual: ${DATA.classes[IMAGES[state.image].actual]}`;
}

function buildOutputs() {
  DATA.classes.forEach((name, output) => {
    const row = element(
      "button",
      { type: "button", className: "output" },
      element("span", { title: name }, name),
      element("span", { className: "track" }, element("div", { className: "bar" })),
      element("span", { className: "value" }),
    );
    row.addEventListener("click", () => select(DATA.networks[0].length - 1, output));
    byId("bars").append(row);
  });
}
