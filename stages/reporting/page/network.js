// The network: the same layers, weights and forward pass as in Python.
"use strict";

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Weights have a row for each neuron; the last of the row is its bias.
function layerOf({ neurons, weights }) {
  const values = new Float32Array(bytesOf(weights).buffer);
  return { neurons, inputs: values.length / neurons - 1, weights: values };
}

function sums(layer, inputs) {
  const active = [];
  inputs.forEach((input, i) => {
    if (input !== 0) active.push(i);
  });
  const { weights } = layer;
  const found = new Float32Array(layer.neurons);
  for (let neuron = 0; neuron < layer.neurons; neuron++) {
    const row = neuron * (layer.inputs + 1);
    let sum = weights[row + layer.inputs];
    for (const i of active) sum += weights[row + i] * inputs[i];
    found[neuron] = sum;
  }
  return found;
}

const ACTIVATIONS = {
  relu: (values) => values.map((value) => Math.max(0, value)),
  sigmoid: (values) => values.map((value) => 1 / (1 + Math.exp(-value))),
};

function softmax(values) {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// The values of each layer of one network; image: 28 * 28 bytes.
function forward(layers, image, activation, loss) {
  let values = Float32Array.from(image, (byte) => byte / 255);
  return layers.map((layer, index) => {
    const last = index === layers.length - 1;
    const function_ = last && loss === "cross_entropy" ? softmax : ACTIVATIONS[activation];
    values = function_(sums(layer, values));
    return values;
  });
}

// The mean outputs of all members, and the values of each layer of the first.
function answer(network, image) {
  const all = network.members.map((layers) =>
    forward(layers, image, network.activation, network.loss),
  );
  const outputs = all[0].at(-1).map((_, output) => {
    const total = all.reduce((sum, values) => sum + values.at(-1)[output], 0);
    return total / all.length;
  });
  return { layers: all[0], outputs };
}

// Outputs as shares of their sum: confidence, whatever the loss.
function sharesOf(outputs) {
  const total = outputs.reduce((sum, output) => sum + output, 0);
  return outputs.map((output) => (total > 0 ? output / total : 1 / outputs.length));
}
