// Tables, and images with captions.
"use strict";

// An image of the shape that the page's data gives.
function picture({ index, pixels }) {
  const [rows, columns] = DATA.imageShape;
  const target = element("canvas");
  target.setAttribute("role", "img");
  target.setAttribute("aria-label", `Test image ${index}`);
  paintPixels(target, columns, rows, decodeBytes(pixels), (value) => [value, value, value]);
  return target;
}

// captionOf: image -> what is written below it.
function gallery(images, captionOf) {
  const figures = images.map((image) =>
    element(
      "figure",
      {},
      ...(image.pixels ? [picture(image)] : []),
      element("figcaption", {}, ...captionOf(image)),
    ),
  );
  return element("div", { className: "thumbnails" }, ...figures);
}

// rows: the titles first; the first cell of each names it. A cell is a text or an element.
function table([titles, ...rows], className) {
  // Long names of parameters break after an underscore.
  const name = (text) => text.split(/(?<=_)/).flatMap((part) => [part, element("wbr")]);
  const cells = ([first, ...others]) => [
    element("th", { scope: "row" }, ...name(first)),
    ...others.map((cell) => element("td", {}, cell)),
  ];
  return element(
    "table",
    { className: `table ${className}` },
    element(
      "thead",
      {},
      element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title))),
    ),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))),
  );
}
