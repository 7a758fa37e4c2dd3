// The multilayer perceptron, written as in stages/network: rows are images.
"use strict";

class Dense {
  // weights: (inputs, neurons); biases: (1, neurons).
  constructor(weights, biases, activation) {
    Object.assign(this, { weights, biases, activation });
  }

  static random(nInputs, nNeurons, activation, random) {
    const std = activation.initStd(nInputs, nNeurons);
    const weights = new Matrix(nInputs, nNeurons).map(() => std * random.normal());
    return new Dense(weights, new Matrix(1, nNeurons), activation);
  }

  get nInputs() {
    return this.weights.rows;
  }

  get nNeurons() {
    return this.weights.columns;
  }

  // The weights of one neuron: a column.
  weightsOf(neuron) {
    const { values } = this.weights;
    return Float32Array.from(
      { length: this.nInputs },
      (_, i) => values[i * this.nNeurons + neuron],
    );
  }

  // f(inputs @ weights + biases)
  forward(inputs) {
    this.inputs = inputs;
    this.preActivations = matmul(inputs, this.weights);
    for (let row = 0; row < inputs.rows; row++) {
      addScaled(this.preActivations, row, 1, this.biases, 0);
    }
    this.activations = this.preActivations.map(this.activation.forward);
    return this.activations;
  }

  // Takes the gradient with respect to the activations, and returns delta, that with respect to
  // the pre-activations.
  backward(gradient) {
    const { activation, activations } = this;
    const delta = gradient.map((value, i) => value * activation.backward(activations.values[i]));
    this.weightGradient = transposedMatmul(this.inputs, delta);
    this.biasGradient = delta.like(1, delta.columns);
    for (let row = 0; row < delta.rows; row++) addScaled(this.biasGradient, 0, 1, delta, row);
    this.delta = delta;
    return delta;
  }

  inputGradient(delta) {
    return matmulTransposed(delta, this.weights);
  }
}

class MLP {
  constructor(layers, lossName) {
    this.layers = layers;
    this.loss = LOSSES[lossName];
  }

  // sizes: number of pixels, of neurons of each hidden layer, of classes.
  static random(sizes, activationName, lossName, random) {
    const hidden = ACTIVATIONS[activationName];
    const layers = sizes.slice(1).map((nNeurons, index) => {
      const isOutput = index === sizes.length - 2;
      const activation = isOutput ? LOSSES[lossName].outputActivation(hidden) : hidden;
      return Dense.random(sizes[index], nNeurons, activation, random);
    });
    return new MLP(layers, lossName);
  }

  forward(inputs) {
    for (const layer of this.layers) inputs = layer.forward(inputs);
    return inputs;
  }

  // Backpropagation, from the gradient with respect to the outputs of the last `forward`.
  backward(gradient) {
    for (const layer of [...this.layers].reverse()) {
      const delta = layer.backward(gradient);
      if (layer !== this.layers[0]) gradient = layer.inputGradient(delta); // pixels need none
    }
  }

  probabilities(inputs) {
    return this.loss.probabilities(this.forward(inputs));
  }
}

// Images, bytes, as inputs from 0 to 1: (n, pixels).
function toInputs(images, nPixels) {
  const values = Float32Array.from(images, (byte) => byte / 255);
  return new Matrix(images.length / nPixels, nPixels, values);
}
