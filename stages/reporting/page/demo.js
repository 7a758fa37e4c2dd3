// The page: what is drawn or chosen goes through the network, and every step is shown.
"use strict";

const NETWORK = JSON.parse(document.getElementById("data").textContent);
NETWORK.members = NETWORK.members.map((layers) => layers.map(layerOf));
const LAYERS = NETWORK.members[0];
const IMAGES = NETWORK.images.map((image) => ({ ...image, pixels: bytesOf(image.pixels) }));

const PEN = 44; // of the paper's 560: never so thin that Python would thicken it
const STEP = 250; // milliseconds from layer to layer
const NUDGES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

const byId = (id) => document.getElementById(id);
const paper = byId("paper");
const pen = paper.getContext("2d", { willReadFrequently: true });
const EMPTY = { strokes: [], image: null, shift: [0, 0] };

let state = EMPTY;
const past = [];
let chosen = { layer: 0, neuron: 0 };
let shown = null; // what `look` found last

// ---- what there is to see ----------------------------------------------------------------------

// The 28 * 28 bytes that the network is given, or null while there is nothing.
function seen() {
  if (state.image !== null) return shifted(IMAGES[state.image].pixels, state.shift);
  const { data } = pen.getImageData(0, 0, paper.width, paper.height);
  const ink = new Float32Array(data.length / 4);
  for (let i = 0; i < ink.length; i++) ink[i] = data[4 * i + 3] / 255;
  return toForm(ink, paper.height, paper.width, NETWORK.box);
}

function shifted(pixels, [down, right]) {
  const moved = new Uint8Array(pixels.length);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [y, x] = [row - down, column - right];
      const inside = y >= 0 && y < SIDE && x >= 0 && x < SIDE;
      if (inside) moved[row * SIDE + column] = pixels[y * SIDE + x];
    }
  }
  return moved;
}

function look() {
  drawPaper();
  const image = seen();
  const found = answer(NETWORK, image ?? new Uint8Array(SIDE * SIDE));
  shown = { image, ...found };
  drawSeen();
  LAYERS.slice(0, -1).forEach((_, layer) => drawNeurons(layer));
  drawOutputs();
  drawWeights();
  byId("undo").disabled = past.length === 0;
  byId("clear").disabled = state === EMPTY;
  byId("again").disabled = image === null;
  for (const button of byId("nudges").querySelectorAll("button")) {
    button.disabled = state.image === null;
  }
  for (const button of document.querySelectorAll(".thumbnails button")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.image) === state.image));
  }
}

// Lets the layers light up one after the other.
function play() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || shown.image === null) return;
  const steps = [byId("sees"), ...document.querySelectorAll(".neurons"), byId("bars")];
  steps.forEach((element, index) => {
    const timing = { duration: STEP, delay: index * STEP, fill: "backwards" };
    element.animate([{ opacity: 0.1 }, { opacity: 1 }], timing);
  });
}

function change(next) {
  past.push(state);
  state = next;
  look();
}

function undo() {
  if (past.length === 0) return;
  state = past.pop();
  look();
  play();
}

function clear() {
  if (state !== EMPTY) change(EMPTY);
}

function load(image) {
  change({ strokes: [], image, shift: [0, 0] });
  play();
}

function nudge([down, right]) {
  if (state.image === null) return;
  change({ ...state, shift: [state.shift[0] + down, state.shift[1] + right] });
}

// ---- drawing ------------------------------------------------------------------------------------

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function rgb(name) {
  const digits = color(name).slice(1);
  return [0, 2, 4].map((start) => parseInt(digits.slice(start, start + 2), 16));
}

function between([r, g, b], [R, G, B], part) {
  return [r + (R - r) * part, g + (G - g) * part, b + (B - b) * part];
}

// Fills a canvas with one pixel a value; paint: value -> [red, green, blue], or with alpha.
function fill(canvas, columns, rows, values, paint) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(columns, rows);
  values.forEach((value, i) => {
    const [red, green, blue, alpha = 255] = paint(value);
    picture.data.set([red, green, blue, alpha], 4 * i);
  });
  context.putImageData(picture, 0, 0);
}

function drawPaper() {
  pen.clearRect(0, 0, paper.width, paper.height);
  if (state.image !== null) {
    const ink = rgb("text");
    const small = document.createElement("canvas");
    fill(small, SIDE, SIDE, seen(), (value) => [...ink, value]);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(small, 0, 0, paper.width, paper.height);
    return;
  }
  pen.lineWidth = PEN;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = color("text");
  for (const stroke of state.strokes) {
    pen.beginPath();
    stroke.forEach(([x, y]) => pen.lineTo(x, y));
    if (stroke.length === 1) pen.lineTo(...stroke[0]);
    pen.stroke();
  }
}

function drawSeen() {
  const image = shown.image ?? new Uint8Array(SIDE * SIDE);
  fill(byId("sees"), SIDE, SIDE, image, (value) => [value, value, value]);
}

// How neurons are laid out in as much width as there is.
function gridOf(canvas, neurons) {
  const width = canvas.clientWidth || 300;
  const cell = Math.max(4, Math.min(22, Math.floor(Math.sqrt((width * 240) / neurons))));
  const columns = Math.max(1, Math.min(neurons, Math.floor(width / cell)));
  return { width, cell, columns, rows: Math.ceil(neurons / columns) };
}

function drawNeurons(layer) {
  const canvas = document.querySelector(`.neurons[data-layer="${layer}"]`);
  const values = shown.layers[layer];
  const { width, cell, columns, rows } = gridOf(canvas, values.length);
  const sharp = window.devicePixelRatio || 1;
  canvas.width = width * sharp;
  canvas.height = rows * cell * sharp;
  canvas.style.height = `${rows * cell}px`;
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  const [off, on] = [rgb("off"), rgb("on")];
  const most = NETWORK.activation === "sigmoid" ? 1 : Math.max(...values) || 1;
  const gap = cell > 6 ? 2 : 1;
  values.forEach((value, neuron) => {
    const [x, y] = [(neuron % columns) * cell, Math.floor(neuron / columns) * cell];
    const part = shown.image === null ? 0 : value / most;
    context.fillStyle = `rgb(${between(off, on, part)})`;
    context.fillRect(x, y, cell - gap, cell - gap);
    if (chosen.layer === layer && chosen.neuron === neuron) {
      context.lineWidth = 2;
      context.strokeStyle = color("for");
      context.strokeRect(x + 1, y + 1, cell - gap - 2, cell - gap - 2);
    }
  });
}

function drawOutputs() {
  const { image, outputs } = shown;
  const shares = sharesOf(outputs);
  const winner = outputs.indexOf(Math.max(...outputs));
  const most = Math.max(1, ...outputs);
  const [name, sure] = byId("answer").children;
  name.textContent = image === null ? "" : NETWORK.classes[winner];
  sure.textContent =
    image === null ? "Draw, or choose a test image." : `${percent(shares[winner])} sure${truth()}`;
  [...byId("bars").children].forEach((row, output) => {
    const value = image === null ? 0 : outputs[output];
    row.classList.toggle("winner", image !== null && output === winner);
    row.querySelector(".bar").style.width = `${(100 * value) / most}%`;
    row.querySelector(".value").textContent = image === null ? "" : value.toFixed(3);
    const pressed = chosen.layer === LAYERS.length - 1 && chosen.neuron === output;
    row.setAttribute("aria-pressed", String(pressed));
  });
}

function truth() {
  if (state.image === null) return "";
  return `; it is: ${NETWORK.classes[IMAGES[state.image].actual]}`;
}

function percent(share) {
  return `${(100 * share).toFixed(1)}\u00a0%`;
}

function drawWeights() {
  const { layer, neuron } = chosen;
  const { inputs, weights } = LAYERS[layer];
  const row = weights.subarray(neuron * (inputs + 1), (neuron + 1) * (inputs + 1) - 1);
  const columns = layer === 0 ? SIDE : Math.ceil(Math.sqrt(inputs));
  const reach = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) || 1;
  const [pro, none, con] = [rgb("for"), rgb("neutral"), rgb("against")];
  fill(byId("weights"), columns, Math.ceil(inputs / columns), row, (weight) =>
    between(none, weight > 0 ? pro : con, Math.abs(weight) / reach),
  );
  byId("chosen-title").textContent = `Weights of ${nameOf(layer, neuron)}`;
  const what = layer === 0 ? "ink here" : `neurons of hidden layer ${layer}, row by row: these`;
  const value = shown.image === null ? "" : `Its value now: ${shown.layers[layer][neuron].toFixed(3)}.`;
  byId("chosen")
    .querySelector("figcaption")
    .replaceChildren(
      element("span", { className: "for" }, "orange"), `: ${what} excite${layer === 0 ? "s" : ""} it; `,
      element("span", { className: "against" }, "purple"), `: inhibit${layer === 0 ? "s" : ""} it. ${value}`,
    );
}

function nameOf(layer, neuron) {
  if (layer === LAYERS.length - 1) return `output ${NETWORK.classes[neuron]}`;
  return LAYERS.length > 2 ? `neuron ${neuron} of layer ${layer + 1}` : `neuron ${neuron}`;
}

// ---- what is there once -------------------------------------------------------------------------

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function choose(layer, neuron) {
  chosen = { layer, neuron };
  look();
}

function buildAbout() {
  const sizes = [LAYERS[0].inputs, ...LAYERS.map((layer) => layer.neurons)].join(" → ");
  const members = NETWORK.members.length;
  byId("about").textContent =
    `Learnt from the dataset “${NETWORK.dataset}”; ${(100 * NETWORK.accuracy).toFixed(2)}\u00a0% of` +
    ` ${NETWORK.tested.toLocaleString("en")} test images right. ` +
    (members > 1 ? `A committee of ${members} networks of ${sizes}` : `Neurons: ${sizes}`) +
    ` (${NETWORK.activation}, ${NETWORK.loss.replace("_", " ")}).`;
  byId("committee").hidden = members === 1;
  byId("committee").textContent =
    `The neurons below are those of the first of the ${members} networks; the answer is the mean of all.`;
}

function buildLayers() {
  LAYERS.slice(0, -1).forEach((layer, index) => {
    const about = `${layer.neurons.toLocaleString("en")} neuron${layer.neurons > 1 ? "s" : ""}`;
    const title = `Hidden layer${LAYERS.length > 2 ? ` ${index + 1}` : ""}: ${about}`;
    const canvas = element("canvas", { className: "neurons", tabIndex: 0 });
    canvas.dataset.layer = index;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `${title}; arrows choose one, to see its weights`);
    canvas.addEventListener("click", (event) => {
      const { cell, columns } = gridOf(canvas, layer.neurons);
      const column = Math.floor(event.offsetX / cell);
      const neuron = Math.floor(event.offsetY / cell) * columns + column;
      if (column < columns && neuron < layer.neurons) choose(index, neuron);
    });
    canvas.addEventListener("keydown", (event) => {
      if (!(event.key in NUDGES)) return;
      event.preventDefault();
      const [down, right] = NUDGES[event.key];
      const from = chosen.layer === index ? chosen.neuron : 0;
      const to = from + down * gridOf(canvas, layer.neurons).columns + right;
      if (to >= 0 && to < layer.neurons) choose(index, to);
    });
    byId("layers").append(element("h3", {}, title), canvas);
  });
}

function buildOutputs() {
  NETWORK.classes.forEach((name, output) => {
    const row = element(
      "button", { type: "button", className: "output" },
      element("span", {}, name),
      element("span", { className: "track" }, element("div", { className: "bar" })),
      element("span", { className: "value" }),
    );
    row.addEventListener("click", () => choose(LAYERS.length - 1, output));
    byId("bars").append(row);
  });
}

function buildTests() {
  IMAGES.forEach((image, index) => {
    const [actual, taken] = [NETWORK.classes[image.actual], NETWORK.classes[image.predicted]];
    const right = image.actual === image.predicted;
    const canvas = document.createElement("canvas");
    fill(canvas, SIDE, SIDE, image.pixels, (value) => [value, value, value]);
    const button = element("button", { type: "button" }, canvas, right ? actual : `${actual} → ${taken}`);
    const about = right ? `${actual}, recognised` : `${actual}, taken for ${taken}`;
    button.setAttribute("aria-label", `Test image ${image.index}: ${about}`);
    button.title = `Test image ${image.index}: ${about}`;
    button.dataset.image = index;
    button.addEventListener("click", () => load(index));
    byId(right ? "right" : "worst").append(button);
  });
  byId("worst-title").hidden = byId("worst").children.length === 0;
}

function listen() {
  let drawing = null; // the pointer that draws
  const point = (event) => {
    const { left, top, width } = paper.getBoundingClientRect();
    const scale = paper.width / width;
    return [(event.clientX - left) * scale, (event.clientY - top) * scale];
  };
  paper.addEventListener("pointerdown", (event) => {
    if (drawing !== null || event.button !== 0) return;
    drawing = event.pointerId;
    paper.setPointerCapture(drawing);
    change({ ...EMPTY, strokes: [...state.strokes, [point(event)]] });
  });
  let waiting = false;
  paper.addEventListener("pointermove", (event) => {
    if (event.pointerId !== drawing) return;
    state.strokes.at(-1).push(...event.getCoalescedEvents().map(point), point(event));
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      look();
    });
  });
  const end = (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    look();
    play();
  };
  paper.addEventListener("pointerup", end);
  paper.addEventListener("pointercancel", end);

  byId("undo").addEventListener("click", undo);
  byId("clear").addEventListener("click", clear);
  byId("again").addEventListener("click", play);
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
  addEventListener("resize", look);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
}

buildAbout();
buildLayers();
buildOutputs();
buildTests();
listen();
look();
