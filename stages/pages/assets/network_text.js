// What the pages say about a trained model.
"use strict";

function networkText({ dataset, ensembleSize, sizes, activation, loss }) {
  const network = ensembleSize > 1 ? `an ensemble of ${ensembleSize} networks` : "a network";
  const functions = `${activation}, ${loss.replace("_", " ")}`;
  return `Dataset “${dataset}”; ${network} of ${sizes.join(" → ")} neurons (${functions}).`;
}
