// The canvas: strokes of mouse, pen and finger, and the network's input that they become.
"use strict";

// Smaller drawings are enlarged with the same pen, but no more than so many times.
const [MIN_EXTENT, MAX_ENLARGEMENT] = [280, 8];
// Of what is smaller even then, such as a dot, the pen keeps the width that it has in a drawing.
const MIN_INK_EXTENT = 200;

const canvas = byId("canvas");
const ctx = canvas.getContext("2d", { willReadFrequently: true });
const PEN_WIDTH = 2.4; // pixels of an image: that of MNIST's strokes
const LINE_WIDTH = (PEN_WIDTH * canvas.width) / SIDE; // pixels of the canvas
let pointer = null; // id of the pointer that draws

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

function toPoint(event) {
  const { left, top, width } = canvas.getBoundingClientRect();
  const scale = canvas.width / width;
  return [(event.clientX - left) * scale, (event.clientY - top) * scale];
}

function startStroke(event) {
  if (pointer !== null || event.button !== 0) return;
  pointer = event.pointerId;
  canvas.setPointerCapture(pointer);
  const before = state.isExample ? [] : state.strokes;
  setState({ ...EMPTY, strokes: [...before, [toPoint(event)]] });
}

let isRenderScheduled = false;

function extendStroke(event) {
  if (event.pointerId !== pointer) return;
  // Only in secure contexts, and not in Safari before 18.2, do events tell what came between them.
  const between = event.getCoalescedEvents?.() ?? [];
  state.strokes.at(-1).push(...between.map(toPoint), toPoint(event));
  if (isRenderScheduled) return;
  isRenderScheduled = true;
  requestAnimationFrame(() => {
    isRenderScheduled = false;
    render();
  });
}

// Ends the stroke that is being drawn, if there is one: what the pointer does next is ignored.
function endStroke() {
  pointer = null;
}

function listenToPointers() {
  canvas.addEventListener("pointerdown", startStroke);
  canvas.addEventListener("pointermove", extendStroke);
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      if (event.pointerId !== pointer) return;
      endStroke();
      render();
      play();
    });
  }
}
