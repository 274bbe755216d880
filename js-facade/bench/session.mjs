// A served Wosix and a browser with a profile of its own, whose traffic is metered on the way.

import { createServer, request as httpRequest } from 'node:http';
import { startBrowser, startServe } from '../tests/browser/harness.mjs';

export class Session {
  /** Compressed bytes of bodies that the browser has fetched so far. */
  bytes = 0;

  /** `browser` is `chromium` or `firefox`. */
  static async open(browser) {
    const session = new Session();
    session.server = await startServe();
    await session.#meter(new URL(session.server.origin).port);
    session.running = await startBrowser(browser);
    session.browser = session.running.browser;
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
    await this.running.stop();
    this.meter.close();
    this.meter.closeAllConnections();
    this.server.stop();
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
