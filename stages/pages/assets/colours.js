// Arrays as pictures, in the colours of the style sheet.
"use strict";

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

// Paints values: orange above 0, purple below, the strongest colours at plus and minus maxAbs.
function paintSigned(target, columns, rows, values, maxAbs) {
  const toColor = signedColors(maxAbs);
  paintPixels(target, columns, rows, values, (value) =>
    Number.isNaN(value) ? [0, 0, 0, 0] : toColor(value),
  );
}

function signedColors(maxAbs) {
  const [positive, zero, negative] = [cssRgb("positive"), cssRgb("neutral"), cssRgb("negative")];
  return (value) =>
    lerp(zero, value > 0 ? positive : negative, Math.min(1, Math.abs(value) / (maxAbs || 1)));
}
