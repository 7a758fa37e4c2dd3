// The ensemble of networks: the same weights and forward pass as in stages/network.
"use strict";

function decodeBytes(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Weights have one row a neuron; its last element is the bias.
function parseLayer({ neurons, weights }) {
  const array = new Float32Array(decodeBytes(weights).buffer);
  return { neurons, inputs: array.length / neurons - 1, weights: array };
}

function preActivations(layer, inputs) {
  const nonzero = []; // most pixels are 0
  inputs.forEach((input, i) => {
    if (input !== 0) nonzero.push(i);
  });
  const { weights } = layer;
  const result = new Float32Array(layer.neurons);
  for (let neuron = 0; neuron < layer.neurons; neuron++) {
    const row = neuron * (layer.inputs + 1);
    let sum = weights[row + layer.inputs];
    for (const i of nonzero) sum += weights[row + i] * inputs[i];
    result[neuron] = sum;
  }
  return result;
}

const ACTIVATIONS = {
  relu: (values) => values.map((value) => Math.max(0, value)),
  sigmoid: (values) => values.map((value) => 1 / (1 + Math.exp(-value))),
};

function softmax(values) {
  const largest = Math.max(...values);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map((value) => value / total);
}

// The activations of each layer of one network; image: 28 * 28 bytes.
function forward(layers, image, activation, loss) {
  let activations = Float32Array.from(image, (byte) => byte / 255);
  return layers.map((layer, index) => {
    const isOutput = index === layers.length - 1;
    const activate = isOutput && loss === "cross_entropy" ? softmax : ACTIVATIONS[activation];
    activations = activate(preActivations(layer, activations));
    return activations;
  });
}

// The mean outputs of all networks, and the activations of each layer of the first one.
function predict(ensemble, image) {
  const perNetwork = ensemble.networks.map((layers) =>
    forward(layers, image, ensemble.activation, ensemble.loss),
  );
  const outputs = perNetwork[0].at(-1).map((_, output) => {
    const total = perNetwork.reduce((sum, layers) => sum + layers.at(-1)[output], 0);
    return total / perNetwork.length;
  });
  return { layers: perNetwork[0], outputs };
}
