// The lab: trains one network or two as the controls say, and shows what they learn.
"use strict";

// Reports of an epoch, each a point of the curves.
const REPORTS_AN_EPOCH = 4;
const controls = {}; // by the name of the setting
let networks = []; // one or two: name, settings, trainer, report, and the reports so far
let isTraining = false;

function texts() {
  return Object.fromEntries(Object.entries(controls).map(([name, { value }]) => [name, value]));
}

// The one thing that is changed in the second network; null without a second.
function secondChange() {
  const name = byId("second-name").value;
  const node = byId("second-value").firstChild;
  return name && node ? { name, text: node.value } : null;
}

function areValid() {
  return document.querySelectorAll("main :invalid").length === 0;
}

// ---- training --------------------------------------------------------------------------------

async function start() {
  isTraining = false;
  for (const { trainer } of networks) trainer.stop();
  const second = secondChange();
  const variants = second ? [texts(), { ...texts(), [second.name]: second.text }] : [texts()];
  networks = variants.map((each, index) => {
    const label =
      second && `${SETTINGS[second.name].label.toLowerCase()} ${each[second.name] || "none"}`;
    const name = second ? `${"AB"[index]}: ${label}` : "The network";
    return { name, settings: toSettings(each), trainer: new WorkerTrainer(), reports: [] };
  });
  await askAll((trainer, { settings }) => trainer.ask("start", settings, TRAINING_DATA));
}

// Asks all networks for something at the same time, and shows their reports.
async function askAll(ask) {
  const asked = networks;
  const answers = await Promise.all(asked.map((network) => ask(network.trainer, network)));
  if (asked !== networks) return; // they were replaced meanwhile
  answers.forEach(({ report }, index) => {
    asked[index].report = report;
    asked[index].reports.push(report);
  });
  render();
}

function epochsDone() {
  return Math.min(...networks.map(({ report }) => report?.epochs ?? 0));
}

function hasDiverged() {
  return networks.some(({ report }) => report && !Number.isFinite(report.testLoss));
}

function isOver() {
  return epochsDone() >= toSettings(texts()).epochs - 1e-6 || hasDiverged();
}

// Trains to the end; after that, from the start again.
function trainToEnd() {
  if (isOver()) start();
  trainTo(toSettings(texts()).epochs);
}

// Trains until so many epochs are done, or until paused.
async function trainTo(epochs) {
  const trained = networks;
  isTraining = true;
  render();
  while (isTraining && trained === networks && epochsDone() < epochs - 1e-6 && !hasDiverged()) {
    const next = Math.floor(REPORTS_AN_EPOCH * epochsDone() + 1 + 1e-6) / REPORTS_AN_EPOCH;
    await askAll((trainer) => trainer.ask("trainTo", next));
  }
  if (trained !== networks) return;
  isTraining = false;
  render();
}

// ---- what is shown ---------------------------------------------------------------------------

function render() {
  const { epochs } = toSettings(texts());
  const done = epochsDone();
  byId("train").textContent = isTraining ? "Pause" : isOver() ? "Train again" : "Train";
  byId("train").disabled = !areValid();
  for (const id of ["step", "epoch"])
    byId(id).disabled = isTraining || hasDiverged() || !areValid();
  byId("progress").value = done / epochs;
  const report = networks[0]?.report;
  if (!report) return;
  byId("status").textContent = statusText(done, epochs, report);
  drawCurves(epochs);
  byId("networks").replaceChildren(...networks.map(resultOf));
  const atOnce = networks.every((network) => network.report.epochs === report.epochs);
  byId("verdict").textContent = networks.length === 2 && atOnce ? verdict(...networks) : "";
}

function statusText(done, epochs, { nSteps }) {
  if (hasDiverged()) {
    return "The loss is not a finite number any more: try a smaller learning rate.";
  }
  if (nSteps === 0) return "Not trained yet: the weights are random, and the network guesses.";
  const advice = isOver() ? " Change a setting, or add a second network, and train again." : "";
  return `${Number(done.toFixed(2))} of ${count(epochs, "epoch")}, ${count(nSteps, "step")}.${advice}`;
}

function drawCurves(epochs) {
  const line = ({ reports }, metric) => {
    const shown = reports.filter((report) => Number.isFinite(metric(report)));
    return { x: shown.map((report) => report.epochs), y: shown.map(metric) };
  };
  const accuracy = ({ predictions }) => countCorrect(predictions) / predictions.length;
  const names = networks.length === 2 ? networks.map(({ name }) => `${name}, `) : [""];
  const testLines = networks.map((network, index) => ({
    name: `${names[index]}test images`,
    className: `series-${index} solid`,
    ...line(network, ({ testLoss }) => testLoss),
  }));
  const trainLines = networks.map((network, index) => ({
    name: `${names[index]}training images`,
    className: `series-${index} faint`,
    ...line(network, ({ trainLoss }) => trainLoss),
  }));
  const options = { xLabel: "epochs", xRange: [0, Math.max(epochs, epochsDone())] };
  drawLines(byId("loss"), { ...options, label: "Loss" }, [...testLines, ...trainLines]);
  const yFormat = (value) => `${Math.round(100 * value)} %`;
  drawLines(
    byId("accuracy"),
    { ...options, label: "Accuracy on the test images", yRange: [0, 1], yFormat },
    testLines.map((each, index) => ({ ...each, ...line(networks[index], accuracy) })),
  );
  byId("legend").replaceChildren(legend([...testLines, ...trainLines]));
}

// ---- controls --------------------------------------------------------------------------------

function buildControls() {
  const address = new URLSearchParams(location.hash.slice(1));
  for (const [name, { label }] of Object.entries(SETTINGS)) {
    controls[name] = control(name, address.get(name));
    byId("controls").append(element("label", {}, label, controls[name]));
  }
  byId("second-name").replaceChildren(
    element("option", { value: "" }, "nothing"),
    ...Object.entries(SETTINGS).map(([value, { label }]) => element("option", { value }, label)),
  );
  const [name, text] = (address.get("second") ?? "").split(":");
  byId("second-name").value = name in SETTINGS ? name : "";
  showSecondValue(text);
}

// The control for the changed setting; at first it has another value than the first network's.
function showSecondValue(text) {
  const name = byId("second-name").value;
  byId("second-label").hidden = name === "";
  byId("second-value").replaceChildren();
  if (name === "") return;
  const { choices } = SETTINGS[name];
  const other = choices?.find((choice) => choice !== controls[name].value);
  byId("second-value").append(control(name, text ?? other ?? controls[name].value));
}

function settingsChanged() {
  byId("yaml").textContent = toYaml(texts());
  if (!areValid()) {
    isTraining = false;
    render();
    return;
  }
  history.replaceState(null, "", toAddress(texts(), secondChange()));
  start();
}

function listen() {
  byId("train").addEventListener("click", () => {
    if (isTraining) isTraining = false;
    else trainToEnd();
  });
  byId("step").addEventListener("click", () => askAll((trainer) => trainer.ask("trainStep")));
  byId("epoch").addEventListener("click", () => trainTo(Math.floor(epochsDone() + 1 + 1e-6)));
  byId("reset").addEventListener("click", start);
  byId("controls").addEventListener("change", settingsChanged);
  byId("second-name").addEventListener("change", () => showSecondValue());
  byId("second").addEventListener("change", settingsChanged);
  for (const id of ["controls", "second"]) {
    byId(id).addEventListener("submit", (event) => event.preventDefault());
  }
  addEventListener("hashchange", () => location.reload());
  addEventListener("resize", render);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
}

let TRAINING_DATA = null;

async function open() {
  const { rows, columns, classes, train, test } = DATA;
  const [trainImages, testImages] = [await inflate(train.images), await inflate(test.images)];
  const [trainLabels, testLabels] = [decodeBytes(train.labels), decodeBytes(test.labels)];
  DATA.testLabels = testLabels;
  TRAINING_DATA = {
    rows,
    columns,
    nClasses: classes.length,
    trainImages,
    trainLabels,
    testImages,
    testLabels,
  };
  byId("about").textContent =
    `${count(trainLabels.length, "image")} of “${DATA.dataset}” to learn from, and` +
    ` ${testLabels.length} to test, all in this file. It is the network of this project, with the` +
    " same results, in JavaScript.";
  buildControls();
  byId("yaml").textContent = toYaml(texts());
  listen();
  start();
  // Without settings in the address, the page opens with a network that learns.
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (location.hash.length < 2 && !isStill) trainToEnd();
}

open();
