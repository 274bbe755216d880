/** Finding a browser on this machine. */

import { accessSync, constants } from 'node:fs';
import path from 'node:path';
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

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
