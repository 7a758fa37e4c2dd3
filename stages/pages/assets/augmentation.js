// Data augmentation, as in stages/network/augmentation.py; each image is transformed by itself.
"use strict";

// The strengths that params.yaml has at first: pixels, degrees, fractions, pixels.
const AUGMENTATION = { shift: 1.2, rotation: 10, scale: 0.1, shear: 0.1, elastic: 1.2 };
const SIGMA = 4; // pixels, of the Gaussian that smooths elastic distortions

// Writes an image, bytes, transformed at random and scaled to 0 to 1, into `out`.
function augment(image, rows, columns, random, out) {
  const { y, x } = sourceCoordinates(rows, columns, random);
  const pixel = (row, column) => {
    const isInside = row >= 0 && row < rows && column >= 0 && column < columns;
    return isInside ? image[row * columns + column] : 0;
  };
  for (let i = 0; i < image.length; i++) {
    const [top, left] = [Math.floor(y[i]), Math.floor(x[i])];
    const [down, right] = [y[i] - top, x[i] - left];
    const upper = (1 - right) * pixel(top, left) + right * pixel(top, left + 1);
    const lower = (1 - right) * pixel(top + 1, left) + right * pixel(top + 1, left + 1);
    out[i] = ((1 - down) * upper + down * lower) / 255;
  }
}

// Where each pixel comes from: its row and its column.
function sourceCoordinates(rows, columns, random) {
  const draw = (strength) => strength * (2 * random.uniform() - 1);
  const { shift, rotation, scale, shear, elastic } = AUGMENTATION;
  const angle = (draw(rotation) * Math.PI) / 180;
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const [shearX, scaleY, scaleX] = [draw(shear), 1 + draw(scale), 1 + draw(scale)];
  const [shiftY, shiftX] = [draw(shift), draw(shift)];
  const [noiseY, noiseX] = [smoothNoise(rows, columns, random), smoothNoise(rows, columns, random)];
  const strength = elastic * random.uniform();
  const [centreY, centreX] = [(rows - 1) / 2, (columns - 1) / 2];
  const y = new Float32Array(rows * columns);
  const x = new Float32Array(rows * columns);
  for (let i = 0; i < y.length; i++) {
    const [v, u] = [Math.floor(i / columns) - centreY, (i % columns) - centreX];
    y[i] = scaleY * (cosine * v - sine * u) + shiftY + centreY + strength * noiseY[i];
    x[i] = scaleX * (sine * v + cosine * u) + shearX * v + shiftX + centreX + strength * noiseX[i];
  }
  return { y, x };
}

// Normal noise of standard deviation 1: Gaussians with random coefficients on a coarse grid.
function smoothNoise(rows, columns, random) {
  const [basisY, basisX] = [gaussianBasis(rows), gaussianBasis(columns)];
  const coefficients = new Matrix(basisY.columns, basisX.columns).map(() => random.normal());
  return matmulTransposed(matmul(basisY, coefficients), basisX).values;
}

const bases = new Map(); // by length

// The Gaussians at each place, (length, n): their squares sum to 1.
function gaussianBasis(length) {
  if (!bases.has(length)) {
    const n = Math.ceil(length / SIGMA) + 4;
    const basis = new Matrix(length, n).map((_, i) => {
      const distance = Math.floor(i / n) / SIGMA - ((i % n) - 2);
      return Math.exp((-distance * distance) / 2);
    });
    for (let place = 0; place < length; place++) {
      const row = basis.row(place);
      const norm = Math.hypot(...row);
      row.forEach((value, i) => (row[i] = value / norm));
    }
    bases.set(length, basis);
  }
  return bases.get(length);
}
