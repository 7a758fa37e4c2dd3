// Is a difference more than chance? As in stages/reporting/metrics.py and
// stages/comparison/significance.py.
"use strict";

const Z_95 = 1.959963984540054; // 97.5 % quantile of the standard normal distribution
const ALPHA = 0.05;

// The 95 % interval of an accuracy (Wilson, 1927).
function accuracyInterval(nCorrect, n) {
  const [accuracy, zSquared] = [nCorrect / n, Z_95 ** 2];
  const centre = accuracy + zSquared / (2 * n);
  const half = Z_95 * Math.sqrt((accuracy * (1 - accuracy)) / n + zSquared / (4 * n ** 2));
  const scale = 1 + zSquared / n;
  return [
    nCorrect === 0 ? 0 : (centre - half) / scale,
    nCorrect === n ? 1 : (centre + half) / scale,
  ];
}

// The p-value of McNemar's exact test: of the images that only one network gets right, each of two
// equally good networks gets about half.
function mcnemar(nWins, nLosses) {
  const n = nWins + nLosses;
  let logTerm = -n * Math.LN2; // of the binomial distribution, at 0 wins
  let tail = Math.exp(logTerm);
  for (let wins = 1; wins <= Math.min(nWins, nLosses); wins++) {
    logTerm += Math.log((n - wins + 1) / wins);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
