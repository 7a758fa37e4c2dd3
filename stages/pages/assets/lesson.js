// "It is a ...": one step of gradient descent on what is drawn, and back.
"use strict";

const LESSON_RATE = 0.05;
let trainedWeights = null; // weights and biases before the first lesson
let chosenFor = null; // the state for which the reader chose a class: it stays

function learn() {
  const label = Number(byId("lesson").value);
  chosenFor = state;
  const before = view.probabilities[label];
  const rightBefore = countRight();
  trainedWeights ??= allParameters().map((values) => values.slice());
  for (const network of DATA.networks) {
    const outputs = network.forward(toInputs(view.image, view.image.length));
    network.backward(lossAndGradient(network.loss, outputs, [label]).gradient);
    new SGD(network, 0).step(LESSON_RATE);
  }
  render();
  play();
  byId("lesson-text").textContent =
    `One step of gradient descent: ${DATA.classes[label]} went from ${percent(before)} to` +
    ` ${percent(view.probabilities[label])}. Of the ${IMAGES.length} test images below the` +
    ` network now gets ${countRight()} right, before ${rightBefore}.`;
}

function unlearn() {
  allParameters().forEach((values, i) => values.set(trainedWeights[i]));
  trainedWeights = null;
  byId("lesson-text").textContent = "As it was trained.";
  render();
}

function allParameters() {
  return DATA.networks.flatMap((network) => parametersOf(network).map(([values]) => values));
}

function countRight() {
  const isRight = ({ pixels, actual }) =>
    indexOfMax(predict(DATA.networks, pixels).outputs) === actual;
  return IMAGES.filter(isRight).length;
}

function buildLesson() {
  byId("lesson").append(
    ...DATA.classes.map((name, index) => element("option", { value: index }, name)),
  );
  byId("lesson").addEventListener("change", () => (chosenFor = state));
  byId("learn").addEventListener("click", learn);
  byId("unlearn").addEventListener("click", unlearn);
}

function drawLesson() {
  if (chosenFor !== state) {
    byId("lesson").value = state.image === null ? view.winner : IMAGES[state.image].actual;
  }
  byId("learn").disabled = view.image === null || !isTrained();
  byId("unlearn").hidden = trainedWeights === null;
}
