/** `--persist NAME`: the container's /home lives in a folder of the user's data directory between runs. */

import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

export interface Persistence {
  /** What the last run left; empty at first. */
  folder: string;
  /** Where this run's tree goes. */
  next: string;
  /** Makes `next` the folder of the next run: what was there before is replaced as a whole, or not at all. */
  commit(): Promise<void>;
}

export async function openPersistence(name: string): Promise<Persistence> {
  const base = path.join(process.env.XDG_DATA_HOME ?? path.join(homedir(), '.local/share'), 'wosix', name);
  const folder = path.join(base, 'home');
  const next = path.join(base, 'home.next');
  const previous = path.join(base, 'home.previous');
  await mkdir(folder, { recursive: true });
  await rm(next, { recursive: true, force: true });
  return {
    folder,
    next,
    async commit() {
      await mkdir(next, { recursive: true });
      await rm(previous, { recursive: true, force: true });
      await rename(folder, previous);
      await rename(next, folder);
      await rm(previous, { recursive: true, force: true });
    },
  };
}
