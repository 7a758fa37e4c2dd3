// The first network at some steps of its training: a slider to watch it learn.
"use strict";

const SNAPSHOT_DELAY = 500; // milliseconds
// The last is as it was trained. The others take a while to decompress.
let snapshots = [{ network: DATA.networks[0] }];
let snapshot = 0; // index in snapshots
let timer = null; // while training is played

function isTrained() {
  return snapshot === snapshots.length - 1;
}

// What answers at the shown snapshot: before the end of training the first network alone.
function shownNetworks() {
  return isTrained() ? DATA.networks : [snapshots[snapshot].network];
}

function shownLayers() {
  return snapshots[snapshot].network.layers;
}

async function buildSnapshots() {
  if (DATA.snapshots.length === 0 || !("DecompressionStream" in window)) return;
  const networks = await parseSnapshots(DATA.snapshots, shownLayers(), DATA);
  const before = DATA.snapshots.map(({ step, epochs, accuracy }, index) => ({
    step,
    epochs,
    accuracy,
    network: networks[index],
  }));
  snapshots = [...before, ...snapshots];
  snapshot = snapshots.length - 1;
  byId("snapshot").max = snapshot;
  byId("training").hidden = false;
  render();
}

function drawSnapshot() {
  const { step, epochs, accuracy } = snapshots[snapshot];
  const when = isTrained()
    ? "At the end of training"
    : step === 0
      ? "At the start, with random weights"
      : `After ${count(step, "step")}, ${epochs.toFixed(epochs < 10 ? 2 : 0)} epochs`;
  const text =
    `${when}: ${percent(isTrained() ? DATA.accuracy : accuracy)} of the test images classified` +
    ` correctly${isTrained() || DATA.ensembleSize === 1 ? "" : ", by the first network alone"}.`;
  byId("snapshot-text").textContent = text;
  byId("snapshot").setAttribute("aria-valuetext", text);
  byId("snapshot").value = snapshot;
}

function showSnapshot(index) {
  snapshot = index;
  render();
}

// Shows all snapshots one after the other; from the first, if the last is shown.
function playTraining() {
  stopTraining();
  if (isTrained()) showSnapshot(0);
  byId("play").textContent = "Pause";
  timer = setInterval(() => {
    showSnapshot(snapshot + 1);
    if (isTrained()) stopTraining();
  }, SNAPSHOT_DELAY);
}

function stopTraining() {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = "Play";
}
