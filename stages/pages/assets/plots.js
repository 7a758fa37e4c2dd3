// Line plots and the reliability diagram as SVG, in the colours of the style sheet.
"use strict";

const MARGIN = { top: 10, right: 14, bottom: 42, left: 52 };
const PLOT_HEIGHT = 230;

// Round numbers within a range, about five of them.
function ticks([low, high]) {
  const rough = (high - low) / 5;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * magnitude >= rough) * magnitude;
  const first = Math.ceil(low / step - 1e-9);
  const n = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: n }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

// Draws the axes of a plot that is as wide as its container, and returns the SVG and two functions
// from values to its coordinates.
function drawAxes(
  container,
  { label, xLabel, xRange, yRange, xFormat = String, yFormat = String },
) {
  const width = Math.max(240, container.clientWidth);
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, PLOT_HEIGHT - MARGIN.bottom];
  const scale = ([low, high], from, to) => {
    return (value) => from + ((value - low) / (high - low || 1)) * (to - from);
  };
  const [x, y] = [scale(xRange, left, right), scale(yRange, bottom, top)];
  const svg = svgElement("svg", { width, height: PLOT_HEIGHT, role: "img", "aria-label": label });
  const text = (content, attributes) => svg.append(svgElement("text", attributes, content));
  for (const tick of ticks(yRange)) {
    svg.append(svgElement("path", { class: "axis", d: `M ${left} ${y(tick)} H ${right}` }));
    text(yFormat(tick), { x: left - 8, y: y(tick) + 4, "text-anchor": "end" });
  }
  for (const tick of ticks(xRange)) {
    text(xFormat(tick), { x: x(tick), y: bottom + 18, "text-anchor": "middle" });
  }
  text(xLabel, { x: (left + right) / 2, y: bottom + 36, "text-anchor": "middle" });
  container.replaceChildren(svg);
  return { svg, x, y };
}

// series: { x, y, className } with an array each; by default the first is solid, and the others are
// dashed in other colours.
function drawLines(container, options, series) {
  const shown = series.filter(({ x }) => x.length > 0);
  const xs = shown.flatMap(({ x }) => x);
  const ys = shown.flatMap(({ y }) => y);
  const range = (values) => [
    values.reduce((a, b) => Math.min(a, b), Infinity),
    values.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
  const xRange = options.xRange ?? (xs.length > 0 ? range(xs) : [0, 1]);
  const yRange = options.yRange ?? (ys.length > 0 ? [0, range(ys)[1] || 1] : [0, 1]);
  const { svg, x, y } = drawAxes(container, { ...options, xRange, yRange });
  series.forEach((line, index) => {
    const className = line.className ?? `series-${index}`;
    const points = line.x.map((value, i) => `${x(value).toFixed(1)} ${y(line.y[i]).toFixed(1)}`);
    if (points.length === 1) {
      const [cx, cy] = points[0].split(" ");
      svg.append(svgElement("circle", { class: className, cx, cy, r: 4 }));
    } else if (points.length > 1) {
      svg.append(svgElement("path", { class: className, d: `M ${points.join(" L ")}` }));
    }
  });
}

// A list of the names of series, each with a sample of its line.
function legend(series) {
  const items = series.map(({ name, className }, index) => {
    const sample = svgElement("svg", { width: 32, height: 10, "aria-hidden": "true" });
    sample.append(svgElement("path", { class: className ?? `series-${index}`, d: "M 0 5 H 32" }));
    return element("li", {}, sample, ` ${name}`);
  });
  return element("ul", { className: "legend" }, ...items);
}

// Accuracy against confidence, with 95 % intervals.
function drawReliability(container, bins) {
  const format = (value) => `${Math.round(100 * value)} %`;
  const { svg, x, y } = drawAxes(container, {
    label: "Accuracy of the test images by the confidence of their predictions",
    xLabel: "confidence",
    xRange: [0, 1],
    yRange: [0, 1],
    xFormat: format,
    yFormat: format,
  });
  const diagonal = `M ${x(0)} ${y(0)} L ${x(1)} ${y(1)}`;
  svg.append(svgElement("path", { class: "ideal", d: diagonal }));
  for (const { confidence, accuracy, n_images: n } of bins) {
    const [low, high] = accuracyInterval(Math.round(accuracy * n), n);
    const cx = x(confidence).toFixed(1);
    svg.append(
      svgElement("path", { class: "series-1 solid", d: `M ${cx} ${y(low)} V ${y(high)}` }),
      svgElement(
        "circle",
        { class: "series-0", cx, cy: y(accuracy), r: 5 },
        svgElement("title", {}, `${count(n, "image")}, ${percent(accuracy)} correct`),
      ),
    );
  }
}
