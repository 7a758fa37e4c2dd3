// The neurons of each layer, and the weights of the one that is selected.
"use strict";

let selection = null; // null: the neuron that mattered most
// While nothing is drawn: the neuron that mattered most for the images of this page.
const STRONGEST = strongestNeuron(IMAGES.map((image) => image.pixels));
const grids = []; // of the hidden layers

function shownSelection() {
  return selection ?? view.strongest;
}

// The neuron of the first layer whose activation contributed most to what the trained network
// predicts for some images: the same at each snapshot, so that its weights can be seen to develop.
function strongestNeuron(images) {
  const networks = [DATA.networks[0]];
  const total = new Float32Array(networks[0].layers[0].nNeurons);
  for (const image of images) {
    const winner = indexOfMax(predict(networks, image).outputs);
    const [ofFirstLayer] = contributions(networks, winner).neurons;
    if (ofFirstLayer) ofFirstLayer.forEach((value, i) => (total[i] += Math.abs(value)));
    else total[winner] += 1;
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

function buildGrids() {
  const hidden = DATA.networks[0].layers.slice(0, -1);
  hidden.forEach(({ nNeurons }, index) => {
    const number = hidden.length > 1 ? ` ${index + 1}` : "";
    const title = `Hidden layer${number}: ${count(nNeurons, "neuron")}`;
    const grid = new Grid(title, nNeurons, (neuron) => select(index, neuron));
    grids.push(grid);
    byId("selection").before(element("figure", {}, element("h3", {}, title), grid.canvas));
  });
}

function drawGrids() {
  const [off, on] = [cssRgb("off"), cssRgb("on")];
  const selected = shownSelection();
  grids.forEach((grid, layer) => {
    const activations = view.layers[layer];
    const maxValue = DATA.activation === "sigmoid" ? 1 : largestAbs(activations) || 1;
    const colours = [...activations].map((value) =>
      lerp(off, on, view.image === null ? 0 : Math.abs(value) / maxValue),
    );
    grid.draw(colours, selected.layer === layer ? selected.neuron : null);
  });
}

function drawWeights() {
  const { layer, neuron } = shownSelection();
  const weightsAt = ({ network }) => network.layers[layer].weightsOf(neuron);
  const weights = weightsAt(snapshots[snapshot]);
  // The same columns as the grid of the neurons that they are the weights of.
  const columns = layer === 0 ? SIDE : grids[layer - 1].columns;
  const rows = Math.ceil(weights.length / columns);
  // One scale for all snapshots, so that they can be compared.
  const maxAbs = Math.max(...snapshots.map((each) => largestAbs(weightsAt(each))));
  paintSigned(byId("weights"), columns, rows, weights, maxAbs);
  byId("weights").style.aspectRatio = `${columns} / ${rows}`;
  byId("selection-title").textContent = `Weights of ${neuronName(layer, neuron)}`;
  const source = layer === 0 ? "ink here" : `neurons of the layer before, in the same places,`;
  const s = layer === 0 ? "s" : "";
  const activation =
    view.image === null ? "" : ` Its activation: ${view.layers[layer][neuron].toFixed(3)}.`;
  const mattered = view.image === null ? "mattered most for the images below" : "mattered most";
  const inTheEnd = isTrained() ? "" : " at the end of training";
  byId("selection")
    .querySelector("figcaption")
    .replaceChildren(
      element("span", { className: "positive" }, "orange"),
      `: ${source} excite${s} it; `,
      element("span", { className: "negative" }, "purple"),
      `: inhibit${s} it.${activation}`,
      selection === null && grids.length > 0 ? ` This neuron ${mattered}${inTheEnd}.` : "",
    );
}
