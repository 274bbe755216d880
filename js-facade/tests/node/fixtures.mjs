// The programs that hold our Node runtime against Node itself, and what the real one printed for each.
//
// A case is a file of `fixtures/` that Node runs (`name.js`, `.cjs`, `.mjs`, `.ts`, ...), a folder of it with a `main.*`, or an entry of
// `fixtures/command-lines.json`: `{ name: { args, stdin?, env? } }`. Expectations are `name.expected.json` (`command-lines.expected.json` holds
// its entries' by name), written by `record-fixtures.mjs`; `name.firefox.expected.json` stands in where that engine cannot answer the same, and
// `name.node26.expected.json` where that version answers otherwise than the default one.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { majorOf, versions } from '../../scripts/node-lib/versions.mjs';

export const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'fixtures');

/** Where the fixtures are in a container, and so in all that is recorded. */
export const workdir = '/home/project';

const PROGRAM = /\.(?:js|cjs|mjs|ts|cts|mts)$/;
const COMMAND_LINES = 'command-lines';

const readJson = (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

/** `{ name, args, stdin, env }`, sorted by name. */
export function cases() {
  const list = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      const main = readdirSync(path.join(folder, entry.name)).find((name) => /^main\./.test(name));
      if (main) list.push({ name: entry.name, args: [`${entry.name}/${main}`] });
    } else if (PROGRAM.test(entry.name)) {
      list.push({ name: entry.name.replace(PROGRAM, ''), args: [entry.name] });
    }
  }
  for (const [name, options] of Object.entries(readJson(`${COMMAND_LINES}.json`))) list.push({ name: `${COMMAND_LINES}/${name}`, ...options });
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The major version whose expectations are those of all versions without one of their own. */
export const DEFAULT_NODE = majorOf(versions[0].version);

/** Splits `command-lines/name`; `file` is that of a major version's own expectation. */
export function expectationOf(name, node = DEFAULT_NODE) {
  const [file, entry] = name.split('/');
  return { file: node === DEFAULT_NODE ? `${file}.expected.json` : `${file}.node${node}.expected.json`, entry };
}

/** `{ stdout, stderr, code }` that Node of major version `node` in `browser` has to answer. */
export function expected({ name }, browser, node = DEFAULT_NODE) {
  const { file, entry } = expectationOf(name);
  const own = file.replace('.expected.', `.${browser}.expected.`);
  const ofVersion = node === DEFAULT_NODE ? [] : [expectationOf(name, node).file];
  for (const candidate of [...ofVersion, own, file]) {
    if (!existsSync(path.join(folder, candidate))) continue;
    const content = readJson(candidate);
    const result = entry === undefined ? content : content[entry];
    if (result) return result;
  }
  throw new Error(`${name} has no expectation: run node tests/node/record-fixtures.mjs ${name}`);
}

/** Takes out of an output what differs from run to run. */
export function normalise({ stdout, stderr, code }) {
  const text = (output) => output.replace(/\(node:\d+\)/g, '(node:PID)');
  return { stdout: text(stdout), stderr: text(stderr), code };
}

/** Frames of a stack trace that are compared. An engine's limit of ten counts this worker's own frames too, which are then hidden. */
const FRAMES = 7;

/**
 * What has to be equal. Firefox has no structured stack traces, so that its frames lack the receivers' types and some of its columns differ:
 * which functions were called from where is compared in Chromium, there only that there is a trace. Engines word their own errors
 * differently, and SpiderMonkey tells where an error was made, not where it was thrown.
 */
export function comparable({ stdout, stderr, code }, browser) {
  const firefox = browser === 'firefox';
  const shorten = (trace) => (firefox ? '    at ...\n' : trace.split(/(?<=\n)/).slice(0, FRAMES).join(''));
  // The properties of an error open their brace on the last frame's line.
  const text = (output) => output.replace(/^( +at .*) \{$/gm, '$1\n{').replace(/(?:^ +at .*\n?)+/gm, shorten);
  const engine = (output) => (firefox ? output.replace(/^((?:Syntax|Type)Error): .*/gm, '$1: ...').replace(/^\S+:\d+\n.*\n *\^+$/m, 'FILE:LINE') : output);
  return { stdout: text(stdout), stderr: engine(text(stderr)), code };
}

/** All files as a tree for `container.mount`. */
export function tree(directory = folder) {
  return Object.fromEntries(readdirSync(directory, { withFileTypes: true }).map((entry) => {
    const file = path.join(directory, entry.name);
    return [entry.name, entry.isDirectory() ? { directory: tree(file) } : { file: { contents: readFileSync(file, 'utf8') } }];
  }));
}
