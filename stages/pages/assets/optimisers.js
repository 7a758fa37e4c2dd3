// Optimisers: how gradients change weights.
"use strict";

// The arrays of all weights and biases, each with its gradient of the last `backward`.
function parametersOf({ layers }) {
  return layers.flatMap(({ weights, biases, weightGradient, biasGradient }) => [
    [weights.values, weightGradient?.values],
    [biases.values, biasGradient?.values],
  ]);
}

function zerosLike(network) {
  return parametersOf(network).map(([{ constructor, length }]) => new constructor(length));
}

// velocity = momentum * velocity + gradient; weights = weights - rate * velocity. Nesterov's form
// subtracts gradient + momentum * velocity instead.
class SGD {
  constructor(network, momentum, nesterov = false) {
    Object.assign(this, { network, momentum, nesterov, velocities: zerosLike(network) });
  }

  step(learningRate) {
    const { momentum, nesterov } = this;
    parametersOf(this.network).forEach(([weights, gradient], index) => {
      const velocity = this.velocities[index];
      for (let i = 0; i < weights.length; i++) {
        velocity[i] = momentum * velocity[i] + gradient[i];
        const direction = nesterov ? gradient[i] + momentum * velocity[i] : velocity[i];
        weights[i] -= learningRate * direction;
      }
    });
  }
}

// Each weight has a step size of its own: the mean of its gradients, divided by the root of the
// mean of their squares.
class Adam {
  constructor(network) {
    const [means, squares] = [zerosLike(network), zerosLike(network)];
    Object.assign(this, { network, means, squares, nSteps: 0 });
  }

  step(learningRate) {
    const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
    this.nSteps += 1;
    // Both means start at 0, and are too small at first; this makes up for it.
    const correction = Math.sqrt(1 - beta2 ** this.nSteps) / (1 - beta1 ** this.nSteps);
    parametersOf(this.network).forEach(([weights, gradient], index) => {
      const [mean, square] = [this.means[index], this.squares[index]];
      for (let i = 0; i < weights.length; i++) {
        mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i];
        square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] ** 2;
        weights[i] -= (learningRate * correction * mean[i]) / (Math.sqrt(square[i]) + epsilon);
      }
    });
  }
}

const OPTIMISERS = {
  sgd: (network, momentum) => new SGD(network, momentum),
  nesterov: (network, momentum) => new SGD(network, momentum, true),
  adam: (network) => new Adam(network),
};
