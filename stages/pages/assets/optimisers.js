// Optimisers: how gradients change weights.
"use strict";

// velocity = momentum * velocity + gradient; weights = weights - rate * velocity
class SGD {
  constructor(network, momentum) {
    this.network = network;
    this.momentum = momentum;
    this.velocities = network.layers.map(({ weights, biases }) => [
      weights.like(weights.rows, weights.columns),
      biases.like(biases.rows, biases.columns),
    ]);
  }

  step(learningRate) {
    this.network.layers.forEach((layer, index) => {
      const [ofWeights, ofBiases] = this.velocities[index];
      this.update(layer.weights, layer.weightGradient, ofWeights, learningRate);
      this.update(layer.biases, layer.biasGradient, ofBiases, learningRate);
    });
  }

  update(parameters, gradient, velocity, learningRate) {
    const [values, gradients, velocities] = [parameters.values, gradient.values, velocity.values];
    for (let i = 0; i < values.length; i++) {
      velocities[i] = this.momentum * velocities[i] + gradients[i];
      values[i] -= learningRate * velocities[i];
    }
  }
}
