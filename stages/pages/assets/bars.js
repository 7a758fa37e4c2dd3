// The probability of each class as a bar.
"use strict";

function probabilityBars(classes, probabilities) {
  const winner = indexOfMax([...probabilities]);
  const rows = classes.map((name, index) => {
    const bar = element("span", { className: "bar" });
    bar.style.width = `${100 * probabilities[index]}%`;
    return element(
      "div",
      { className: index === winner ? "bar-row winner" : "bar-row" },
      element("span", { title: name }, name),
      element("span", { className: "track" }, bar),
      element("span", { className: "value" }, probabilities[index].toFixed(3)),
    );
  });
  return element("div", { className: "bars" }, ...rows);
}
