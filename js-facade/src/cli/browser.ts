/** Driving a browser. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { findBrowser } from './find-browser';
import type { BrowserName } from './options';

/** Quiet, without background traffic; the sandbox does not work for root. */
const CHROMIUM_ARGUMENTS = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

export interface RunningBrowser { page: Page; browser: Browser; pid: number | undefined; close(): Promise<void> }

/** Starts it headless with an empty profile of its own (not an incognito one: that slows storage down a hundredfold). */
export async function launchBrowser(wanted?: BrowserName): Promise<RunningBrowser> {
  const { name, executable } = findBrowser(wanted);
  const profile = await mkdtemp(path.join(tmpdir(), 'wosix-browser-'));
  const browser = await puppeteer.launch({
    browser: name === 'firefox' ? 'firefox' : 'chrome',
    executablePath: executable,
    headless: true,
    userDataDir: profile,
    args: name === 'chromium' ? CHROMIUM_ARGUMENTS : [],
    // The command line forwards signals to the process in the container instead.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    protocolTimeout: 0,
  });
  const page = (await browser.pages())[0] ?? (await browser.newPage());
  return {
    page,
    browser,
    pid: browser.process()?.pid,
    async close() {
      await browser.close();
      // The browser may still be writing its last files.
      await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
