// Our Node runtime against Node itself: each fixture has to print and to exit as the real one did (tests/node/fixtures.mjs).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cases, expected, normalise, tree } from '../node/fixtures.mjs';
import { eachBrowser, run } from './harness.mjs';

const TIMEOUT = 30_000;

/**
 * Firefox has no structured stack traces, so that its frames lack the receivers' types and some of its columns differ. Which functions were
 * called from where is compared in Chromium; here only that there is a trace.
 */
function withoutFrames({ stdout, stderr, code }) {
  const text = (output) => output.replace(/(?:^ {4}at .*\n?)+/gm, '    at ...\n');
  return { stdout: text(stdout), stderr: text(stderr), code };
}

eachBrowser('node fixtures', (context) => {
  let page;
  before(async () => {
    page = await context.container();
    await page.evaluate((files) => container.mount(files), tree());
  });
  after(() => page?.close());

  for (const fixture of cases()) {
    test(fixture.name, { timeout: TIMEOUT }, async () => {
      const { args, stdin, env } = fixture;
      const compared = context.name === 'firefox' ? withoutFrames : (result) => result;
      const actual = normalise(await run(page, 'node', args, { stdin, env }));
      assert.deepEqual(compared(actual), compared(expected(fixture, context.name)));
    });
  }
});
