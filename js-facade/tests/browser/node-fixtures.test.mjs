// Our Node runtime against Node itself: each fixture has to print and to exit as the real one did (tests/node/fixtures.mjs).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { majorOf, versions } from '../../scripts/node-lib/versions.mjs';
import { DEFAULT_NODE, cases, comparable, expected, normalise, tree } from '../node/fixtures.mjs';
import { eachBrowser, run } from './harness.mjs';

const TIMEOUT = 60_000;

/** Expected to differ; the reasons are in COMPAT.md. They run, and count neither as passed nor as failed. */
const DIFFERENT = {
  'command-lines/print-promise': 'no page can see the state of a promise',
  'command-lines/eval-syntax-error': "the message of Node's type stripper, which is another parser",
};
/** The same of one version. */
const DIFFERENT_IN = {
  26: { 'crypto-ciphers': 'it lists ciphers of OpenSSL that we do not have' },
};

/** The default version runs in each browser; the others in Chromium alone, since what differs between engines was seen by then. */
const NODES = versions.map(({ version }) => majorOf(version));

for (const node of NODES) {
  eachBrowser(`node ${node} fixtures`, (context) => {
    if (node !== DEFAULT_NODE && context.name !== 'chromium') return;
    let page;
    before(async () => {
      page = await context.container({ node });
      await page.evaluate((files) => container.mount(files), tree());
    });
    after(() => page?.close());

    for (const fixture of cases()) {
      test(fixture.name, { timeout: TIMEOUT, todo: DIFFERENT[fixture.name] ?? DIFFERENT_IN[node]?.[fixture.name] }, async () => {
        const { args, stdin, env } = fixture;
        const actual = normalise(await run(page, 'node', args, { stdin, env }));
        assert.deepEqual(comparable(actual, context.name), comparable(expected(fixture, context.name, node), context.name));
      });
    }
  });
}
