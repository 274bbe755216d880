// Loads a tree of 1,000 CommonJS files and one of 1,000 ES modules: each file loads two more, and has about a kilobyte of functions.

const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

const COUNT = 1000;
const PER_FOLDER = 50;

const fileOf = (i, extension) => `part-${Math.floor(i / PER_FOLDER)}/module-${i}.${extension}`;

function sourceOf(i, extension) {
  const children = [2 * i + 1, 2 * i + 2].filter((child) => child < COUNT);
  const load = children.map((child) => (extension === 'cjs'
    ? `const { sum: sum${child} } = require('../${fileOf(child, extension)}');`
    : `import { sum as sum${child} } from '../${fileOf(child, extension)}';`));
  const functions = Array.from({ length: 6 }, (_, f) => `
/** Function ${f} of module ${i}. */
function work${f}(values, { scale = ${f + 1}, offset = ${i} } = {}) {
  const scaled = values.map((value) => value * scale + offset);
  return scaled.filter((value) => value % 2 === 0).length;
}`);
  const exported = ['sum', ...functions.map((_, f) => `work${f}`)].join(', ');
  return `${load.join('\n')}
${functions.join('\n')}

const sum = ${i}${children.map((child) => ` + sum${child}`).join('')};
${extension === 'cjs' ? `module.exports = { ${exported} };` : `export { ${exported} };`}
`;
}

/** Writes the tree, and returns the path of its root. */
function tree(extension) {
  const root = path.join(process.env.BENCH_ROOT, extension);
  if (!fs.existsSync(root)) {
    for (let i = 0; i < COUNT; i++) {
      const file = path.join(root, fileOf(i, extension));
      if (i % PER_FOLDER === 0) fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, sourceOf(i, extension));
    }
  }
  return path.join(root, fileOf(0, extension));
}

async function timed(name, load) {
  const begin = performance.now();
  const { sum } = await load();
  const value = performance.now() - begin;
  if (sum !== (COUNT * (COUNT - 1)) / 2) throw new Error(`${name}: wrong sum ${sum}`);
  return { name, value, unit: 'ms', better: 'less' };
}

(async () => {
  const cjs = tree('cjs');
  const esm = pathToFileURL(tree('mjs'));
  console.log(JSON.stringify([
    await timed('require 1,000 CommonJS files', () => require(cjs)),
    await timed('import 1,000 ES modules', () => import(esm)),
  ]));
})();
