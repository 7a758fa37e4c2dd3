// Test images to choose from.
"use strict";

function buildTests() {
  IMAGES.forEach((image, index) => {
    const [actual, predicted] = [DATA.classes[image.actual], DATA.classes[image.predicted]];
    const isCorrect = image.actual === image.predicted;
    const thumbnail = document.createElement("canvas");
    paintPixels(thumbnail, SIDE, SIDE, image.pixels, (value) => [value, value, value]);
    const button = element(
      "button",
      { type: "button" },
      thumbnail,
      isCorrect ? actual : `${actual} → ${predicted}`,
    );
    button.title = `Test image ${image.index}: actual ${actual}, predicted ${predicted}`;
    button.dataset.image = index;
    button.addEventListener("click", () => load(index));
    byId(isCorrect ? "correct" : "misclassified").append(button);
  });
  byId("misclassified-title").hidden = byId("misclassified").children.length === 0;
}
