// Matrices, row after row, and the three products that a network needs.
"use strict";

// Values are a Float32Array, as in NumPy's network, or a Float64Array to check gradients with.
class Matrix {
  constructor(rows, columns, values = new Float32Array(rows * columns)) {
    Object.assign(this, { rows, columns, values });
  }

  // An empty matrix with the same type of values.
  like(rows, columns) {
    return new Matrix(rows, columns, new this.values.constructor(rows * columns));
  }

  map(compute) {
    return new Matrix(this.rows, this.columns, this.values.map(compute));
  }

  row(index) {
    return this.values.subarray(index * this.columns, (index + 1) * this.columns);
  }
}

// a @ b
function matmul(a, b) {
  const product = a.like(a.rows, b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.columns; k++) {
      addScaled(product, i, a.values[i * a.columns + k], b, k);
    }
  }
  return product;
}

// a.T @ b
function transposedMatmul(a, b) {
  const product = a.like(a.columns, b.columns);
  for (let k = 0; k < a.rows; k++) {
    for (let i = 0; i < a.columns; i++) {
      addScaled(product, i, a.values[k * a.columns + i], b, k);
    }
  }
  return product;
}

// a @ b.T
function matmulTransposed(a, b) {
  const product = a.like(a.rows, b.rows);
  const length = a.columns;
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.rows; j++) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += a.values[i * length + k] * b.values[j * length + k];
      product.values[i * b.rows + j] = sum;
    }
  }
  return product;
}

// Adds a multiple of a row of `from` to a row of `to`.
function addScaled(to, toRow, factor, from, fromRow) {
  if (factor === 0) return; // as of most pixels
  const [target, source] = [to.values, from.values];
  const start = fromRow * from.columns;
  const end = start + from.columns;
  for (let i = start, j = toRow * to.columns; i < end; i++, j++) target[j] += factor * source[i];
}
