// The weights of many neurons as one picture: orange excites, purple inhibits.
"use strict";

const MOSAIC_COLUMNS = 8;
const MOSAIC_GAP = 2; // pixels

// neurons: arrays of rows * columns weights, each painted on its own scale.
function paintMosaic(target, neurons, rows, columns) {
  const nColumns = Math.min(MOSAIC_COLUMNS, neurons.length);
  const nRows = Math.ceil(neurons.length / nColumns);
  const width = nColumns * (columns + MOSAIC_GAP) - MOSAIC_GAP;
  const height = nRows * (rows + MOSAIC_GAP) - MOSAIC_GAP;
  const values = new Float32Array(width * height).fill(NaN);
  neurons.forEach((weights, index) => {
    const maxAbs = largestAbs(weights) || 1;
    const top = Math.floor(index / nColumns) * (rows + MOSAIC_GAP);
    const left = (index % nColumns) * (columns + MOSAIC_GAP);
    for (let row = 0; row < rows; row++) {
      const start = (top + row) * width + left;
      for (let column = 0; column < columns; column++) {
        values[start + column] = weights[row * columns + column] / maxAbs;
      }
    }
  });
  paintSigned(target, width, height, values, 1);
}
