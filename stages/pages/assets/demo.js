// The page: passes a drawing or a test image through the network and shows every layer.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const IS_QUANTISED = DATA.networks[0][0].scale !== undefined;
DATA.networks = DATA.networks.map((layers) => layers.map(parseLayer));
DATA.novelty = parseNovelty(DATA.novelty);
// The first network at some moments of its training; the last is as it was trained. The others
// take a while to decompress.
let moments = [{ layers: DATA.networks[0] }];
const IMAGES = DATA.images.map((image) => ({ ...image, pixels: decodeBytes(image.pixels) }));

// Smaller drawings are enlarged with the same pen, but no more than so many times.
const [MIN_EXTENT, MAX_ENLARGEMENT] = [280, 8];
// Of what is smaller even then, such as a dot, the pen keeps the width that it has in a drawing.
const MIN_INK_EXTENT = 200;
const LAYER_DELAY = 250; // milliseconds
const MOMENT_DELAY = 500;
const NUDGES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const byId = (id) => document.getElementById(id);
const canvas = byId("canvas");
const ctx = canvas.getContext("2d", { willReadFrequently: true });
const LINE_WIDTH = (DATA.penWidth * canvas.width) / SIDE; // pixels of the canvas
const EMPTY = { strokes: [], image: null, shift: [0, 0] };

// While nothing is drawn: the neuron that mattered most for the images of this page.
const STRONGEST = strongestNeuron(IMAGES.map((image) => image.pixels));

let state = EMPTY;
const history = [];
let moment = 0; // index in moments
let selection = null; // null: the neuron that mattered most
let timer = null; // while training is played
let view = null; // network input, activations, outputs and contributions of the last render()

// ---- state -------------------------------------------------------------------------------------

// The 28 * 28 bytes of the network's input, or null while nothing is drawn or selected.
function networkInput() {
  if (state.image !== null) return shiftPixels(IMAGES[state.image].pixels, state.shift);
  const { extent, centre } = strokesExtent();
  const enlargement = Math.min(Math.max(MIN_EXTENT / extent, 1), MAX_ENLARGEMENT);
  let context = ctx;
  if (enlargement > 1) {
    const buffer = element("canvas", { width: canvas.width, height: canvas.height });
    context = buffer.getContext("2d");
    drawStrokes(context, (point) =>
      point.map((value, i) => enlargement * (value - centre[i]) + canvas.width / 2),
    );
  }
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  const ink = new Float32Array(data.length / 4);
  for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3] / 255;
  const inkExtent = enlargement * extent + LINE_WIDTH;
  const digitSize = DATA.digitSize * Math.min(1, inkExtent / MIN_INK_EXTENT);
  return toMnistFormat(ink, canvas.height, canvas.width, digitSize);
}

// The larger side of the box around all points of the strokes, and its centre.
function strokesExtent() {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const point of state.strokes.flat()) {
    for (const i of [0, 1]) {
      low[i] = Math.min(low[i], point[i]);
      high[i] = Math.max(high[i], point[i]);
    }
  }
  const extent = Math.max(0, high[0] - low[0], high[1] - low[1]);
  return { extent, centre: low.map((value, i) => (value + high[i]) / 2) };
}

function isTrained() {
  return moment === moments.length - 1;
}

// What answers at the moment of training that is shown: before its end the first network alone.
function shownEnsemble() {
  return isTrained() ? DATA : { ...DATA, networks: [moments[moment].layers] };
}

function shownLayers() {
  return moments[moment].layers;
}

function shownSelection() {
  return selection ?? view.strongest;
}

// The neuron of the first layer whose activation contributed most to what the trained network
// predicts for some images: the same at each moment, so that its weights can be seen to develop.
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

function shiftPixels(pixels, [dy, dx]) {
  const result = new Uint8Array(pixels.length);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [y, x] = [row - dy, column - dx];
      const inside = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
      if (inside) result[row * SIDE + column] = pixels[y * SIDE + x];
    }
  }
  return result;
}

function render() {
  drawCanvas();
  const image = networkInput();
  const pixels = image ?? new Uint8Array(SIDE * SIDE);
  view = { image, ...predict(shownEnsemble(), pixels) };
  view.contributions = contributions(shownEnsemble(), pixels, view);
  view.strongest = image ? strongestNeuron([image]) : STRONGEST;
  drawMoment();
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

function setState(next) {
  history.push(state);
  state = next;
  render();
}

function undo() {
  if (history.length === 0) return;
  state = history.pop();
  render();
  play();
}

function clear() {
  if (state !== EMPTY) setState(EMPTY);
}

function load(image) {
  setState({ strokes: [], image, shift: [0, 0] });
  play();
}

function nudge([dy, dx]) {
  if (state.image === null) return;
  setState({ ...state, shift: [state.shift[0] + dy, state.shift[1] + dx] });
}

// ---- drawing ------------------------------------------------------------------------------------

function cssColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function cssRgb(name) {
  const digits = cssColor(name).slice(1);
  return [0, 2, 4].map((start) => parseInt(digits.slice(start, start + 2), 16));
}

function lerp(from, to, fraction) {
  return from.map((channel, i) => channel + (to[i] - channel) * fraction);
}

// Paints one pixel for each value; toColor: value -> [red, green, blue] or [..., alpha].
function paintPixels(target, columns, rows, values, toColor) {
  target.width = columns;
  target.height = rows;
  const context = target.getContext("2d");
  const imageData = context.createImageData(columns, rows);
  values.forEach((value, i) => {
    const [red, green, blue, alpha = 255] = toColor(value);
    imageData.data.set([red, green, blue, alpha], 4 * i);
  });
  context.putImageData(imageData, 0, 0);
}

function drawCanvas() {
  ctx.clearRect(0, 0, canvas.width, canvas.height);
  if (state.image !== null) {
    const ink = cssRgb("text");
    const buffer = document.createElement("canvas");
    paintPixels(buffer, SIDE, SIDE, networkInput(), (value) => [...ink, value]);
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(buffer, 0, 0, canvas.width, canvas.height);
    return;
  }
  drawStrokes(ctx, (point) => point);
}

function drawStrokes(context, transform) {
  context.lineWidth = LINE_WIDTH;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = cssColor("text");
  for (const stroke of state.strokes) {
    context.beginPath();
    for (const point of stroke) context.lineTo(...transform(point));
    const [x, y] = transform(stroke.at(-1));
    context.lineTo(x + 0.01, y); // a line without length is not drawn, and so no dot would be
    context.stroke();
  }
}

function drawMoment() {
  const { step, epochs, accuracy } = moments[moment];
  const when = isTrained()
    ? "At the end of training"
    : step === 0
      ? "At the start, with random weights"
      : `After ${count(step, "step")}, ${epochs.toFixed(epochs < 10 ? 2 : 0)} epochs`;
  const text =
    `${when}: ${percent(isTrained() ? DATA.accuracy : accuracy)} of the test images classified` +
    ` correctly${isTrained() || DATA.ensembleSize === 1 ? "" : ", by the first network alone"}.`;
  byId("moment-text").textContent = text;
  byId("moment").setAttribute("aria-valuetext", text);
  byId("moment").value = moment;
}

// Paints values: orange above 0, purple below, the strongest colours at plus and minus maxAbs.
function paintSigned(target, columns, rows, values, maxAbs) {
  const [positive, zero, negative] = [cssRgb("positive"), cssRgb("neutral"), cssRgb("negative")];
  paintPixels(target, columns, rows, values, (value) =>
    lerp(zero, value > 0 ? positive : negative, Math.min(1, Math.abs(value) / (maxAbs || 1))),
  );
}

function largestAbs(values) {
  return values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
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

function percent(fraction) {
  return `${(100 * fraction).toFixed(1)}\u00a0%`;
}

function drawWeights() {
  const { layer, neuron } = shownSelection();
  const { inputs } = shownLayers()[layer];
  const weightsAt = ({ layers }) =>
    layers[layer].weights.subarray(neuron * (inputs + 1), (neuron + 1) * (inputs + 1) - 1);
  const columns = layer === 0 ? SIDE : Math.ceil(Math.sqrt(inputs));
  // One scale for all moments, so that they can be compared.
  const maxAbs = Math.max(...moments.map((each) => largestAbs(weightsAt(each))));
  const rows = Math.ceil(inputs / columns);
  paintSigned(byId("weights"), columns, rows, weightsAt(moments[moment]), maxAbs);
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

function neuronName(layer, neuron) {
  const nLayers = shownLayers().length;
  if (layer === nLayers - 1) return `output ${DATA.classes[neuron]}`;
  return nLayers > 2 ? `neuron ${neuron} of layer ${layer + 1}` : `neuron ${neuron}`;
}

// ---- elements that are built once --------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function select(layer, neuron) {
  selection = { layer, neuron };
  render();
}

function count(number, name) {
  return `${number.toLocaleString("en")} ${name}${number === 1 ? "" : "s"}`;
}

function buildAbout() {
  const layers = DATA.networks[0];
  const sizes = [layers[0].inputs, ...layers.map((layer) => layer.neurons)].join(" → ");
  const { ensembleSize } = DATA;
  byId("about").textContent =
    `Trained on the dataset “${DATA.dataset}”; accuracy ${(100 * DATA.accuracy).toFixed(2)}\u00a0%` +
    ` on ${DATA.nTestImages.toLocaleString("en")} test images. ` +
    (ensembleSize > 1
      ? `An ensemble of ${ensembleSize} networks of ${sizes} neurons`
      : `Neurons: ${sizes}`) +
    ` (${DATA.activation}, ${DATA.loss.replace("_", " ")}).`;
  byId("ensemble").textContent = ensembleNote();
  byId("ensemble").hidden = ensembleNote() === "";
}

// What the page shows of an ensemble, and what it had no room for.
function ensembleNote() {
  const [nShown, nAll] = [DATA.networks.length, DATA.ensembleSize];
  const notes = [];
  if (nAll > 1) {
    const mean = nShown === nAll ? "the mean of all" : `the mean of the first ${nShown}`;
    const outputs = nShown === 1 ? "the outputs are its own" : `the outputs are ${mean}`;
    notes.push(`The neurons below are those of the first of the ${nAll} networks; ${outputs}.`);
  }
  if (IS_QUANTISED) {
    notes.push("To keep this page small, weights have 8 bits: outputs differ a little.");
  }
  return notes.join(" ");
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
      if (!(event.key in NUDGES)) return;
      event.preventDefault();
      const [dy, dx] = NUDGES[event.key];
      const selected = shownSelection();
      const from = selected.layer === index ? selected.neuron : 0;
      const to = from + dy * gridLayout(layerCanvas, layer.neurons).columns + dx;
      if (to >= 0 && to < layer.neurons) select(index, to);
    });
    byId("layers").append(element("h3", {}, title), layerCanvas);
  });
}

function buildOutputs() {
  DATA.classes.forEach((name, output) => {
    const row = element(
      "button",
      { type: "button", className: "output" },
      element("span", {}, name),
      element("span", { className: "track" }, element("div", { className: "bar" })),
      element("span", { className: "value" }),
    );
    row.addEventListener("click", () => select(DATA.networks[0].length - 1, output));
    byId("bars").append(row);
  });
}

function buildTests() {
  IMAGES.forEach((image, index) => {
    const [actual, predicted] = [DATA.classes[image.actual], DATA.classes[image.predicted]];
    const isCorrect = image.actual === image.predicted;
    const thumbnail = document.createElement("canvas");
    paintPixels(thumbnail, SIDE, SIDE, image.pixels, (value) => [value, value, value]);
    const button = element(
      "button",
      { type: "button" },
      thumbnail,
      isCorrect ? actual : `${actual} → ${predicted}`,
    );
    const description = `Test image ${image.index}: actual ${actual}, predicted ${predicted}`;
    button.setAttribute("aria-label", description);
    button.title = description;
    button.dataset.image = index;
    button.addEventListener("click", () => load(index));
    byId(isCorrect ? "correct" : "misclassified").append(button);
  });
  byId("misclassified-title").hidden = byId("misclassified").children.length === 0;
}

async function buildMoments() {
  if (DATA.snapshots.length === 0 || !("DecompressionStream" in window)) return;
  const networks = await parseMoments(DATA.snapshots, DATA.networks[0]);
  const before = DATA.snapshots.map(({ step, epochs, accuracy }, index) => ({
    step,
    epochs,
    accuracy,
    layers: networks[index],
  }));
  moments = [...before, ...moments];
  moment = moments.length - 1;
  byId("moment").max = moment;
  byId("training").hidden = false;
  render();
}

function showMoment(index) {
  moment = index;
  render();
}

// Shows all moments one after the other; from the first, if the last is shown.
function playTraining() {
  stopTraining();
  if (isTrained()) showMoment(0);
  byId("play").textContent = "Pause";
  timer = setInterval(() => {
    showMoment(moment + 1);
    if (isTrained()) stopTraining();
  }, MOMENT_DELAY);
}

function stopTraining() {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = "Play";
}

function listen() {
  let drawing = null; // id of the pointer that draws
  const point = (event) => {
    const { left, top, width } = canvas.getBoundingClientRect();
    const scale = canvas.width / width;
    return [(event.clientX - left) * scale, (event.clientY - top) * scale];
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (drawing !== null || event.button !== 0) return;
    drawing = event.pointerId;
    canvas.setPointerCapture(drawing);
    setState({ ...EMPTY, strokes: [...state.strokes, [point(event)]] });
  });
  let isRenderScheduled = false;
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    state.strokes.at(-1).push(...event.getCoalescedEvents().map(point), point(event));
    if (isRenderScheduled) return;
    isRenderScheduled = true;
    requestAnimationFrame(() => {
      isRenderScheduled = false;
      render();
    });
  });
  const end = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    render();
    play();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);

  byId("moment").addEventListener("input", () => {
    stopTraining();
    showMoment(Number(byId("moment").value));
  });
  byId("play").addEventListener("click", () => (timer ? stopTraining() : playTraining()));
  byId("undo").addEventListener("click", undo);
  byId("clear").addEventListener("click", clear);
  byId("replay").addEventListener("click", play);
  for (const button of byId("nudges").querySelectorAll("button")) {
    button.addEventListener("click", () => nudge(NUDGES[button.dataset.nudge]));
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || (event.target.id === "moment" && event.key in NUDGES)) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
    else if (event.key === "Delete") clear();
    else if (event.key in NUDGES && state.image !== null) nudge(NUDGES[event.key]);
    else return;
    event.preventDefault();
  });
  addEventListener("resize", render);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
}

buildAbout();
buildLayers();
buildOutputs();
buildTests();
listen();
render();
buildMoments();
