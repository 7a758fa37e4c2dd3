// A trainer in a worker of its own, so that the page stays alive.
"use strict";

let trainer = null; // in the worker

// In the worker: does what the page asks for, and reports.
function answer({ data: { method, args } }) {
  let result = null;
  if (method === "start") trainer = new Trainer(...args);
  else result = trainer[method](...args);
  postMessage({ result, report: trainer.report() });
}

if (typeof document === "undefined") onmessage = answer;

// In the page.
class WorkerTrainer {
  constructor() {
    // The page is one file: the worker's code is that of its own scripts.
    const scripts = [...document.querySelectorAll("script.worker")];
    const source = new Blob(scripts.map(({ textContent }) => `${textContent}\n`));
    this.worker = new Worker(URL.createObjectURL(source));
    this.last = Promise.resolve();
  }

  // Calls a method of the trainer, after those that were asked for before.
  ask(method, ...args) {
    this.last = this.last.then(
      () =>
        new Promise((resolve) => {
          this.worker.onmessage = ({ data }) => resolve(data);
          this.worker.postMessage({ method, args });
        }),
    );
    return this.last;
  }

  stop() {
    this.worker.terminate();
  }
}
