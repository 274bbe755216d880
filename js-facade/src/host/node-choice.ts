/**
 * Which version of Node a process gets. In this order:
 *
 * 1. what the page chose at boot;
 * 2. the version of the process that started it, directly or through others (`fork`, `spawn(process.execPath)`, a shell);
 * 3. `.nvmrc`, then `.node-version`, in the process's folder or the nearest one above that has one;
 * 4. the nearest `package.json` there with `engines.node`, where the default version is outside that range: the first version inside it;
 * 5. the default.
 *
 * Inside `node_modules` the project that has it decides. Files are read when a process starts, so a change holds from the next one on.
 */

import { DEFAULT_NODE, NODE_VERSIONS, findNode, major } from '../api/node-version';
import type { HostCalls } from '../guest/syscalls';
import type { Files } from './files';
import { STAT_FIELDS, STAT_MODE, S_IFDIR, S_IFMT } from './linux';

const VERSION_FILES = ['.nvmrc', '.node-version'];

export class NodeChoice {
  /** Versions of processes, and of what they started. The kernel gives a number anew when its process is long gone. */
  private readonly versions = new Map<number, string>();
  /** Complaints that were made. */
  private readonly told = new Set<string>();
  private readonly stats = new Float64Array(STAT_FIELDS);

  /** `chosen`: what the page chose, if it did. `assets` is the folder with the built files. */
  constructor(
    private readonly sys: HostCalls,
    private readonly files: Files,
    private readonly assets: string,
    private readonly chosen: string | undefined,
    private readonly warn: (message: string) => void,
  ) {}

  /** A process was started by `maker`. */
  started(pid: number, maker: number): void {
    const version = this.versions.get(maker);
    if (version === undefined) this.versions.delete(pid);
    else this.versions.set(pid, version);
  }

  /** The version of a process, if it needs no look at its project. */
  known(pid: number): string | undefined {
    return this.chosen ?? this.versions.get(pid);
  }

  /** The process runs this version, and so will what it starts. */
  settle(pid: number, version: string): void {
    this.versions.set(pid, version);
  }

  /** What the process runs or would run. */
  async of(pid: number): Promise<string> {
    const known = this.known(pid);
    if (known !== undefined) return known;
    const folder = this.sys.readlink(`/proc/${pid}/cwd`);
    // The process has just ended.
    if (typeof folder === 'number') return DEFAULT_NODE;
    return this.inFolder(new TextDecoder().decode(folder.slice()));
  }

  /** What a process in this folder would run that nobody has decided for. */
  async inFolder(folder: string): Promise<string> {
    if (this.chosen !== undefined) return this.chosen;
    const folders = upwards(folder.replace(/\/node_modules(\/.*)?$/s, '') || '/');
    for (const above of folders) {
      for (const name of VERSION_FILES) {
        const text = await this.read(`${above}/${name}`);
        if (text !== undefined) return this.fromVersionFile(`${above}/${name}`, text);
      }
    }
    for (const above of folders) {
      const path = `${above}/package.json`;
      const text = await this.read(path);
      const range = text === undefined ? undefined : this.enginesOf(path, text);
      if (range !== undefined) return this.fromRange(path, range);
    }
    return DEFAULT_NODE;
  }

  private fromVersionFile(path: string, text: string): string {
    const wanted = text.split('\n').map((line) => line.replace(/#.*/, '').trim()).find((line) => line !== '') ?? '';
    const version = findNode(wanted);
    if (version === undefined) this.complain(path, `Node '${wanted}'`);
    return version ?? DEFAULT_NODE;
  }

  private fromRange(path: string, range: string): string {
    const scope = globalThis as unknown as { wosixSatisfies?: (version: string, range: string) => boolean };
    if (scope.wosixSatisfies === undefined) importScripts(`${this.assets}node-range.js`);
    // The default is the first.
    const fitting = NODE_VERSIONS.find(({ version }) => scope.wosixSatisfies!(version, range));
    if (fitting === undefined) this.complain(path, `Node '${range}'`);
    return fitting?.version ?? DEFAULT_NODE;
  }

  private enginesOf(path: string, text: string): string | undefined {
    try {
      const range = (JSON.parse(text) as { engines?: { node?: unknown } } | null)?.engines?.node;
      return typeof range === 'string' ? range : undefined;
    } catch (error) {
      // npm and Node say more about it when they read it.
      this.warn(`${path}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  /** The contents of a file, if it is there. */
  private async read(path: string): Promise<string | undefined> {
    if (this.sys.stat(path, this.stats, true) < 0 || (this.stats[STAT_MODE] & S_IFMT) === S_IFDIR) return undefined;
    try {
      return new TextDecoder().decode(await this.files.read({ path, name: path }));
    } catch (error) {
      this.warn(`${path}: ${error instanceof Error ? error.message : error}`);
      return undefined;
    }
  }

  private complain(path: string, wanted: string): void {
    const there = NODE_VERSIONS.map(({ version }) => version).join(' and ');
    const message = `${path} asks for ${wanted}; there are ${there}, and Node ${major(DEFAULT_NODE)} runs`;
    if (this.told.has(message)) return;
    this.told.add(message);
    this.warn(message);
  }
}

/** A folder and those above it, without a slash at their ends: `/a/b`, `/a`, and the root as an empty text. */
function upwards(folder: string): string[] {
  const parts = folder.split('/').filter((part) => part !== '');
  return Array.from({ length: parts.length + 1 }, (_, i) => parts.slice(0, parts.length - i).map((part) => `/${part}`).join(''));
}
