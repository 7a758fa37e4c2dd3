// Converts a drawing to the format of MNIST's images, in the same steps as stages/pictures/mnist_format.py.
"use strict";

const SIDE = 28;
const CENTRE = 14;
const MIN_INK = 0.1;

// ink: rows * columns numbers, 0 (none) to 1 (full). Returns 28 * 28 bytes, or null without ink.
function toMnistFormat(ink, rows, columns, digitSize) {
  const [top, bottom] = inkRange(rows, (row) => hasInk(ink, row * columns, columns, 1));
  const [left, right] = inkRange(columns, (column) => hasInk(ink, column, rows, columns));
  if (top === bottom) return null;
  const longest = Math.max(bottom - top, right - left);
  const height = Math.max(1, roundHalfUp((digitSize * (bottom - top)) / longest));
  const width = Math.max(1, roundHalfUp((digitSize * (right - left)) / longest));

  const rowWeights = areaWeights(bottom - top, height);
  const columnWeights = areaWeights(right - left, width);
  const resized = new Uint8Array(height * width);
  const moments = { total: 0, y: 0, x: 0 };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let mean = 0;
      for (const [y, weightY] of rowWeights[row]) {
        const start = (top + y) * columns + left;
        for (const [x, weightX] of columnWeights[column])
          mean += weightY * weightX * ink[start + x];
      }
      const value = roundHalfUp(255 * mean);
      resized[row * width + column] = value;
      moments.total += value;
      moments.y += value * row;
      moments.x += value * column;
    }
  }

  // Moves the centre of mass to the centre of the image, as far as the edges allow.
  const offsetOf = (centreOfMass, length) =>
    Math.min(Math.max(roundHalfUp(CENTRE - centreOfMass), 0), SIDE - length);
  const offsetY = offsetOf(moments.y / moments.total, height);
  const offsetX = offsetOf(moments.x / moments.total, width);
  const image = new Uint8Array(SIDE * SIDE);
  for (let row = 0; row < height; row++) {
    const line = resized.subarray(row * width, (row + 1) * width);
    image.set(line, (offsetY + row) * SIDE + offsetX);
  }
  return image;
}

function hasInk(ink, start, count, step) {
  for (let i = 0; i < count; i++) if (ink[start + i * step] >= MIN_INK) return true;
  return false;
}

// Index of the first row or column with ink, and of the one after the last.
function inkRange(count, isInked) {
  let first = 0;
  while (first < count && !isInked(first)) first++;
  let last = count;
  while (last > first && !isInked(last - 1)) last--;
  return [first, last];
}

// For each of `cells` equal parts of a line: the pixels that it covers, with weights that sum to 1.
function areaWeights(length, cells) {
  const cellLength = length / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const weights = [];
    const end = (cell + 1) * cellLength;
    for (let pixel = Math.floor(cell * cellLength); pixel < Math.min(end, length); pixel++) {
      const covered = Math.min(end, pixel + 1) - Math.max(cell * cellLength, pixel);
      weights.push([pixel, Math.max(covered, 0) / cellLength]);
    }
    return weights;
  });
}

function roundHalfUp(value) {
  return Math.floor(value + 0.5);
}
