// Lines from the neurons that mattered most to the answer, as thick as what they contributed.
"use strict";

const MAX_LINES = 8;
const MAX_WIDTH = 7; // pixels

function drawContributionLines() {
  const svg = byId("lines");
  svg.replaceChildren();
  const grid = grids.at(-1);
  if (view.image === null || !grid || getComputedStyle(svg).display === "none") return;
  const { left, top } = svg.getBoundingClientRect();
  const bar = byId("bars").children[view.winner].getBoundingClientRect();
  const [toX, toY] = [bar.left - left, bar.top + bar.height / 2 - top];
  const values = view.contributions.neurons.at(-1);
  const strongest = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
  const largest = Math.abs(values[strongest[0]]);
  for (const neuron of strongest.slice(0, MAX_LINES)) {
    if (values[neuron] === 0) continue;
    const [x, y] = grid.centre(neuron);
    const [fromX, fromY] = [x - left + grid.cell / 2, y - top];
    const middle = (fromX + toX) / 2;
    const sign = values[neuron] > 0 ? "positive" : "negative";
    svg.append(
      svgElement("path", {
        d: `M ${fromX} ${fromY} C ${middle} ${fromY} ${middle} ${toY} ${toX} ${toY}`,
        stroke: `var(--${sign})`,
        "stroke-width": (MAX_WIDTH * Math.abs(values[neuron])) / largest,
        pathLength: 1,
      }),
    );
  }
}
