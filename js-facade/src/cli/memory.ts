/** Memory of a browser with all its processes. */

import { readdir, readFile } from 'node:fs/promises';

const INTERVAL = 250;

/** Samples the memory of `pid` and its descendants (each page counted once, shared ones in parts) until it is stopped. Linux only: elsewhere 0. */
export class MemorySampler {
  private peak = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly pid: number | undefined) {
    if (pid !== undefined && process.platform === 'linux') this.timer = setInterval(() => void this.sample(), INTERVAL);
  }

  /** Bytes at the highest sample. */
  async stop(): Promise<number> {
    if (!this.timer) return 0;
    clearInterval(this.timer);
    await this.sample();
    return this.peak;
  }

  private async sample(): Promise<void> {
    const sizes = await Promise.all((await descendants(this.pid!)).map(proportionalSize));
    this.peak = Math.max(this.peak, sizes.reduce((sum, size) => sum + size, 0));
  }
}

async function descendants(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // A process may end while it is looked at.
    const status = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => null);
    const parent = status && Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}

async function proportionalSize(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
}
