// Brings a drawing to the form of MNIST's images; `to_form` of datasets/picture.py, step by step.
"use strict";

const SIDE = 28;
const CENTRE = 14;
const FAINT = 0.1;

// ink: rows * columns numbers from 0 (none) to 1 (full). Returns 28 * 28 bytes, or null for none.
function toForm(ink, rows, columns, box) {
  const [top, bottom] = extent(rows, (row) => anyInk(ink, row * columns, columns, 1));
  const [left, right] = extent(columns, (column) => anyInk(ink, column, rows, columns));
  if (top === bottom) return null;
  const longest = Math.max(bottom - top, right - left);
  const height = Math.max(1, rounded((box * (bottom - top)) / longest));
  const width = Math.max(1, rounded((box * (right - left)) / longest));

  const down = areas(bottom - top, height);
  const across = areas(right - left, width);
  const small = new Uint8Array(height * width);
  const mass = { all: 0, byRow: 0, byColumn: 0 };
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      let mean = 0;
      for (const [y, share] of down[row]) {
        const start = (top + y) * columns + left;
        for (const [x, part] of across[column]) mean += share * part * ink[start + x];
      }
      const value = rounded(255 * mean);
      small[row * width + column] = value;
      mass.all += value;
      mass.byRow += value * row;
      mass.byColumn += value * column;
    }
  }

  const place = (middle, length) =>
    Math.min(Math.max(rounded(CENTRE - middle), 0), SIDE - length);
  const downBy = place(mass.byRow / mass.all, height);
  const acrossBy = place(mass.byColumn / mass.all, width);
  const image = new Uint8Array(SIDE * SIDE);
  for (let row = 0; row < height; row++) {
    const line = small.subarray(row * width, (row + 1) * width);
    image.set(line, (downBy + row) * SIDE + acrossBy);
  }
  return image;
}

function anyInk(ink, start, count, step) {
  for (let i = 0; i < count; i++) if (ink[start + i * step] >= FAINT) return true;
  return false;
}

// The first line that has something, and the one after the last.
function extent(count, has) {
  let first = 0;
  while (first < count && !has(first)) first++;
  let last = count;
  while (last > first && !has(last - 1)) last--;
  return [first, last];
}

// For each of `cells` equal parts of a line: the pixels in it, and which share of it each is.
function areas(length, cells) {
  const part = length / cells;
  return Array.from({ length: cells }, (_, cell) => {
    const shares = [];
    const end = (cell + 1) * part;
    for (let pixel = Math.floor(cell * part); pixel < Math.min(end, length); pixel++) {
      const covered = Math.min(end, pixel + 1) - Math.max(cell * part, pixel);
      shares.push([pixel, Math.max(covered, 0) / part]);
    }
    return shares;
  });
}

function rounded(value) {
  return Math.floor(value + 0.5);
}
