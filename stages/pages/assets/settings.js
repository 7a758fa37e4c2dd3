// The settings of a network: controls, the page's address, and lines for params.yaml.
"use strict";

const integer = { type: "number", step: "1" };
const decimal = { type: "number", step: "any" };

// By name in the address: its key in params.yaml, its value at first, and what it can be.
const SETTINGS = {
  hidden: {
    key: "train.hidden",
    label: "Hidden layers",
    value: "64",
    input: { type: "text", pattern: String.raw`\s*([1-9]\d{0,2}\s*(,\s*[1-9]\d{0,2}\s*){0,2})?` },
    title: "Neurons of each, such as 64 or 64, 32; nothing for none; at most three layers of 999",
  },
  activation: {
    key: "train.activation",
    label: "Activation",
    value: "relu",
    choices: Object.keys(ACTIVATIONS),
  },
  loss: {
    key: "train.loss",
    label: "Loss",
    value: "cross_entropy",
    choices: Object.keys(LOSSES),
  },
  optimiser: {
    key: "train.optimizer",
    label: "Optimiser",
    value: "sgd",
    choices: Object.keys(OPTIMISERS),
  },
  rate: {
    key: "train.learning_rate",
    label: "Learning rate",
    value: "0.05",
    input: { ...decimal, min: "0.000001", max: "1000" },
  },
  momentum: {
    key: "train.momentum",
    label: "Momentum",
    value: "0.9",
    input: { ...decimal, min: "0", max: "0.999" },
  },
  batch: {
    key: "train.batch_size",
    label: "Batch size",
    value: "32",
    input: { ...integer, min: "1", max: "2000" },
  },
  augment: {
    key: "augment.strength",
    label: "Augmentation",
    value: "off",
    choices: ["off", "on"],
  },
  epochs: {
    key: "train.epochs",
    label: "Epochs",
    value: "10",
    input: { ...integer, min: "1", max: "1000" },
  },
  seed: {
    key: "train.seed",
    label: "Seed",
    value: "1",
    input: { ...integer, min: "0", max: "4294967295" },
  },
};
// A control for a setting; it has a text if that is valid, else the first value.
function control(name, text) {
  const { value, choices, input, title = "" } = SETTINGS[name];
  const node = choices
    ? element("select", {}, ...choices.map((choice) => element("option", {}, choice)))
    : element("input", { ...input, required: name !== "hidden", title });
  node.value = text ?? value;
  if (!node.checkValidity() || (choices && !choices.includes(node.value))) node.value = value;
  return node;
}

// What a network is trained with, from the texts of the controls.
function toSettings(texts) {
  const numbers = ["rate", "momentum", "batch", "epochs", "seed"];
  return {
    ...texts,
    ...Object.fromEntries(numbers.map((name) => [name, Number(texts[name])])),
    hidden: texts.hidden
      .split(",")
      .filter((size) => size.trim())
      .map(Number),
    augment: texts.augment === "on",
  };
}

// The address has what differs from the first values: #hidden=128&rate=0.1
function toAddress(texts, second) {
  const changed = Object.entries(texts).filter(([name, text]) => text !== SETTINGS[name].value);
  if (second) changed.push(["second", `${second.name}:${second.text}`]);
  return `#${new URLSearchParams(changed)}`;
}

// The lines of params.yaml; all that they do not name stays as it is there.
function toYaml(texts) {
  const lines = { train: ["  learning_rate_schedule: constant"], augment: [] };
  for (const [name, { key }] of Object.entries(SETTINGS)) {
    const [section, parameter] = key.split(".");
    const values = { hidden: `[${texts.hidden}]`, augment: texts.augment === "on" ? "1.0" : "0.0" };
    lines[section].push(`  ${parameter}: ${values[name] ?? texts[name]}`);
  }
  return ["train:", ...lines.train, "augment:", ...lines.augment].join("\n");
}
