// Numbers of arrays, and numbers as texts.
"use strict";

function count(number, name) {
  return `${number.toLocaleString("en")} ${name}${number === 1 ? "" : "s"}`;
}

function percent(fraction) {
  return `${(100 * fraction).toFixed(1)}\u00a0%`;
}

function indexOfMax(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

function largestAbs(values) {
  let max = 0;
  for (const value of values) max = Math.max(max, Math.abs(value));
  return max;
}
