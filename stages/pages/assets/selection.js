// The neuron whose weights are shown, and a grid of the neurons of each layer to choose from.
"use strict";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
let selection = null; // null: the neuron that mattered most
// While nothing is drawn: the neuron that mattered most for the images of this page.
const STRONGEST = strongestNeuron(IMAGES.map((image) => image.pixels));

function shownSelection() {
  return selection ?? view.strongest;
}

// The neuron of the first layer whose activation contributed most to what the trained network
// predicts for some images: the same at each snapshot, so that its weights can be seen to develop.
function strongestNeuron(images) {
  const layers = DATA.networks[0];
  const ensemble = { ...DATA, networks: [layers] };
  const total = new Float32Array(layers[0].neurons);
  for (const image of images) {
    const { winner, neurons } = contributions(ensemble, image, predict(ensemble, image));
    if (neurons === null) total[winner] += 1;
    else neurons.forEach((value, i) => (total[i] += Math.abs(value)));
  }
  return { layer: 0, neuron: indexOfMax(total) };
}

function select(layer, neuron) {
  selection = { layer, neuron };
  render();
}

function neuronName(layer, neuron) {
  const nLayers = shownLayers().length;
  if (layer === nLayers - 1) return `output ${DATA.classes[neuron]}`;
  return nLayers > 2 ? `neuron ${neuron} of layer ${layer + 1}` : `neuron ${neuron}`;
}

function buildLayers() {
  const hidden = DATA.networks[0].slice(0, -1);
  hidden.forEach((layer, index) => {
    const number = hidden.length > 1 ? ` ${index + 1}` : "";
    const title = `Hidden layer${number}: ${count(layer.neurons, "neuron")}`;
    const layerCanvas = element("canvas", { className: "neurons", tabIndex: 0 });
    layerCanvas.dataset.layer = index;
    layerCanvas.setAttribute("role", "application");
    layerCanvas.setAttribute(
      "aria-label",
      `${title}; select one with the arrow keys to see its weights`,
    );
    layerCanvas.addEventListener("click", (event) => {
      const { cell, columns } = gridLayout(layerCanvas, layer.neurons);
      const column = Math.floor(event.offsetX / cell);
      const neuron = Math.floor(event.offsetY / cell) * columns + column;
      if (column < columns && neuron < layer.neurons) select(index, neuron);
    });
    layerCanvas.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const [dy, dx] = ARROWS[event.key];
      const selected = shownSelection();
      const from = selected.layer === index ? selected.neuron : 0;
      const to = from + dy * gridLayout(layerCanvas, layer.neurons).columns + dx;
      if (to >= 0 && to < layer.neurons) select(index, to);
    });
    byId("layers").append(element("h3", {}, title), layerCanvas);
  });
}

// Size and number of the cells, one a neuron, that fit into the width of a layer's canvas.
function gridLayout(layerCanvas, neurons) {
  const width = layerCanvas.clientWidth || 300;
  const cell = Math.max(4, Math.min(22, Math.floor(Math.sqrt((width * 240) / neurons))));
  const columns = Math.max(1, Math.min(neurons, Math.floor(width / cell)));
  return { width, cell, columns, rows: Math.ceil(neurons / columns) };
}

function drawNeurons(layer) {
  const layerCanvas = document.querySelector(`.neurons[data-layer="${layer}"]`);
  const activations = view.layers[layer];
  const { width, cell, columns, rows } = gridLayout(layerCanvas, activations.length);
  const pixelRatio = window.devicePixelRatio || 1;
  layerCanvas.width = width * pixelRatio;
  layerCanvas.height = rows * cell * pixelRatio;
  layerCanvas.style.height = `${rows * cell}px`;
  const context = layerCanvas.getContext("2d");
  context.scale(pixelRatio, pixelRatio);
  const [off, on] = [cssRgb("off"), cssRgb("on")];
  const maxValue = DATA.activation === "sigmoid" ? 1 : Math.max(...activations) || 1;
  const selected = shownSelection();
  const gap = cell > 6 ? 2 : 1;
  activations.forEach((value, neuron) => {
    const [x, y] = [(neuron % columns) * cell, Math.floor(neuron / columns) * cell];
    const fraction = view.image === null ? 0 : value / maxValue;
    context.fillStyle = `rgb(${lerp(off, on, fraction)})`;
    context.fillRect(x, y, cell - gap, cell - gap);
    if (selected.layer === layer && selected.neuron === neuron) {
      context.lineWidth = 2;
      context.strokeStyle = cssColor("positive");
      context.strokeRect(x + 1, y + 1, cell - gap - 2, cell - gap - 2);
    }
  });
}

function drawWeights() {
  const { layer, neuron } = shownSelection();
  const { inputs } = shownLayers()[layer];
  const weightsAt = ({ layers }) =>
    layers[layer].weights.subarray(neuron * (inputs + 1), (neuron + 1) * (inputs + 1) - 1);
  const columns = layer === 0 ? SIDE : Math.ceil(Math.sqrt(inputs));
  // One scale for all snapshots, so that they can be compared.
  const maxAbs = Math.max(...snapshots.map((each) => largestAbs(weightsAt(each))));
  const rows = Math.ceil(inputs / columns);
  paintSigned(byId("weights"), columns, rows, weightsAt(snapshots[snapshot]), maxAbs);
  byId("selection-title").textContent = `Weights of ${neuronName(layer, neuron)}`;
  const source = layer === 0 ? "ink here" : `neurons of hidden layer ${layer}, row by row: these`;
  const activation =
    view.image === null ? "" : ` Its activation: ${view.layers[layer][neuron].toFixed(3)}.`;
  const mattered = view.image === null ? "mattered most for the images below" : "mattered most";
  const inTheEnd = isTrained() ? "" : " at the end of training";
  byId("selection")
    .querySelector("figcaption")
    .replaceChildren(
      element("span", { className: "positive" }, "orange"),
      `: ${source} excite${layer === 0 ? "s" : ""} it; `,
      element("span", { className: "negative" }, "purple"),
      `: inhibit${layer === 0 ? "s" : ""} it.${activation}`,
      selection === null && shownLayers().length > 1 ? ` This neuron ${mattered}${inTheEnd}.` : "",
    );
}
