// A served Wosix, and browsers with pages on it. Every test file of this folder runs its tests in each browser.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';

export const facade = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const repository = path.join(facade, '..');

/** Both, or those that `WOSIX_BROWSERS` names (comma between). */
export const BROWSERS = (process.env.WOSIX_BROWSERS ?? 'chromium,firefox').split(',');

const PROGRAMS = {
  chromium: { variable: 'CHROME_PATH', names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], applications: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'] },
  firefox: { variable: 'FIREFOX_PATH', names: ['firefox', 'firefox-esr'], applications: ['/Applications/Firefox.app/Contents/MacOS/firefox'] },
};

export function findBrowser(name) {
  const { variable, names, applications } = PROGRAMS[name];
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = [process.env[variable], ...names.flatMap((program) => folders.map((folder) => path.join(folder, program))), ...applications];
  const found = candidates.find((candidate) => candidate && existsSync(candidate));
  if (!found) throw new Error(`no ${name} found; name it by ${variable}`);
  return found;
}

/** Starts `wosix serve`; answers its origin and a function that ends it. */
export async function serve(args = []) {
  const server = spawn(process.execPath, [path.join(facade, 'bin/wosix.js'), 'serve', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const origin = await new Promise((resolve, reject) => {
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
      const found = /http:\/\/wosix\.localhost:\d+/.exec(text);
      if (found) resolve(found[0]);
    });
    server.on('exit', (code) => reject(new Error(`wosix serve ended with ${code}: ${text}`)));
  });
  return { origin, stop: () => server.kill() };
}

/** A browser with a profile of its own (an incognito one slows storage down a hundredfold). */
export async function launch(name) {
  const profile = await mkdtemp(path.join(tmpdir(), 'wosix-test-'));
  const browser = await puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath: findBrowser(name),
    headless: true,
    userDataDir: profile,
    protocolTimeout: 0,
    args: name === 'firefox' ? [] : [
      '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic',
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  });
  return {
    browser,
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** Declares tests for each browser. `declare` gets an object whose `page()` opens a fresh isolated page while tests run. */
export function eachBrowser(title, declare) {
  for (const name of BROWSERS) {
    describe(`${title} in ${name}`, () => {
      const context = { name };
      let server, running;
      before(async () => {
        server = await serve();
        running = await launch(name);
        context.origin = server.origin;
        context.browser = running.browser;
      });
      after(async () => {
        await running?.close();
        server?.stop();
      });
      /** A page without a container, at an isolated address. */
      context.page = async () => {
        const page = await running.browser.newPage();
        page.on('pageerror', (error) => console.error(`${name}: page error:`, error));
        await page.goto(`${server.origin}/wosix/pages/blank.html`);
        return page;
      };
      /** A page with a container; see `bootIn`. */
      context.container = async () => {
        const page = await context.page();
        await bootIn(page);
        return page;
      };
      declare(context);
    });
  }
}

/**
 * Boots a container in a page as `globalThis.container`, and gives the page `run(command, args, options)`, which answers
 * `{stdout, stderr, code}` with both outputs apart; `options.stdin` is a text to write.
 */
export async function bootIn(page, options = { workdirName: 'project' }) {
  await page.evaluate(async (options) => {
    const { WebContainer } = await import('/wosix/index.js');
    globalThis.WebContainer = WebContainer;
    globalThis.container = await WebContainer.boot(options);
    globalThis.run = async (command, args = [], { stdin, ...options } = {}) => {
      const process = await container.wosix.spawn(command, args, options);
      const text = async (stream) => {
        const decoder = new TextDecoder();
        let text = '';
        for (const reader = stream.getReader();;) {
          const { value, done } = await reader.read();
          if (done) return text;
          text += decoder.decode(value, { stream: true });
        }
      };
      const outputs = [text(process.stdout), text(process.stderr)];
      const writer = process.stdin.getWriter();
      if (stdin !== undefined) await writer.write(new TextEncoder().encode(stdin));
      await writer.close().catch(() => {});
      const code = await process.exit;
      return { stdout: await outputs[0], stderr: await outputs[1], code };
    };
  }, options);
}

/** Runs a command in the page's container. */
export function run(page, command, args = [], options = {}) {
  return page.evaluate((command, args, options) => globalThis.run(command, args, options), command, args, options);
}
