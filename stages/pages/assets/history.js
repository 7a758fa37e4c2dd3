// What is drawn or selected now, and what was before: undo.
"use strict";

const EMPTY = { strokes: [], image: null, shift: [0, 0] };
let state = EMPTY;
const history = [];

function setState(next) {
  history.push(state);
  state = next;
  render();
}

function undo() {
  endStroke();
  if (history.length === 0) return;
  state = history.pop();
  render();
  play();
}

function clear() {
  endStroke();
  if (state !== EMPTY) setState(EMPTY);
}

function load(image) {
  endStroke();
  setState({ strokes: [], image, shift: [0, 0] });
  play();
}

function nudge([dy, dx]) {
  if (state.image === null) return;
  setState({ ...state, shift: [state.shift[0] + dy, state.shift[1] + dx] });
}
