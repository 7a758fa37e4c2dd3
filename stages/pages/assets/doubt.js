// Doubt: the same probabilities, limits and answers as in stages/classifier/calibration.py,
// stages/classifier/novelty.py and stages/reporting/answers.py.
"use strict";

function parseNovelty(novelty) {
  return novelty && { components: parseLayer(novelty.components), form: parseLayer(novelty.form) };
}

function calibratedProbabilities(outputs, { temperature }) {
  const largest = Math.max(...outputs);
  const scaled = outputs.map((output) =>
    largest > 0 ? (output / largest) ** (1 / temperature) : 1,
  );
  const total = scaled.reduce((sum, value) => sum + value, 0);
  return scaled.map((value) => value / total);
}

// Above 0 for an image that is unlike the training images; image: 28 * 28 bytes.
function noveltyScore({ components, form }, image) {
  const pixels = Float32Array.from(image, (byte) => byte / 255);
  const values = preActivations(components, pixels);
  const products = preActivations(form, values);
  return [...values, 1].reduce((sum, value, i) => sum + value * products[i], 0);
}

// The answer as two texts, the main one and its details.
function answerTexts(data, image, outputs, winner) {
  if (data.novelty && noveltyScore(data.novelty, image) > 0) {
    return [data.nothingKnown, "unlike the images it has learnt from"];
  }
  const probabilities = calibratedProbabilities(outputs, data.calibration);
  if (Math.max(...outputs) <= 0) return ["not sure", "all outputs are 0"];
  const text = (index) => percent(probabilities[index]);
  if (probabilities[winner] >= data.calibration.minConfidence) {
    return [data.classes[winner], `${text(winner)} sure`];
  }
  const others = [...probabilities.keys()].filter((index) => index !== winner);
  const second = others.reduce((a, b) => (probabilities[b] > probabilities[a] ? b : a));
  const either = `${data.classes[winner]} or ${data.classes[second]}`;
  return [`not sure: ${either}`, `${text(winner)} and ${text(second)}`];
}
