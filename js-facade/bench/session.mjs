// A served Wosix and a Chromium with a profile of its own, whose traffic is metered on the way.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

const facade = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

export class Session {
  /** Compressed bytes of bodies that the browser has fetched so far. */
  bytes = 0;

  static async open() {
    const session = new Session();
    session.server = spawn(process.execPath, [path.join(facade, 'bin/wosix.js'), 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const port = await new Promise((resolve, reject) => {
      let text = '';
      session.server.stdout.on('data', (chunk) => {
        text += chunk;
        const found = /http:\/\/wosix\.localhost:(\d+)/.exec(text);
        if (found) resolve(Number(found[1]));
      });
      session.server.on('exit', () => reject(new Error('wosix serve ended')));
    });
    await session.#meter(port);
    session.profile = await mkdtemp(path.join(tmpdir(), 'wosix-bench-'));
    session.browser = await puppeteer.launch({
      browser: 'chrome',
      executablePath: process.env.CHROME_PATH ?? findChromium(),
      headless: true,
      userDataDir: session.profile,
      protocolTimeout: 0,
      args: ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    });
    return session;
  }

  /** A fresh page on Wosix's origin, without a container. */
  async page() {
    const page = await this.browser.newPage();
    page.on('pageerror', (error) => console.error('page:', error));
    await page.goto(`${this.origin}/wosix/pages/blank.html`);
    return page;
  }

  /** A page with a container in `globalThis.container`. */
  async container() {
    const page = await this.page();
    await page.evaluate(async () => {
      const { WebContainer, configure } = await import('/wosix/index.js');
      configure({ registry: '/-/registry/' });
      globalThis.container = await WebContainer.boot({ workdirName: 'project' });
    });
    return page;
  }

  async close() {
    await this.browser.close();
    this.meter.close();
    this.meter.closeAllConnections();
    this.server.kill();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async #meter(target) {
    this.meter = createServer((incoming, outgoing) => {
      const headers = { ...incoming.headers };
      // Bytes are counted as gzip, whatever the browser would take.
      if (headers['accept-encoding']) headers['accept-encoding'] = 'gzip';
      const forwarded = httpRequest({ host: '127.0.0.1', port: target, method: incoming.method, path: incoming.url, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.on('data', (chunk) => { this.bytes += chunk.length; });
        answer.pipe(outgoing);
      });
      forwarded.on('error', () => outgoing.destroy());
      incoming.pipe(forwarded);
    });
    await new Promise((resolve) => this.meter.listen(0, '127.0.0.1', resolve));
    this.origin = `http://wosix.localhost:${this.meter.address().port}`;
  }
}

function findChromium() {
  const { existsSync } = process.getBuiltinModule('node:fs');
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
      const program = path.join(folder, name);
      if (existsSync(program)) return program;
    }
  }
  throw new Error('no Chromium in PATH; name it by CHROME_PATH');
}
