// Losses: how wrong the outputs of a batch are, and in which direction they should change.
"use strict";

const SMALLEST = 2 ** -126; // float32's smallest normal number

const LOSSES = {
  // Half the squared distance of the outputs from the target.
  squared_error: {
    outputActivation: (hidden) => hidden,
    probabilities: (outputs) => outputs.map((value) => Math.max(0, value)),
    value(outputs, labels) {
      const residual = subtractTarget(outputs, labels);
      return residual.values.reduce((sum, value) => sum + value * value, 0) / (2 * labels.length);
    },
  },
  // -log of the probability that softmax gives the label.
  cross_entropy: {
    outputActivation: () => IDENTITY,
    probabilities: softmax,
    value(probabilities, labels) {
      const logs = [...labels].map((label, row) =>
        Math.log(Math.max(probabilities.row(row)[label], SMALLEST)),
      );
      return -logs.reduce((sum, log) => sum + log, 0) / labels.length;
    },
  },
};

// The mean loss, and its gradient with respect to the outputs, which is the same for both losses:
// the derivatives of logarithm and softmax cancel.
function lossAndGradient(loss, outputs, labels) {
  const predicted = loss === LOSSES.squared_error ? outputs : loss.probabilities(outputs);
  const residual = subtractTarget(predicted, labels);
  return {
    value: loss.value(predicted, labels),
    gradient: residual.map((difference) => difference / labels.length),
  };
}

// The target of an image is 1 at its label, and 0 elsewhere.
function subtractTarget(outputs, labels) {
  const residual = outputs.map((output) => output);
  labels.forEach((label, row) => (residual.row(row)[label] -= 1));
  return residual;
}

function softmax(outputs) {
  const probabilities = outputs.map((output) => output);
  for (let row = 0; row < outputs.rows; row++) {
    const values = probabilities.row(row);
    const largest = Math.max(...values);
    values.forEach((logit, i) => (values[i] = Math.exp(logit - largest)));
    const total = values.reduce((sum, value) => sum + value, 0);
    values.forEach((exponential, i) => (values[i] = exponential / total));
  }
  return probabilities;
}
