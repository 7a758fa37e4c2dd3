// A network in training: forward, loss, backward, step, for each batch of each epoch.
"use strict";

// Neurons of the first layer whose weights are reported.
const MAX_NEURONS = 64;

class Trainer {
  // data: images and labels, bytes, for training and for testing; rows, columns, nClasses.
  constructor(settings, data) {
    const { hidden, activation, loss, optimiser, momentum, seed } = settings;
    Object.assign(this, { settings, data, nSteps: 0, nSeen: 0, batches: [], trainLoss: NaN });
    this.random = new Random(seed);
    this.nPixels = data.rows * data.columns;
    this.nTrain = data.trainLabels.length;
    const sizes = [this.nPixels, ...hidden, data.nClasses];
    this.network = MLP.random(sizes, activation, loss, this.random);
    this.optimiser = OPTIMISERS[optimiser](this.network, momentum);
    this.testInputs = toInputs(data.testImages, this.nPixels);
  }

  // Learns until so many epochs are done; at most to the end of the present one.
  trainTo(epochs) {
    let [sum, n] = [0, 0];
    while (this.nSeen < epochs * this.nTrain - 1e-6) {
      const indices = this.nextBatch();
      sum += this.learn(indices) * indices.length;
      n += indices.length;
      if (this.batches.length === 0) break;
    }
    if (n > 0) this.trainLoss = sum / n;
  }

  trainStep() {
    this.trainLoss = this.learn(this.nextBatch());
  }

  // The indices of the next images; in each epoch all come once, in random order.
  nextBatch() {
    if (this.batches.length === 0) {
      const order = this.random.permutation(this.nTrain);
      for (let start = 0; start < order.length; start += this.settings.batch) {
        this.batches.push(order.slice(start, start + this.settings.batch));
      }
    }
    return this.batches.shift();
  }

  // One step; returns the loss before it.
  learn(indices) {
    const inputs = this.inputsOf(indices);
    const labels = indices.map((index) => this.data.trainLabels[index]);
    const outputs = this.network.forward(inputs);
    const { value, gradient } = lossAndGradient(this.network.loss, outputs, labels);
    this.network.backward(gradient);
    this.optimiser.step(this.settings.rate);
    this.nSteps += 1;
    this.nSeen += indices.length;
    return value;
  }

  inputsOf(indices) {
    const { nPixels, data, random } = this;
    const inputs = new Matrix(indices.length, nPixels);
    indices.forEach((index, row) => {
      const image = data.trainImages.subarray(index * nPixels, (index + 1) * nPixels);
      if (this.settings.augment) augment(image, data.rows, data.columns, random, inputs.row(row));
      else image.forEach((byte, i) => (inputs.row(row)[i] = byte / 255));
    });
    return inputs;
  }

  // The parameters of each layer.
  parameters() {
    return parametersOf(this.network).map(([values]) => values.slice());
  }

  // How far training is, and what it has reached on the test images.
  report() {
    const { network, data } = this;
    const probabilities = network.probabilities(this.testInputs);
    const predictions = Array.from(data.testLabels, (_, row) => indexOfMax(probabilities.row(row)));
    const [first] = network.layers;
    return {
      nSteps: this.nSteps,
      epochs: this.nSeen / this.nTrain,
      trainLoss: this.trainLoss,
      testLoss: network.loss.value(probabilities, data.testLabels),
      predictions,
      neurons: Array.from({ length: Math.min(first.nNeurons, MAX_NEURONS) }, (_, neuron) =>
        first.weightsOf(neuron),
      ),
    };
  }
}
