// The ensemble of networks: the same weights and forward pass as in stages/network.
"use strict";

function decodeBytes(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

// Weights have one row a neuron; its last element is the bias. With a scale they have 8 bits each.
function parseLayer({ neurons, weights, scale }) {
  const { buffer } = decodeBytes(weights);
  const array = scale ? dequantise(new Int8Array(buffer), scale) : new Float32Array(buffer);
  return { neurons, inputs: array.length / neurons - 1, weights: array };
}

function dequantise(values, scale) {
  return Float32Array.from(values, (value) => value * scale);
}

// The layers of a network at each snapshot of its training; trained: those at its end.
async function parseSnapshots(snapshots, trained) {
  const networks = [];
  let values = null;
  for (const { weights, scales } of snapshots) {
    const differences = new Int8Array(await decompress(decodeBytes(weights)));
    const previous = values;
    values = previous ? differences.map((value, i) => value + previous[i]) : differences; // mod 256
    let end = 0;
    const layers = trained.map((layer, index) => {
      const start = end;
      end += layer.weights.length;
      return { ...layer, weights: dequantise(values.subarray(start, end), scales[index]) };
    });
    networks.push(layers);
  }
  return networks;
}

function decompress(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
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

const DERIVATIVES = {
  relu: (activation) => (activation > 0 ? 1 : 0),
  leaky_relu: (activation) => (activation > 0 ? 1 : 0.01),
  tanh: (activation) => 1 - activation ** 2,
  sigmoid: (activation) => activation * (1 - activation),
};

const ACTIVATIONS = {
  relu: (values) => values.map((value) => Math.max(0, value)),
  leaky_relu: (values) => values.map((value) => Math.max(value, 0.01 * value)),
  tanh: (values) => values.map(Math.tanh),
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
    return isOutput ? activations.map((value) => Math.max(0, value)) : activations;
  });
}

// The gradient of an output's pre-activation with respect to the inputs of each layer.
function inputGradients(layers, activations, activation, output) {
  const gradients = [];
  let delta = Float32Array.from(activations.at(-1), (_, i) => (i === output ? 1 : 0));
  for (let index = layers.length - 1; index >= 0; index--) {
    const { inputs, weights } = layers[index];
    const gradient = new Float32Array(inputs);
    delta.forEach((value, neuron) => {
      if (value === 0) return;
      const row = neuron * (inputs + 1);
      for (let i = 0; i < inputs; i++) gradient[i] += value * weights[row + i];
    });
    gradients.unshift(gradient);
    if (index > 0) {
      const below = activations[index - 1];
      delta = gradient.map((value, i) => value * DERIVATIVES[activation](below[i]));
    }
  }
  return gradients;
}

// What the pixels, and the neurons of the first network's first layer, contributed to the
// predicted class: value times gradient. Of the pixels the mean of all networks.
function contributions(ensemble, image, { networks, outputs }) {
  const winner = indexOfMax(outputs);
  const pixels = new Float32Array(image.length);
  let neurons = null;
  ensemble.networks.forEach((layers, network) => {
    const activations = networks[network];
    const gradients = inputGradients(layers, activations, ensemble.activation, winner);
    gradients[0].forEach((gradient, i) => {
      pixels[i] += (gradient * image[i]) / 255 / ensemble.networks.length;
    });
    if (network === 0 && layers.length > 1) {
      neurons = activations[0].map((value, i) => value * gradients[1][i]);
    }
  });
  return { winner, pixels, neurons };
}

function indexOfMax(values) {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}

// The mean outputs of all networks, and the activations of each layer of each.
function predict(ensemble, image) {
  const perNetwork = ensemble.networks.map((layers) =>
    forward(layers, image, ensemble.activation, ensemble.loss),
  );
  const outputs = perNetwork[0].at(-1).map((_, output) => {
    const total = perNetwork.reduce((sum, layers) => sum + layers.at(-1)[output], 0);
    return total / perNetwork.length;
  });
  return { networks: perNetwork, layers: perNetwork[0], outputs };
}
