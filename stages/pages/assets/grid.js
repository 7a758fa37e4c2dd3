// A grid of cells on a canvas, one for each neuron or weight: click or arrow keys select one.
"use strict";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const MAX_CELL = 30; // pixels

// Up to three times as many columns as rows, and no gaps in the last row where n allows it.
function gridColumns(n) {
  for (let rows = Math.floor(Math.sqrt(n)); rows >= Math.sqrt(n / 3); rows--) {
    if (n % rows === 0) return n / rows;
  }
  return Math.ceil(Math.sqrt(1.5 * n));
}

class Grid {
  constructor(label, n, onSelect, columns = gridColumns(n)) {
    Object.assign(this, { n, columns, selected: null });
    this.canvas = element("canvas", { className: "grid", tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", `${label}; select one with the arrow keys`);
    this.canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      const column = Math.floor(offsetX / this.cell);
      const index = Math.floor(offsetY / this.cell) * columns + column;
      if (column < columns && index < n) onSelect(index);
    });
    this.canvas.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const [dy, dx] = ARROWS[event.key];
      const index = (this.selected ?? 0) + dy * columns + dx;
      if (index >= 0 && index < n) onSelect(index);
    });
  }

  // Paints each cell in a colour, [red, green, blue], and a frame around the selected one.
  draw(colours, selected) {
    this.selected = selected;
    const { canvas, columns, n } = this;
    const rows = Math.ceil(n / columns);
    this.cell = Math.min(MAX_CELL, (canvas.parentElement.clientWidth || 300) / columns);
    const pixelRatio = window.devicePixelRatio || 1;
    canvas.width = columns * this.cell * pixelRatio;
    canvas.height = rows * this.cell * pixelRatio;
    canvas.style.width = `${columns * this.cell}px`;
    canvas.style.height = `${rows * this.cell}px`;
    const context = canvas.getContext("2d");
    context.scale(pixelRatio, pixelRatio);
    const gap = this.cell > 16 ? 2 : this.cell > 5 ? 1 : 0;
    const size = this.cell - gap;
    colours.forEach((colour, index) => {
      const [x, y] = this.corner(index);
      context.fillStyle = `rgb(${colour})`;
      context.fillRect(x, y, size, size);
    });
    if (selected === null) return;
    const [x, y] = this.corner(selected);
    context.lineWidth = 2;
    context.strokeStyle = cssColor("text");
    context.strokeRect(x + 1, y + 1, size - 2, size - 2);
  }

  corner(index) {
    return [(index % this.columns) * this.cell, Math.floor(index / this.columns) * this.cell];
  }

  // The centre of a cell, in pixels of the window.
  centre(index) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const [x, y] = this.corner(index);
    return [left + x + this.cell / 2, top + y + this.cell / 2];
  }
}
