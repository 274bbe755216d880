// The web IDE, used as a person uses it: it opens with an Express project that runs, an edit is saved and shows after a restart, the
// terminal answers.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eachBrowser, facade } from './harness.mjs';

const SCREENSHOTS = process.env.WOSIX_SCREENSHOTS;

eachBrowser('the IDE', (context) => {
  let page;
  before(async () => {
    page = await context.browser.newPage();
    page.on('pageerror', (error) => console.error('page error:', error));
    await page.setViewport({ width: 1440, height: 900 });
    await page.goto(`${context.origin}/`);
  });
  after(() => page?.close());

  const preview = async () => page.frames().find((frame) => /--3000\./.test(frame.url()) && !frame.url().includes('__wosix'));
  const screenshot = async (name) => {
    if (!SCREENSHOTS) return;
    mkdirSync(path.resolve(facade, SCREENSHOTS), { recursive: true });
    await page.screenshot({ path: path.join(path.resolve(facade, SCREENSHOTS), `${name}-${context.name}.png`) });
  };
  const type = async (line) => {
    await page.click('#terminal');
    await page.keyboard.type(`${line}\r`);
  };

  test('the Express project installs, starts and shows in the preview', async () => {
    await page.waitForFunction(() => document.getElementById('status').dataset.state === 'ready' || document.getElementById('status').dataset.state === 'failed', { timeout: 90_000 });
    assert.match(await page.$eval('#status', (status) => status.textContent), /Running on port 3000/);
    await page.waitForFunction(() => document.getElementById('frame').src !== '', { timeout: 10_000 });
    const text = await waitFor(async () => (await preview())?.evaluate(() => document.querySelectorAll('li').length === 2 && document.querySelector('footer').textContent));
    assert.match(text, /Express 5\.\d+\.\d+ · Node\.js v24\.\d+\.\d+ · linux/);
    await screenshot('ide');
  });

  test('a form in the preview posts to the server, which writes a file', async () => {
    const frame = await preview();
    await frame.evaluate(() => {
      document.forms[0].text.value = 'written in the preview';
      document.forms[0].requestSubmit();
    });
    await waitFor(() => frame.evaluate(() => document.body.textContent.includes('written in the preview')));
  });

  test('an edit shows after a restart', async () => {
    await page.evaluate(() => [...document.querySelectorAll('#tree li[data-path]')].find((item) => item.dataset.path === 'public/index.html').firstElementChild.click());
    await waitFor(() => page.evaluate(() => document.querySelector('.cm-content')?.textContent.includes('<h1>Notes</h1>')));
    // As typed: at the place of the heading's text.
    await page.evaluate(() => {
      const line = [...document.querySelectorAll('.cm-line')].find((candidate) => candidate.textContent.includes('<h1>Notes</h1>'));
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const at = walker.currentNode.data.indexOf('Notes');
        if (at >= 0) getSelection().setBaseAndExtent(walker.currentNode, at, walker.currentNode, at + 5);
      }
    });
    await page.keyboard.type('Changed');
    await new Promise((resolve) => setTimeout(resolve, 600));
    await page.click('#run');
    await waitFor(async () => (await preview())?.evaluate(() => document.querySelector('h1')?.textContent === 'Changed'));
  });

  test('the terminal answers', async () => {
    await page.evaluate(() => document.getElementById('terminal').querySelector('textarea').focus());
    await page.keyboard.down('Control');
    await page.keyboard.press('c');
    await page.keyboard.up('Control');
    await type('echo $((6 * 7)) from jsh');
    await waitFor(() => page.evaluate(() => document.querySelector('#terminal .xterm-rows').textContent.includes('42 from jsh')));
  });
});

/** First truthy answer within 20 s. */
async function waitFor(ask) {
  const until = Date.now() + 20_000;
  for (;;) {
    let answer;
    try {
      answer = await ask();
    } catch (error) {
      // A frame that navigates loses its context: it is asked again.
      if (Date.now() > until) throw error;
    }
    if (answer) return answer;
    if (Date.now() > until) throw new Error(`still not: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
