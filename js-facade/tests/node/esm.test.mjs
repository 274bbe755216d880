// ES modules: the same files run by Node itself and by our rewriter and linker; what they print must agree.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { nodeBinary } from '../node-binary.mjs';

const facade = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'wosix-esm-'));
after(() => rmSync(folder, { recursive: true }));

// The linker as one plain module, and a loader of a dozen lines over it that runs in a Node process of its own.
await build({
  stdin: {
    contents: `export { SourceTextRecord, SyntheticRecord, LinkError } from './guest/node/esm/module-record';
export { Transpiler } from './guest/transpile';
export { installAwaits } from './guest/node/continuation-frame';`,
    resolveDir: path.join(facade, 'src'),
  },
  bundle: true,
  format: 'esm',
  outfile: path.join(folder, 'linker.mjs'),
  logLevel: 'error',
});
writeFileSync(path.join(folder, 'loader.mjs'), `
import { readFileSync } from 'node:fs';
import { installAwaits, SourceTextRecord, Transpiler } from './linker.mjs';
for (const letter of 'stabjkre') globalThis['º' + letter] = undefined;
installAwaits((text) => text);
const { instance } = await WebAssembly.instantiate(readFileSync(${JSON.stringify(path.join(facade, 'dist/transpile.wasm'))}), {});
const transpiler = new Transpiler(instance.exports, new TextEncoder(), new TextDecoder());
const records = new Map();
function load(url) {
  let record = records.get(url);
  if (record) return record;
  const source = readFileSync(new URL(url), 'utf8');
  record = new SourceTextRecord(url, source, transpiler.module(source), {
    compile: (code, name) => (0, eval)(code + '\\n//# sourceURL=' + name),
    importMeta: () => Object.assign(Object.create(null), { url }),
    importDynamically: async (specifier) => {
      const target = load(new URL(specifier, url).href);
      target.link();
      await target.evaluate();
      return target.namespace;
    },
  });
  records.set(url, record);
  record.requested = record.description.requests.map(({ specifier }) => load(new URL(specifier, url).href));
  return record;
}
try {
  const main = load(process.argv[2]);
  main.link();
  await main.evaluate();
} catch (error) {
  console.log('failed:', error.name + ':', error.message);
}
`);

let count = 0;

/** Runs `files` from `main.mjs` both ways. */
function same(name, files) {
  test(name, () => {
    const project = path.join(folder, `case-${count++}`);
    mkdirSync(project);
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(project, file), text);
    const main = pathToFileURL(path.join(project, 'main.mjs')).href;
    const native = `try { await import(${JSON.stringify(main)}) } catch (error) { console.log('failed:', error.name + ':', error.message) }`;
    const run = (args) => execFileSync(nodeBinary, args, { encoding: 'utf8' });
    const expected = run(['--input-type=module', '-e', native]);
    const actual = run([path.join(folder, 'loader.mjs'), main]);
    assert.equal(actual, expected);
    assert.notEqual(actual, '', 'a case must print something');
  });
}

same('live bindings', {
  'main.mjs': `import { count, increment } from './counter.mjs'; import * as all from './counter.mjs';
console.log(count, all.count); increment(); console.log(count, all.count, typeof count, { count });`,
  'counter.mjs': 'export let count = 1; export function increment() { count++ }',
});

same('an imported binding cannot be assigned', {
  'main.mjs': `import { a } from './a.mjs'; try { a = 2 } catch (error) { console.log(error.name, error.message) } console.log(a);`,
  'a.mjs': 'export let a = 1',
});

same('cycles with hoisted functions and the temporal dead zone', {
  'main.mjs': `import './a.mjs';`,
  'a.mjs': `import { b, early } from './b.mjs'; export function a() { return 'a' + b() } export const late = 'late'; console.log(a(), early);`,
  'b.mjs': `import { a, late } from './a.mjs'; export function b() { return 'b' } export let early = typeof a;
try { late } catch (error) { console.log(error.name, error.message) } console.log(a.name);`,
});

same('default exports and their names', {
  'main.mjs': `import f from './f.mjs'; import C from './c.mjs'; import g from './g.mjs'; import v from './v.mjs'; import D, { D as E } from './d.mjs';
console.log(f.name, C.name, g.name, v, D === E, f(), g());`,
  'f.mjs': 'export default function () { return 1 }',
  'c.mjs': 'export default class {}',
  'g.mjs': 'export default () => 2',
  'v.mjs': 'export default [1, 2]\n.map((x) => x * 2)',
  'd.mjs': 'export default class D {} export { D }',
});

same('export star, conflicts, renames, namespaces', {
  'main.mjs': `import * as all from './all.mjs'; console.log(Object.keys(all), all.inner.x, all['a b']);
console.log(Object.prototype.toString.call(all), Object.isFrozen(all), Object.isSealed(all), 'x' in all, Reflect.ownKeys(all).length);
console.log(Object.getOwnPropertyDescriptor(all, 'y')); try { all.y = 1 } catch (error) { console.log(error.name) }
console.log(delete all.nothing, Reflect.deleteProperty(all, 'y'), Reflect.set(all, 'y', 2), Object.getPrototypeOf(all));`,
  'all.mjs': `export * from './one.mjs'; export * from './two.mjs'; export * as inner from './one.mjs'; export { y as 'a b' } from './one.mjs';`,
  'one.mjs': 'export const x = 1, y = 2; export default 0',
  'two.mjs': 'export const x = 3, z = 4',
});

same('a missing export', { 'main.mjs': `import { nothing } from './a.mjs';`, 'a.mjs': 'export {}' });
same('an ambiguous export', {
  'main.mjs': `import { x } from './all.mjs';`,
  'all.mjs': `export * from './one.mjs'; export * from './two.mjs';`,
  'one.mjs': 'export const x = 1',
  'two.mjs': 'export const x = 2',
});

same('top-level await: siblings run side by side, parents wait', {
  'main.mjs': `import './slow.mjs'; import './fast.mjs'; import { value } from './slow.mjs'; console.log('main', value);`,
  'slow.mjs': `console.log('slow begins'); export let value = 0; await new Promise((resolve) => setTimeout(resolve, 20)); value = 1; console.log('slow ends');`,
  'fast.mjs': `console.log('fast begins'); await null; console.log('fast ends');`,
});

same('top-level await in a cycle', {
  'main.mjs': `import './a.mjs'; console.log('main');`,
  'a.mjs': `import { b } from './b.mjs'; export let a = 1; console.log('a', b); await 0; console.log('a after');`,
  'b.mjs': `import { a } from './a.mjs'; export let b = 2; await 0; console.log('b'); try { a } catch (error) { console.log(error.name) }`,
});

same('an error in a dependency reaches everyone', {
  'main.mjs': `for (let i = 0; i < 2; i++) try { await import('./parent.mjs') } catch (error) { console.log(i, error.message) }`,
  'parent.mjs': `import './child.mjs'; console.log('never')`,
  'child.mjs': `console.log('child'); throw new Error('broken')`,
});

same('a rejected top-level await', {
  'main.mjs': `try { await import('./parent.mjs') } catch (error) { console.log(error.message) } console.log('on');`,
  'parent.mjs': `import './child.mjs'; console.log('never')`,
  'child.mjs': `await 1; throw new Error('later')`,
});

same('import.meta, dynamic import, this, arguments of calls', {
  'main.mjs': `import { who, tag } from './who.mjs'; import * as ns from './who.mjs';
console.log(new URL(import.meta.url).pathname.split('/').pop(), this, who(), ns.who() === ns, who?.(), tag\`t\`, (0, who)());
const { who: again } = await import('./who.mjs'); console.log(again === who);
const o = { who, n: 1 }; console.log(o.who() === o);`,
  'who.mjs': 'export function who() { return this } export const tag = function () { return this === undefined }',
});

same('statements without semicolons', {
  'main.mjs': `import { f } from './f.mjs'
let a = 1
f(a)
let b = a
f\`x\`
export { a }
(function () { console.log('called', a, b) })()
if (b) f(b); else f(0)
for (const x of [1]) f(x)
label: f(7)
switch (1) { case 1: f(8) }
const g = () => f(9)
g()
export const c = 1
;[c].forEach((x) => f(x))`,
  'f.mjs': 'export function f(...x) { console.log(...x.map(String)) }',
});

same('shadowing, destructuring, classes, generators', {
  'main.mjs': `import { a, b } from './ab.mjs';
function f(a) { return a } const g = ({ b = a }) => b; class K extends b { [a] = a; static s = a; #p = a; get p() { return this.#p } }
{ let a = 'inner'; console.log(a, { a }); } try { throw 'caught' } catch (a) { console.log(a) }
const { [a]: picked = b.name } = {}; function* gen() { yield a; yield* [a] }
console.log(f(1), g({}), new K().p, K.s, picked, [...gen()], typeof a, a ? 1 : 2, \`\${a}\`, new b().constructor === b, ((x = a) => x)());
for (let a = 0; a < 1; a++) console.log(a); console.log(eval('1'), (() => { var a = 3; return a })());`,
  'ab.mjs': `export const a = 'A'; export class b {}`,
});

same('hashbang, comments, regular expressions, strings and templates are left alone', {
  'main.mjs': `#!/usr/bin/env node
// import { no } from 'nothing'
import { a } from './a.mjs' /* import x from 'y' */
console.log('import a', "a", /a/.test('a'), \`a \${a} a\`, a)`,
  'a.mjs': `export { a }; var a = 'value' // the end`,
});
