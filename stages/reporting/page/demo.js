// The page: passes a drawing or a test image through the network and shows every layer.
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
DATA.networks = DATA.networks.map((layers) => layers.map(parseLayer));
DATA.novelty = parseNovelty(DATA.novelty);
const LAYERS = DATA.networks[0];
const IMAGES = DATA.images.map((image) => ({ ...image, pixels: decodeBytes(image.pixels) }));

const LINE_WIDTH = 44; // pixels of the canvas's 560: Python thickens lines that are thinner
const LAYER_DELAY = 250; // milliseconds
const NUDGES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const byId = (id) => document.getElementById(id);
const canvas = byId("canvas");
const ctx = canvas.getContext("2d", { willReadFrequently: true });
const EMPTY = { strokes: [], image: null, shift: [0, 0] };

let state = EMPTY;
const history = [];
let selection = { layer: 0, neuron: 0 };
let view = null; // network input, activations and outputs of the last render()

// ---- state -------------------------------------------------------------------------------------

// The 28 * 28 bytes of the network's input, or null while nothing is drawn or selected.
function networkInput() {
  if (state.image !== null) return shiftPixels(IMAGES[state.image].pixels, state.shift);
  const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
  const ink = new Float32Array(data.length / 4);
  for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3] / 255;
  return toMnistFormat(ink, canvas.height, canvas.width, DATA.digitSize);
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
  view = { image, ...predict(DATA, image ?? new Uint8Array(SIDE * SIDE)) };
  drawNetworkInput();
  LAYERS.slice(0, -1).forEach((_, layer) => drawNeurons(layer));
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
  ctx.lineWidth = LINE_WIDTH;
  ctx.lineCap = ctx.lineJoin = "round";
  ctx.strokeStyle = cssColor("text");
  for (const stroke of state.strokes) {
    ctx.beginPath();
    stroke.forEach(([x, y]) => ctx.lineTo(x, y));
    if (stroke.length === 1) ctx.lineTo(...stroke[0]);
    ctx.stroke();
  }
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
  const gap = cell > 6 ? 2 : 1;
  activations.forEach((value, neuron) => {
    const [x, y] = [(neuron % columns) * cell, Math.floor(neuron / columns) * cell];
    const fraction = view.image === null ? 0 : value / maxValue;
    context.fillStyle = `rgb(${lerp(off, on, fraction)})`;
    context.fillRect(x, y, cell - gap, cell - gap);
    if (selection.layer === layer && selection.neuron === neuron) {
      context.lineWidth = 2;
      context.strokeStyle = cssColor("positive");
      context.strokeRect(x + 1, y + 1, cell - gap - 2, cell - gap - 2);
    }
  });
}

function drawOutputs() {
  const { image, outputs } = view;
  const winner = outputs.indexOf(Math.max(...outputs));
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
    const pressed = selection.layer === LAYERS.length - 1 && selection.neuron === output;
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
  const { layer, neuron } = selection;
  const { inputs, weights } = LAYERS[layer];
  const row = weights.subarray(neuron * (inputs + 1), (neuron + 1) * (inputs + 1) - 1);
  const columns = layer === 0 ? SIDE : Math.ceil(Math.sqrt(inputs));
  const maxAbs = row.reduce((max, weight) => Math.max(max, Math.abs(weight)), 0) || 1;
  const [positive, zero, negative] = [cssRgb("positive"), cssRgb("neutral"), cssRgb("negative")];
  paintPixels(byId("weights"), columns, Math.ceil(inputs / columns), row, (weight) =>
    lerp(zero, weight > 0 ? positive : negative, Math.abs(weight) / maxAbs),
  );
  byId("selection-title").textContent = `Weights of ${neuronName(layer, neuron)}`;
  const source = layer === 0 ? "ink here" : `neurons of hidden layer ${layer}, row by row: these`;
  const activation =
    view.image === null ? "" : `Its activation: ${view.layers[layer][neuron].toFixed(3)}.`;
  byId("selection")
    .querySelector("figcaption")
    .replaceChildren(
      element("span", { className: "positive" }, "orange"),
      `: ${source} excite${layer === 0 ? "s" : ""} it; `,
      element("span", { className: "negative" }, "purple"),
      `: inhibit${layer === 0 ? "s" : ""} it. ${activation}`,
    );
}

function neuronName(layer, neuron) {
  if (layer === LAYERS.length - 1) return `output ${DATA.classes[neuron]}`;
  return LAYERS.length > 2 ? `neuron ${neuron} of layer ${layer + 1}` : `neuron ${neuron}`;
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

function buildAbout() {
  const sizes = [LAYERS[0].inputs, ...LAYERS.map((layer) => layer.neurons)].join(" → ");
  const nNetworks = DATA.networks.length;
  byId("about").textContent =
    `Trained on the dataset “${DATA.dataset}”; accuracy ${(100 * DATA.accuracy).toFixed(2)}\u00a0%` +
    ` on ${DATA.nTestImages.toLocaleString("en")} test images. ` +
    (nNetworks > 1
      ? `An ensemble of ${nNetworks} networks of ${sizes} neurons`
      : `Neurons: ${sizes}`) +
    ` (${DATA.activation}, ${DATA.loss.replace("_", " ")}).`;
  byId("ensemble").hidden = nNetworks === 1;
  byId("ensemble").textContent =
    `The neurons below are those of the first of the ${nNetworks} networks;` +
    " the outputs are the mean of all.";
}

function buildLayers() {
  LAYERS.slice(0, -1).forEach((layer, index) => {
    const size = `${layer.neurons.toLocaleString("en")} neuron${layer.neurons > 1 ? "s" : ""}`;
    const title = `Hidden layer${LAYERS.length > 2 ? ` ${index + 1}` : ""}: ${size}`;
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
      const from = selection.layer === index ? selection.neuron : 0;
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
    row.addEventListener("click", () => select(LAYERS.length - 1, output));
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

  byId("undo").addEventListener("click", undo);
  byId("clear").addEventListener("click", clear);
  byId("replay").addEventListener("click", play);
  for (const button of byId("nudges").querySelectorAll("button")) {
    button.addEventListener("click", () => nudge(NUDGES[button.dataset.nudge]));
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
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
