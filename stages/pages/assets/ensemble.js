// The trained networks: their weights as Python wrote them, their mean, and what mattered to them.
"use strict";

// The layers' weights are (inputs + 1, neurons): biases are the last row.
function parseNetwork(layers, { activation, loss }) {
  const hidden = ACTIVATIONS[activation];
  return new MLP(
    layers.map(({ neurons, values }, index) => {
      const nInputs = values.length / neurons - 1;
      const isOutput = index === layers.length - 1;
      return new Dense(
        new Matrix(nInputs, neurons, values.slice(0, nInputs * neurons)),
        new Matrix(1, neurons, values.slice(nInputs * neurons)),
        isOutput ? LOSSES[loss].outputActivation(hidden) : hidden,
      );
    }),
    loss,
  );
}

// With a scale, weights have 8 bits each.
function parseLayer({ neurons, weights, scale }) {
  const { buffer } = decodeBytes(weights);
  const values = scale ? dequantise(new Int8Array(buffer), scale) : new Float32Array(buffer);
  return { neurons, values };
}

function dequantise(values, scale) {
  return Float32Array.from(values, (value) => value * scale);
}

// The network at each snapshot of its training; trained: the layers at its end. Each snapshot is
// the difference from the one before it.
async function parseSnapshots(snapshots, trained, data) {
  const networks = [];
  let values = null;
  for (const { weights, scales } of snapshots) {
    const differences = new Int8Array((await inflate(weights)).buffer);
    const previous = values;
    values = previous ? differences.map((value, i) => value + previous[i]) : differences; // mod 256
    let end = 0;
    const layers = trained.map(({ nInputs, nNeurons }, index) => {
      const start = end;
      end += (nInputs + 1) * nNeurons;
      return {
        neurons: nNeurons,
        values: dequantise(values.subarray(start, end), scales[index]),
      };
    });
    networks.push(parseNetwork(layers, data));
  }
  return networks;
}

// The mean probabilities of all networks for an image of 28 * 28 bytes, and the activations of
// each layer of the first one.
function predict(networks, image) {
  const inputs = toInputs(image, image.length);
  const each = networks.map((network) => network.probabilities(inputs).values);
  const outputs = each[0].map(
    (_, i) => each.reduce((sum, values) => sum + values[i], 0) / each.length,
  );
  const hidden = networks[0].layers.slice(0, -1).map((layer) => layer.activations.values);
  return { outputs, layers: [...hidden, each[0]] };
}

// What the pixels, and the neurons of the first network's hidden layers, contributed to an output
// in the last `predict`: value times gradient. Of the pixels the mean of all networks.
function contributions(networks, output) {
  const pixels = new Float32Array(networks[0].layers[0].nInputs);
  let neurons = [];
  for (const network of networks) {
    const gradients = inputGradients(network, output);
    const values = network.layers.map(({ inputs }, index) =>
      inputs.values.map((value, i) => value * gradients[index].values[i]),
    );
    values[0].forEach((value, i) => (pixels[i] += value / networks.length));
    if (network === networks[0]) neurons = values.slice(1);
  }
  return { pixels, neurons };
}

// The gradient of an output's pre-activation with respect to the inputs of each layer.
function inputGradients({ layers }, output) {
  let delta = new Matrix(1, layers.at(-1).nNeurons).map((_, i) => (i === output ? 1 : 0));
  const gradients = [];
  for (const layer of [...layers].reverse()) {
    const gradient = layer.inputGradient(delta);
    gradients.unshift(gradient);
    const below = layers[layers.indexOf(layer) - 1];
    if (below) {
      const { activation, activations } = below;
      delta = gradient.map((value, i) => value * activation.backward(activations.values[i]));
    }
  }
  return gradients;
}
