// Writes what the pinned Node prints for the fixtures, with the container's paths in the place of this machine's.
// usage: node record-fixtures.mjs [--node MAJOR] [NAME PREFIX...]    without names: those that have no expectation yet; `--all`: every one
// For another version than the default one only what it prints otherwise is kept; without names: every one.

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { nodeBinaryOf } from '../node-binary.mjs';
import { DEFAULT_NODE, cases, comparable, expectationOf, expected, folder, normalise, workdir } from './fixtures.mjs';

const { values: { node, all }, positionals: wanted } = parseArgs({
  options: { node: { type: 'string', default: DEFAULT_NODE }, all: { type: 'boolean' } }, allowPositionals: true,
});
const nodeBinary = nodeBinaryOf(node);
/** Anything but Firefox: what it answers is compared as it is. */
const EXACT = 'chromium';
// A copy, since programs may write beside themselves; as long a name as the container's (with the usual /tmp), since inspection breaks lines by width.
const copy = realpathSync(mkdtempSync(path.join(tmpdir(), 'wo')));
cpSync(folder, copy, { recursive: true });

// What a process in a container finds, as far as the fixtures look.
const environment = { PATH: `${path.dirname(nodeBinary)}:/usr/bin:/bin`, HOME: '/home' };
const local = (text) => text.replaceAll(copy, workdir).replaceAll(nodeBinary, '/usr/local/bin/node');

try {
  for (const { name, args, stdin = '', env } of cases()) {
    const { file, entry } = expectationOf(name, node);
    const target = path.join(folder, file);
    const content = existsSync(target) ? JSON.parse(readFileSync(target, 'utf8')) : {};
    const known = node === DEFAULT_NODE && (entry === undefined ? existsSync(target) : entry in content);
    if (!(all || wanted.some((prefix) => name.startsWith(prefix)) || (wanted.length === 0 && !known))) continue;
    const { stdout, stderr, status, signal } = spawnSync(nodeBinary, args, {
      cwd: copy, encoding: 'utf8', input: stdin, env: { ...environment, ...env }, argv0: 'node', maxBuffer: 1 << 28,
    });
    const result = normalise({ stdout: local(stdout), stderr: local(stderr), code: status ?? 128 + constants.signals[signal] });
    const { [entry]: _before, ...others } = content;
    const same = node !== DEFAULT_NODE && isDeepStrictEqual(comparable(result, EXACT), comparable(expected({ name }, EXACT), EXACT));
    if (!same) {
      writeFileSync(target, `${JSON.stringify(entry === undefined ? result : { ...content, [entry]: result }, null, 2)}\n`);
      console.log(name);
    } else if (entry !== undefined && Object.keys(others).length > 0) {
      writeFileSync(target, `${JSON.stringify(others, null, 2)}\n`);
    } else {
      rmSync(target, { force: true });
    }
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
