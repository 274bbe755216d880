/** Finding a browser on this machine and driving it. */

import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { BrowserName } from './options';

const CANDIDATES: Record<BrowserName, { variable: string; names: string[]; applications: string[] }> = {
  chromium: {
    variable: 'CHROME_PATH',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    applications: ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'],
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    names: ['firefox', 'firefox-esr'],
    applications: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  },
};

/** Quiet, without background traffic; the sandbox does not work for root. */
const CHROMIUM_ARGUMENTS = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** The browser asked for, or the first that is there: its name and program. */
export function findBrowser(wanted?: BrowserName): { name: BrowserName; executable: string } {
  const names: BrowserName[] = wanted ? [wanted] : ['chromium', 'firefox'];
  for (const name of names) {
    const { variable, names: programs, applications } = CANDIDATES[name];
    const given = process.env[variable];
    if (given) return { name, executable: given };
    const folders = (process.env.PATH ?? '').split(path.delimiter);
    const suffix = process.platform === 'win32' ? '.exe' : '';
    const executable = [...programs.flatMap((program) => folders.map((folder) => path.join(folder, program + suffix))), ...applications].find(isExecutable);
    if (executable) return { name, executable };
  }
  throw new Error(`no ${names.join(' and no ')} found in PATH; install one, or name it by ${names.map((name) => CANDIDATES[name].variable).join(' or ')}`);
}

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

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
