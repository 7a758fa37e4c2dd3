// One step of learning with one image, moment by moment: forward, loss, backward, update.
"use strict";

const NUDGE = 1e-4; // change of a weight, to try what its gradient says
const nudged = { layer: 0, neuron: 0, input: 0 }; // the weight that is tried
let lens = null; // the network, the image, and what the step does
let imageIndex = 0;

// A copy of the first network, in float64: a small difference of losses needs the digits.
async function copyNetwork() {
  const [{ trainer, settings }] = networks;
  const { result } = await trainer.ask("parameters");
  const sizes = [DATA.rows * DATA.columns, ...settings.hidden, DATA.classes.length];
  const network = MLP.random(sizes, settings.activation, settings.loss, new Random(1));
  network.layers.forEach((layer, i) => {
    const [weights, biases] = [2 * i, 2 * i + 1].map((each) => Float64Array.from(result[each]));
    layer.weights = new Matrix(sizes[i], sizes[i + 1], weights);
    layer.biases = new Matrix(1, sizes[i + 1], biases);
  });
  return { network, rate: settings.rate };
}

async function magnify() {
  const { network, rate } = await copyNetwork();
  const { trainImages, trainLabels, rows, columns } = TRAINING_DATA;
  const image = trainImages.subarray(
    imageIndex * rows * columns,
    (imageIndex + 1) * rows * columns,
  );
  const inputs = new Matrix(
    1,
    image.length,
    Float64Array.from(image, (byte) => byte / 255),
  );
  lens = { network, rate, image, inputs, label: trainLabels[imageIndex] };
  lens.loss = lossAt(true);
  // The neuron that learns most, and its brightest pixel.
  nudged.layer = 0;
  nudged.neuron = strongest(network.layers[0].delta.values);
  nudged.input = indexOfMax([...image]);
  byId("magnify").textContent = "Look anew";
  byId("magnified").hidden = byId("next-image").hidden = false;
  byId("moment").max = moments().length - 1;
  showMoment();
}

function strongest(values) {
  return indexOfMax(Array.from(values, Math.abs));
}

function lossAt(withGradients = false) {
  const { network, inputs, label } = lens;
  const outputs = network.forward(inputs);
  const { value, gradient } = lossAndGradient(network.loss, outputs, [label]);
  lens.probabilities = network.loss.probabilities(outputs).values;
  if (withGradients) network.backward(gradient);
  return value;
}

// ---- moments -----------------------------------------------------------------------------------

function moments() {
  const { layers } = lens.network;
  const forward = layers.map((layer, i) => ({
    title: `Forward: layer ${i + 1} of ${layers.length}`,
    formula: "z = x · W + b, and a = f(z): sums of the inputs, times weights; then the activation",
    code: layer.forward,
    draw: (target) => {
      drawCells(target, `${count(layer.nNeurons, "sum")} z`, layer.preActivations.values);
      drawCells(target, "activations a", layer.activations.values);
    },
  }));
  const backward = layers.map((layer, i) => ({
    title: `Backward: layer ${i + 1} of ${layers.length}`,
    formula: "δ = ∂L/∂a · f′(z), and ∂L/∂W = xᵀ · δ: orange would raise the loss, purple lower it",
    code: layer.backward,
    draw: (target) => drawGradients(target, layer, i),
  }));
  return [
    {
      title: `The image: a ${DATA.classes[lens.label]}`,
      formula: `x: ${lens.image.length} numbers, 0 for paper and 1 for ink`,
      draw: (target) =>
        drawCells(target, "inputs x", lens.inputs.values, { columns: DATA.columns }),
    },
    ...forward,
    {
      title: `Loss: ${lens.loss.toFixed(4)}`,
      formula: "The outputs, as probabilities; the gradient is output − target, 1 for the label",
      code: lossAndGradient,
      draw: (target) => target.append(probabilityBars(DATA.classes, lens.probabilities)),
    },
    ...backward.reverse(),
    {
      title: "Update",
      formula: `w ← w − ${lens.rate} · ∂L/∂w, for all weights: the same image once more`,
      code: SGD.prototype.step,
      draw: drawUpdate,
    },
  ];
}

// Cells coloured by their values. One that is clicked, or reached by arrow keys, is selected: its
// value is shown, unless `onSelect` does otherwise.
function drawCells(target, label, values, { columns, selected = null, onSelect } = {}) {
  const colours = [...values].map(signedColors(largestAbs(values)));
  const caption = element("figcaption", {}, label);
  const show = (i) => {
    caption.textContent = `${label}: the one selected is ${values[i].toFixed(4)}`;
    grid.draw(colours, i);
  };
  const nColumns = columns ?? gridColumns(values.length);
  const grid = new Grid(label, values.length, onSelect ?? show, nColumns);
  target.append(element("figure", {}, caption, grid.canvas));
  grid.draw(colours, selected);
}

function drawGradients(target, layer, index) {
  if (nudged.layer !== index) {
    const neuron = strongest(layer.delta.values);
    Object.assign(nudged, { layer: index, neuron, input: strongest(layer.inputs.values) });
  }
  const { neuron, input } = nudged;
  const { nNeurons, nInputs, weights, weightGradient } = layer;
  const select = (change) => {
    Object.assign(nudged, change);
    redraw();
  };
  drawCells(target, "δ of each neuron", layer.delta.values, {
    selected: neuron,
    onSelect: (i) => select({ neuron: i }),
  });
  const gradients = Array.from(
    { length: nInputs },
    (_, i) => weightGradient.values[i * nNeurons + neuron],
  );
  drawCells(target, `gradients of the weights of neuron ${neuron + 1}`, gradients, {
    columns: index === 0 ? DATA.columns : undefined,
    selected: input,
    onSelect: (i) => select({ input: i }),
  });
  const place = input * nNeurons + neuron;
  const weight = weights.values[place];
  const [above, below] = [1, -1].map((sign) => {
    weights.values[place] = weight + sign * NUDGE;
    return lossAt();
  });
  weights.values[place] = weight;
  lossAt();
  const tried = (above - below) / (2 * NUDGE);
  const text =
    `Weight ${input + 1} of neuron ${neuron + 1} is ${weight.toFixed(4)}. Its gradient, by` +
    ` backpropagation: ${gradients[input].toFixed(6)}; by trying it, the loss with it a little` +
    ` larger and smaller: ${tried.toFixed(6)}. Click another.`;
  target.append(element("p", { className: "note" }, text));
}

function drawUpdate(target) {
  const { network, rate, loss } = lens;
  const before = lens.probabilities;
  const saved = parametersOf(network).map(([values]) => values.slice());
  new SGD(network, 0).step(rate);
  const lossAfter = lossAt();
  const figure = (caption, probabilities) =>
    element(
      "figure",
      {},
      element("figcaption", {}, caption),
      probabilityBars(DATA.classes, probabilities),
    );
  target.append(
    figure(`before: loss ${loss.toFixed(4)}`, before),
    figure(`after: loss ${lossAfter.toFixed(4)}`, lens.probabilities),
  );
  parametersOf(network).forEach(([values], i) => values.set(saved[i]));
  lossAt();
}

// The code of this page itself, without the indentation of a class.
function sourceOf(code) {
  const text = code.toString();
  const indentation = /\n( *)}$/.exec(text)[1].length;
  return text.replace(new RegExp(`^ {${indentation}}`, "gm"), "");
}

// focused: label of the grid that had the focus.
function showMoment(focused) {
  const all = moments();
  const moment = Number(byId("moment").value);
  const { title, formula, code, draw } = all[moment];
  const pictures = element("div", { className: "details" });
  byId("moment-view").replaceChildren(
    element("h3", {}, `${moment + 1} of ${all.length}. ${title}`),
    element("p", {}, formula),
    pictures,
    ...(code ? [element("pre", { tabIndex: 0 }, sourceOf(code))] : []),
  );
  draw(pictures);
  for (const canvas of pictures.querySelectorAll("canvas")) {
    if (canvas.getAttribute("aria-label") === focused) canvas.focus();
  }
  byId("previous").disabled = moment === 0;
  byId("next").disabled = moment === all.length - 1;
}

function goTo(moment) {
  byId("moment").value = moment;
  showMoment();
}

byId("magnify").addEventListener("click", magnify);
byId("next-image").addEventListener("click", () => {
  imageIndex = (imageIndex + 1) % TRAINING_DATA.trainLabels.length;
  magnify();
});
byId("moment").addEventListener("input", () => showMoment());
byId("previous").addEventListener("click", () => goTo(Number(byId("moment").value) - 1));
byId("next").addEventListener("click", () => goTo(Number(byId("moment").value) + 1));
function redraw() {
  if (lens) showMoment(document.activeElement.getAttribute("aria-label"));
}

addEventListener("resize", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
