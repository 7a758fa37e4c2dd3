// The comparison of two or more runs: which is better, what differs, and what that changed.
"use strict";

const { runs } = DATA; // the most accurate first
const BASE = runs.find(({ verdict }) => verdict === undefined);
const OTHERS = runs.filter((run) => run !== BASE);
let other = OTHERS[0];

// The interval of a difference from the base, on one scale for all runs.
function intervalPlot({ verdict, difference, difference_interval: interval }) {
  const width = 150;
  const largest = largestAbs(OTHERS.flatMap((run) => run.difference_interval)) || 1;
  const x = (value) => (width / 2) * (1 + (0.96 * value) / largest);
  const svg = svgElement("svg", { width, height: 24, "aria-hidden": "true" });
  svg.setAttribute("class", `interval ${verdict ?? ""}`);
  svg.append(svgElement("path", { class: "zero", d: `M ${x(0)} 0 V 24` }));
  if (interval) {
    const d = `M ${x(interval[0])} 12 H ${x(interval[1])}`;
    svg.append(svgElement("path", { class: "range", d }));
    svg.append(svgElement("circle", { cx: x(difference), cy: 12, r: 5 }));
  }
  return svg;
}

// A text for the terminal has commands in backticks.
function withCode(text) {
  return text.split("`").map((part, i) => (i % 2 === 1 ? element("code", {}, part) : part));
}

function buildSummary() {
  byId("about").textContent =
    `${runs.map(({ name }) => name).join(", ")} on the same ${count(DATA.n_images, `${DATA.on} image`)}`;
  byId("verdict").textContent = DATA.sentence;
  byId("notes").append(...DATA.notes.map((note) => element("p", {}, ...withCode(note))));
  byId("method").textContent = DATA.method;
  const [titles, ...rows] = DATA.table;
  const plots = ["worse | better", ...runs.map(intervalPlot)];
  const withPlot = [titles, ...rows].map(([name, ...cells], i) => [name, plots[i], ...cells]);
  byId("runs").append(table(withPlot, ""));
  const keys = Object.keys(runs[0].params);
  const text = (value) => (value === null ? "–" : JSON.stringify(value).replaceAll('"', ""));
  const params = keys.map((key) => [key, ...runs.map((run) => text(run.params[key]))]);
  byId("params").append(
    keys.length === 0
      ? "No parameter differs: the code, the data or the libraries may."
      : table([["parameter", ...runs.map(({ name }) => name)], ...params], ""),
  );
}

function buildChoice() {
  byId("choice").hidden = OTHERS.length === 1;
  byId("choice-label").textContent = `${BASE.name}, and`;
  byId("other").append(...OTHERS.map(({ name }, value) => element("option", { value }, name)));
  byId("other").addEventListener("change", () => {
    other = OTHERS[byId("other").value];
    renderPair();
  });
}

// The base's curves have the first colour; those of training images are faint.
function curves() {
  return [BASE, other].flatMap((run, i) => [
    { run, name: "validation", className: `series-${i} solid` },
    { run, name: "train", className: `series-${i} faint` },
  ]);
}

function renderCurves() {
  drawLearningCurves((metric) =>
    curves().map(({ run, name, className }) => ({
      ...series(run.history, `${name}_${metric}`),
      className,
    })),
  );
}

function renderImages(kind, sentence) {
  const images = other[`${kind}_images`];
  const n = other[kind].length;
  byId(`${kind}-title`).textContent = `${count(n, "image")} ${sentence}`;
  byId(kind).replaceChildren(
    gallery(images, ({ actual, base, other: now }) => [
      actual,
      element("small", {}, `${base} → ${now}`),
    ]),
  );
  return n > images.length;
}

// What depends on the pair that is chosen.
function renderPair() {
  byId("pair").textContent = other.sentence;
  const names = { validation: "validation images", train: "training images" };
  const lines = curves().map(({ run, name, className }) => {
    return { name: `${run.name}, ${names[name]}`, className };
  });
  byId("legend").replaceChildren(legend(lines));
  renderCurves();
  byId("confusion").replaceChildren(
    confusionDifferences(DATA.classes, BASE.confusion, other.confusion),
  );
  const more = [
    renderImages("fixed", `that only ${other.name} gets right`),
    renderImages("regressed", `that only ${BASE.name} gets right`),
  ];
  byId("images-note").textContent =
    `Below each: its class, and what ${BASE.name} → ${other.name} says.` +
    (more.includes(true) ? " Those where both are surest." : "") +
    (DATA.imageShape ? "" : " DVC's cache lacks the pixels.");
}

buildSummary();
buildChoice();
renderPair();
addEventListener("resize", renderCurves);
