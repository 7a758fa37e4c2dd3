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

// Paints one pixel for each value; toColor: value -> [red, green, blue] or [..., alpha]. The lab
// paints 60,000 pixels at each report: no array is made for one.
function paintPixels(target, columns, rows, values, toColor) {
  target.width = columns;
  target.height = rows;
  const context = target.getContext("2d");
  const imageData = context.createImageData(columns, rows);
  const { data } = imageData;
  for (let i = 0; i < values.length; i++) {
    const color = toColor(values[i]);
    for (let channel = 0; channel < 4; channel++) data[4 * i + channel] = color[channel] ?? 255;
  }
  context.putImageData(imageData, 0, 0);
}

// Paints values: orange above 0, purple below, the strongest colours at plus and minus maxAbs.
function paintSigned(target, columns, rows, values, maxAbs) {
  paintPixels(target, columns, rows, values, signedColors(maxAbs));
}

const N_SHADES = 255; // of each of the two colours
const TRANSPARENT = [0, 0, 0, 0];

// Returns the colour of a value; NaN has none.
function signedColors(maxAbs) {
  const [positive, zero, negative] = [cssRgb("positive"), cssRgb("neutral"), cssRgb("negative")];
  const shades = Array.from({ length: 2 * N_SHADES + 1 }, (_, i) =>
    lerp(zero, i > N_SHADES ? positive : negative, Math.abs(i - N_SHADES) / N_SHADES),
  );
  const scale = N_SHADES / (maxAbs || 1);
  return (value) => {
    const shade = Math.round(Math.max(-N_SHADES, Math.min(N_SHADES, value * scale)));
    return shades[N_SHADES + shade] ?? TRANSPARENT;
  };
}
