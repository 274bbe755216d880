// What a run says: a table of modules, and where it differs from what was expected.

import { failsNatively, reasonFor } from './expected.mjs';

/**
 * Tests whose result is not the expected one: failures that nobody listed, and listed ones that pass.
 * @returns {{test: import('./tests.mjs').Test, name: string, status: string, reason?: string}[]}
 */
export function differences(tests, results, failing, place) {
  const different = [];
  for (const test of tests) {
    const result = results[test.name];
    if (!result) continue;
    const reason = reasonFor(failing, test.name, place);
    const bad = result.status === 'fail';
    // A skip is the test's own decision: neither a success nor a difference.
    if (bad && reason === undefined && !(place !== 'native' && failsNatively(failing, test.name))) different.push({ test, name: test.name, status: 'fail' });
    if (result.status === 'pass' && reason !== undefined) different.push({ test, name: test.name, status: 'pass', reason });
  }
  return different;
}

/**
 * One line a module: all tests that ran, and those that count: they pass on the real Node and use none of its internals and no flags of V8.
 * A skip counts as not passed there.
 */
export function printTable(tests, results, failing) {
  const rows = new Map();
  const row = (module) => {
    if (!rows.has(module)) rows.set(module, { pass: 0, fail: 0, skip: 0, counted: 0, countedPass: 0 });
    return rows.get(module);
  };
  for (const test of tests) {
    const status = results[test.name]?.status;
    if (!status) continue;
    for (const line of [row(test.module), row('all')]) {
      line[status] += 1;
      if (test.internal || failsNatively(failing, test.name)) continue;
      line.counted += 1;
      if (status === 'pass') line.countedPass += 1;
    }
  }
  const all = rows.get('all');
  rows.delete('all');
  if (!all) return;
  const percent = ({ counted, countedPass }) => (counted === 0 ? '' : `${((100 * countedPass) / counted).toFixed(1)} %`);
  const print = (module, line) => console.log(
    module.padEnd(20) + [line.pass, line.fail, line.skip].map((n) => String(n).padStart(6)).join('') + `${line.countedPass}/${line.counted}`.padStart(12) + percent(line).padStart(9),
  );
  console.log(`${'module'.padEnd(20)}  pass  fail  skip     counted`);
  for (const [module, line] of [...rows].sort((a, b) => b[1].counted - a[1].counted || (a[0] < b[0] ? -1 : 1))) print(module, line);
  print('all', all);
}

export function printDifferences(different) {
  const failed = different.filter(({ status }) => status === 'fail');
  const passed = different.filter(({ status }) => status === 'pass');
  if (failed.length > 0) console.log(`\n${failed.length} failed unexpectedly:\n${failed.map(({ name }) => `  ${name}`).join('\n')}`);
  if (passed.length > 0) console.log(`\n${passed.length} passed though expected to fail:\n${passed.map(({ name, reason }) => `  ${name}  (${reason})`).join('\n')}`);
  console.log(`\n${different.length} differences from conformance/node/expected`);
}
