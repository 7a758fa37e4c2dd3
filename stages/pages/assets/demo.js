// The page to draw on: its data, what it says about the network, and what keys and buttons do.
"use strict";

function buildAbout() {
  const accuracy = `Accuracy ${(100 * DATA.accuracy).toFixed(2)}\u00a0%`;
  byId("about").textContent =
    `${networkText(DATA)} ${accuracy} on ${DATA.nTestImages.toLocaleString("en")} test images.`;
  byId("ensemble").textContent = ensembleNote();
  byId("ensemble").hidden = ensembleNote() === "";
}

// What the page shows of an ensemble, and what it had no room for.
function ensembleNote() {
  const [nShown, nAll] = [DATA.networks.length, DATA.ensembleSize];
  const notes = [];
  if (nAll > 1) {
    const mean = nShown === nAll ? "the mean of all" : `the mean of the first ${nShown}`;
    const outputs = nShown === 1 ? "the outputs are its own" : `the outputs are ${mean}`;
    notes.push(`The neurons shown are those of the first of the ${nAll} networks; ${outputs}.`);
  }
  if (IS_QUANTISED) {
    notes.push("To keep this page small, weights have 8 bits: outputs differ a little.");
  }
  return notes.join(" ");
}

function listenToButtons() {
  byId("snapshot").addEventListener("input", () => {
    stopTraining();
    showSnapshot(Number(byId("snapshot").value));
  });
  byId("play").addEventListener("click", () => (timer ? stopTraining() : playTraining()));
  byId("undo").addEventListener("click", undo);
  byId("clear").addEventListener("click", clear);
  byId("replay").addEventListener("click", play);
  for (const button of byId("nudges").querySelectorAll("button")) {
    button.addEventListener("click", () => nudge(ARROWS[button.dataset.nudge]));
  }
}

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if (event.key in ARROWS && event.target.matches("input, select")) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "z") undo();
    else if (event.key === "Delete") clear();
    else if (event.key in ARROWS && state.image !== null) nudge(ARROWS[event.key]);
    else return;
    event.preventDefault();
  });
}

buildAbout();
buildGrids();
buildOutputs();
buildTests();
buildLesson();
listenToPointers();
listenToButtons();
listenToKeys();
addEventListener("resize", render);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", render);
showExample();
buildSnapshots();
