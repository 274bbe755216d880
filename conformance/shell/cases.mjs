// What is run: the table of this folder and busybox's scripts, as one kind of case.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = path.dirname(fileURLToPath(import.meta.url));

/**
 * @typedef {{name: string, script: string, code: number, output: string}} Row   a script of the table, and what its oracle made of it
 */

/**
 * The rows of one file of the table: a script, `>>> exit code`, its standard output, `---`.
 * @param {string} file   in `table/`
 * @returns {Row[]}
 */
export function readTable(file) {
  const topic = file.replace(/\.txt$/, '');
  const blocks = readFileSync(path.join(here, 'table', file), 'utf8').split('---\n').filter((block) => block !== '');
  return blocks.map((block, index) => {
    const [, script, code, output] = /^([^]*?)^>>> (\d+)\n([^]*)$/m.exec(block) ?? [];
    if (script === undefined) throw new Error(`${file}: block ${index + 1} has no ">>> exit code"`);
    return { name: `${topic}/${index + 1}`, script, code: Number(code), output };
  });
}

/** The files of the table. @returns {string[]} */
export function tableFiles() {
  return readdirSync(path.join(here, 'table')).filter((name) => name.endsWith('.txt')).sort();
}

/** The shell whose behaviour a file of the table tells. */
export function oracleOf(file) {
  return file.startsWith('bash') ? 'bash' : 'dash';
}

/**
 * busybox's scripts: `ash-x/y.tests` that have a `.right` beside them.
 * @param {string} root   its `shell/ash_test`
 * @returns {{name: string, folder: string, file: string, right: string}[]}
 */
export function readAshTests(root) {
  const folders = readdirSync(root).filter((name) => name.startsWith('ash-')).sort();
  return folders.flatMap((folder) => {
    const files = new Set(readdirSync(path.join(root, folder)));
    const scripts = [...files].filter((name) => name.endsWith('.tests') && files.has(name.replace(/\.tests$/, '.right'))).sort();
    return scripts.map((file) => ({
      name: `${folder}/${file.replace(/\.tests$/, '')}`, folder, file,
      right: readFileSync(path.join(root, folder, file.replace(/\.tests$/, '.right')), 'latin1'),
    }));
  });
}

/**
 * Messages of busybox's shell in dash's words, which are ours: `x: eval: line 3: syntax error: unexpected ")"` is dash's
 * `x: 3: eval: Syntax error: ")" unexpected`. Under `-c` busybox counts lines from 0. What dash adds at the end is left out.
 */
export function inDashsWords(output) {
  return output
    .replace(/^(\S+): ((?:\S+: )?)line (\d+): /gm, (_, name, builtin, line) => `${name}: ${line === '0' ? 1 : line}: ${builtin}`)
    .replace(/syntax error: unexpected (.*)$/gm, 'Syntax error: $1 unexpected')
    .replace(/syntax error: bad substitution/g, 'Bad substitution')
    .replace(/syntax error: (unterminated|missing)/g, (_, word) => `Syntax error: ${word[0].toUpperCase()}${word.slice(1)}`)
    .replace(/can't create (.*): nonexistent directory/g, 'cannot create $1: Directory nonexistent')
    .replace(/can't open (.*): no such file/g, 'cannot open $1: No such file')
    .replace(/illegal option/g, 'Illegal option')
    .replace(/invalid signal specification/g, 'bad trap')
    .replace(/arithmetic syntax error$/gm, 'arithmetic expression')
    .replace(/divide by zero$/gm, 'arithmetic expression')
    .replace(/^ash: write error/gm, 'echo: write error')
    .replace(/arithmetic expression: .*$/gm, 'arithmetic expression')
    .replace(/ \(expecting ".*"\)$/gm, '');
}

/**
 * The committed list of busybox's scripts that differ: a `#` line gives the reason for the lines below it, `[native]` or `[browser]` behind a
 * name limits it to that place.
 * @param {'native' | 'browser'} place
 * @returns {Map<string, string>}   reason by name
 */
export function readExpected(place) {
  const reasons = new Map();
  let reason = '';
  for (const line of readFileSync(path.join(here, 'expected.txt'), 'utf8').split('\n')) {
    if (line.startsWith('#')) { reason = line.slice(1).trim(); continue; }
    const match = /^(\S+)(?: \[(native|browser)\])?$/.exec(line);
    if (line === '') continue;
    if (!match || reason === '') throw new Error(`expected.txt: ${line}`);
    if (match[2] === undefined || match[2] === place) reasons.set(match[1], reason);
  }
  return reasons;
}
