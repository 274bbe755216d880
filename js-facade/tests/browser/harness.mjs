// A page in a real browser, served as `wosix serve` serves it.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { loadSource } from '../load-source.mjs';

export const facade = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const cli = path.join(facade, 'bin/wosix.js');

/** Both, or those named by WOSIX_TEST_BROWSERS (separated by commas). */
export const browsers = (process.env.WOSIX_TEST_BROWSERS ?? 'chromium,firefox').split(',');

/** A port that is free now. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Runs `wosix serve`; answers its origin and how to stop it. */
export async function startServe(...args) {
  const child = spawn(process.execPath, [cli, 'serve', '--port', String(await freePort()), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [origin] = await new Promise((resolve, reject) => {
    createInterface(child.stdout).once('line', (line) => resolve([line]));
    child.once('exit', (code) => reject(new Error(`wosix serve ended with ${code}`)));
  });
  return { origin, stop: () => child.kill() };
}

/** Runs `wosix ARGS` to its end, with empty standard input: `{code, stdout, stderr}`. */
export function runCli(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => { stdout += chunk; });
    child.stderr.setEncoding('utf8').on('data', (chunk) => { stderr += chunk; });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Starts a browser with a profile of its own (no incognito context: that is another, slower storage). */
export async function startBrowser(name) {
  const { findBrowser } = await loadSource('cli/find-browser.ts');
  const profile = mkdtempSync(path.join(tmpdir(), 'wosix-test-profile-'));
  const browser = await puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath: findBrowser(name).executable,
    headless: true,
    // Tests that need https make their own certificate.
    acceptInsecureCerts: true,
    userDataDir: profile,
    args: name === 'firefox' ? [] : ['--disable-gpu', '--no-first-run', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    protocolTimeout: 120_000,
  });
  return {
    browser,
    stop: async () => {
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

/** A page of `origin` with `globalThis.wosix`, the package. Uncaught errors of the page go to standard error. */
export async function openPage(browser, origin) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => process.stderr.write(`page: ${error instanceof Error ? error.stack : JSON.stringify(error)}\n`));
  await page.goto(`${origin}/wosix/pages/blank.html`);
  await page.evaluate(async () => {
    globalThis.wosix = await import('/wosix/index.js');
    wosix.configure({ registry: '/-/registry/' });
    /** Runs a program to its end: exit code and all output. */
    globalThis.run = async (container, command, args = [], options = {}) => {
      const child = await container.spawn(command, args, options);
      let output = '';
      const reading = child.output.pipeTo(new WritableStream({ write: (text) => void (output += text) }));
      const code = await child.exit;
      // A terminal ends when the last process of its session has.
      if (options.output !== false) await reading;
      return { code, output };
    };
    /** What an error says. */
    globalThis.failure = async (action) => {
      try {
        await action();
      } catch (error) {
        return { name: error.name, message: error.message, code: error.code };
      }
      return null;
    };
  });
  return page;
}

/**
 * Declares tests for each browser, over one server. The context has `name`, `origin`, `browser`, and `container(options)`: a fresh page with a
 * container (booted with these options) in `globalThis.container`, whose programs {@link run} runs.
 */
export function eachBrowser(title, declare) {
  for (const name of browsers) {
    describe(`${title} in ${name}`, () => {
      const context = {
        name,
        async container(options = {}) {
          const page = await openPage(context.browser, context.origin);
          await page.evaluate(async (options) => {
            globalThis.container = await wosix.WebContainer.boot({ workdirName: 'project', ...options });
          }, options);
          return page;
        },
      };
      let server, running;
      before(async () => {
        server = await startServe();
        running = await startBrowser(name);
        context.origin = server.origin;
        context.browser = running.browser;
      });
      declare(context);
      // Behind the tests' own: hooks run in the order they were made.
      after(async () => {
        await running?.stop();
        server?.stop();
      });
    });
  }
}

/** Runs a program in the page's container: `{stdout, stderr, code}`, the outputs apart. `options.stdin` is a text to write. */
export function run(page, command, args = [], options = {}) {
  return page.evaluate(async (command, args, { stdin, ...options }) => {
    const process = await container.wosix.spawn(command, args, options);
    const outputs = [process.stdout, process.stderr].map((stream) => new Response(stream).text());
    const writer = process.stdin.getWriter();
    if (stdin !== undefined) await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
    const code = await process.exit;
    const [stdout, stderr] = await Promise.all(outputs);
    return { stdout, stderr, code };
  }, command, args, options);
}
