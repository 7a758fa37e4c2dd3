// Doubt: the same probabilities, limits and answers as in stages/classifier/calibration.py,
// stages/classifier/novelty.py and stages/reporting/answers.py.
"use strict";

function parseNovelty(novelty) {
  if (!novelty) return null;
  const parse = ({ neurons, values }) => new Matrix(values.length / neurons, neurons, values);
  return {
    components: parse(parseLayer(novelty.components)),
    form: parse(parseLayer(novelty.form)),
    limit: novelty.limit,
  };
}

function calibratedProbabilities(outputs, { temperature }) {
  const largest = Math.max(...outputs);
  const scaled = outputs.map((output) =>
    largest > 0 ? (output / largest) ** (1 / temperature) : 1,
  );
  const total = scaled.reduce((sum, value) => sum + value, 0);
  return scaled.map((value) => value / total);
}

// Above the limit for an image that is unlike the training images; image: 28 * 28 bytes.
function noveltyScore({ components, form }, image) {
  const withOne = (values) => new Matrix(1, values.length + 1, Float32Array.of(...values, 1));
  const inputs = withOne(toInputs(image, image.length).values);
  const values = withOne(matmul(inputs, components).values);
  const products = matmul(values, form).values;
  return values.values.reduce((sum, value, i) => sum + value * products[i], 0);
}

// The answer as two texts, the main one and its details.
function answerTexts({ classes, novelty, calibration }, { image, outputs, probabilities, winner }) {
  const text = (index) => percent(probabilities[index]);
  if (novelty && noveltyScore(novelty, image) > novelty.limit) {
    return [`best guess: ${classes[winner]}`, "but unlike the training images"];
  }
  if (Math.max(...outputs) <= 0) return ["not sure", "all outputs are 0"];
  if (probabilities[winner] >= calibration.minConfidence) {
    return [classes[winner], `${text(winner)} sure`];
  }
  const others = [...probabilities.keys()].filter((index) => index !== winner);
  const second = others.reduce((a, b) => (probabilities[b] > probabilities[a] ? b : a));
  return [
    `not sure: ${classes[winner]} or ${classes[second]}`,
    `${text(winner)} and ${text(second)}`,
  ];
}
