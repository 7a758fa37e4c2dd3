// Activation functions, their derivatives, and the initial weights that suit them.
"use strict";

// forward: f(z); backward: f'(z), computed from f(z); initStd: standard deviation of the weights.
const ACTIVATIONS = {
  sigmoid: {
    forward: (z) => 1 / (1 + Math.exp(-z)),
    backward: (f) => f * (1 - f),
    initStd: (nInputs) => 1 / Math.sqrt(3 * nInputs),
  },
  relu: {
    forward: (z) => Math.max(0, z),
    backward: (f) => (f > 0 ? 1 : 0),
    initStd: (nInputs) => Math.sqrt(2 / nInputs),
  },
  leaky_relu: {
    forward: (z) => Math.max(z, 0.01 * z),
    backward: (f) => (f > 0 ? 1 : 0.01),
    initStd: (nInputs) => Math.sqrt(2 / ((1 + 0.01 ** 2) * nInputs)),
  },
  tanh: {
    forward: Math.tanh,
    backward: (f) => 1 - f * f,
    initStd: (nInputs, nNeurons) => Math.sqrt(2 / (nInputs + nNeurons)),
  },
};

// For logits, which the loss turns into probabilities.
const IDENTITY = {
  forward: (z) => z,
  backward: () => 1,
  initStd: (nInputs, nNeurons) => Math.sqrt(2 / (nInputs + nNeurons)),
};
