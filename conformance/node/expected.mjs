// The committed list of tests that are expected to fail or to be skipped, each with its reason.

import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'expected');

/**
 * Reads `expected/*.txt`. A `#` line opens a group with its reason, which goes on over following `#` lines; then one test a line, with
 * `[firefox]`, `[chromium]` or `[native]` behind it when it fails only there.
 * @returns {{failing: Map<string, {reason: string, where: Set<string>}>, errors: string[]}}   `where` is empty: in every browser
 */
export function readExpected() {
  const failing = new Map();
  const errors = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.txt')).sort()) {
    let reason = '';
    let inReason = false;
    for (const [index, line] of readFileSync(path.join(folder, file), 'utf8').split('\n').entries()) {
      const text = line.trim();
      if (text === '') continue;
      if (text.startsWith('#')) {
        reason = inReason ? `${reason} ${text.slice(1).trim()}` : text.slice(1).trim();
        inReason = true;
        continue;
      }
      inReason = false;
      const match = /^(\S+\.m?js)((?: \[(?:firefox|chromium|native)\])*)$/.exec(text);
      if (!match || reason === '') { errors.push(`${file}:${index + 1}: ${match ? 'no reason above' : 'not a test'}: ${text}`); continue; }
      const where = new Set([...match[2].matchAll(/\[(\w+)\]/g)].map((m) => m[1]));
      const known = failing.get(match[1]);
      if (!known) failing.set(match[1], { reason, where });
      else if (where.size === 0 || known.where.size === 0) errors.push(`${file}:${index + 1}: listed twice: ${match[1]}`);
      else for (const place of where) known.where.add(place);
    }
  }
  return { failing, errors };
}

/** Why `name` is expected not to pass in `place` (`chromium`, `firefox` or `native`); undefined when it should pass. */
export function reasonFor(failing, name, place) {
  const entry = failing.get(name);
  if (!entry) return undefined;
  if (entry.where.has(place)) return entry.reason;
  return entry.where.size === 0 && place !== 'native' ? entry.reason : undefined;
}

/** Whether the real Node does not pass `name` either: such a test counts for nobody. */
export function failsNatively(failing, name) {
  return failing.get(name)?.where.has('native') ?? false;
}
