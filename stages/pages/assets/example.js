// What the page opens with: a digit that is drawn before one's eyes, or the first test image.
"use strict";

// A three, as points in percent of the canvas.
const EXAMPLE = [...arc(47, 33, 18, 16, -150, 80), ...arc(47, 66, 22, 18, -80, 150)];

function arc(x, y, radiusX, radiusY, start, end) {
  const steps = 24;
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((start + ((end - start) * i) / steps) * Math.PI) / 180;
    return [x + radiusX * Math.cos(angle), y + radiusY * Math.sin(angle)];
  });
}

function showExample() {
  if (!DATA.classes.every((name) => /^\d$/.test(name))) {
    load(0);
    return;
  }
  const points = EXAMPLE.map((point) => point.map((value) => (value * canvas.width) / 100));
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const stroke = points.splice(0, isStill ? points.length : 1);
  const example = { ...EMPTY, strokes: [stroke], isExample: true };
  state = example;
  const drawNext = () => {
    if (state !== example) return; // someone draws
    stroke.push(...points.splice(0, 1));
    render();
    if (points.length > 0) requestAnimationFrame(drawNext);
    else play();
  };
  drawNext();
}
