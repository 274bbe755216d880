// Rows of a benchmark run: ours, the peer's, their ratio, and the target if there is one.

import { cpus, loadavg } from 'node:os';
import { execFileSync } from 'node:child_process';

export class Report {
  #rows = [];

  constructor(browser) {
    this.browser = browser;
  }

  /**
   * `better` is 'less' or 'more'; `target` a predicate over `(ours, ratio)` with its wording. The ratio is ours : theirs.
   */
  add({ name, ours, theirs, peer, unit, better, target }) {
    const ratio = theirs === undefined ? undefined : ours / theirs;
    const row = [
      name,
      `${format(ours)} ${unit}`,
      theirs === undefined ? '' : `${format(theirs)} ${unit}`,
      peer ?? '',
      ratio === undefined ? '' : `${format(ratio)} × (${better} is better)`,
      target === undefined ? '' : `${target.met(ours, ratio) ? 'met' : 'missed'}: ${target.text}`,
    ];
    this.#rows.push(row);
    console.log(row.filter(Boolean).join(' | '));
  }

  print() {
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
    console.log(`\ncommit ${commit}, ${this.browser}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0].toFixed(1)}\n`);
    const header = ['what', 'Wosix', 'peer', 'which', 'ratio', 'target'];
    const rows = [header, header.map(() => '---'), ...this.#rows];
    const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    for (const row of rows) console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column], cell === '---' ? '-' : ' ')).join(' | ')} |`);
  }
}

function format(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Middle value; of an even number the lower one. */
export function median(values) {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1];
}
