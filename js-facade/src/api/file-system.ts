/** `container.fs`: the calls of the host in the shape of the public API. */

import { decode, encode } from './encoding';
import type { HostEvents, HostMethods, WireDirent } from './protocol';
import type { RpcClient } from './rpc';
import type { DirEnt, FSWatchCallback, FSWatchOptions, FileSystemAPI, IFSWatcher } from './types';

/** `UV_DIRENT_*`. */
const FILE = 1, DIRECTORY = 2;

export class FileSystem implements FileSystemAPI {
  private readonly watchers = new Map<number, (kind: 'rename' | 'change', name: Uint8Array) => void>();
  private nextWatch = 1;

  constructor(private readonly host: RpcClient<HostMethods, HostEvents>, private readonly onError: (message: string) => void) {
    host.on('watch', (id, kind, name) => this.watchers.get(id)?.(kind, name));
  }

  // The overloads of the interface differ in the type of the answer only.
  async readdir(path: string, options?: any): Promise<any> {
    const { encoding, withFileTypes } = typeof options === 'object' && options !== null ? options : { encoding: options, withFileTypes: false };
    const entries = await this.host.call('readdir', [path]);
    const name = (entry: WireDirent) => (encoding === 'buffer' ? entry.name : decode(entry.name, encoding ?? 'utf8'));
    return withFileTypes ? entries.map((entry) => new Dirent(name(entry), entry.kind)) : entries.map(name);
  }

  async readFile(path: string, encoding?: any): Promise<any> {
    const bytes = await this.host.call('readFile', [path]);
    const wanted = typeof encoding === 'object' ? encoding?.encoding : encoding;
    return wanted ? decode(bytes, wanted) : bytes;
  }

  async writeFile(path: string, data: string | Uint8Array, options?: string | { encoding?: string | null } | null): Promise<void> {
    const encoding = typeof options === 'object' ? options?.encoding : options;
    await this.host.call('writeFile', [path, typeof data === 'string' ? encode(data, encoding ?? 'utf8') : data]);
  }

  async mkdir(path: string, options?: { recursive?: boolean }): Promise<any> {
    return this.host.call('mkdir', [path, options?.recursive ?? false]);
  }

  async rm(path: string, options?: { force?: boolean; recursive?: boolean }): Promise<void> {
    await this.host.call('rm', [path, options?.force ?? false, options?.recursive ?? false]);
  }

  async rename(oldPath: string, newPath: string): Promise<void> {
    await this.host.call('rename', [oldPath, newPath]);
  }

  watch(filename: string, optionsOrListener?: FSWatchOptions | FSWatchCallback, listener?: FSWatchCallback): IFSWatcher {
    const options = typeof optionsOrListener === 'function' ? null : optionsOrListener;
    const callback = typeof optionsOrListener === 'function' ? optionsOrListener : listener;
    const { encoding, recursive } = typeof options === 'object' && options !== null ? options : { encoding: options, recursive: false };
    const id = this.nextWatch++;
    this.watchers.set(id, (kind, name) => callback?.(kind, (encoding as string) === 'buffer' ? name : decode(name, encoding ?? 'utf8')));
    // The API has no place for this error but the container's event.
    this.host.call('watch', [id, filename, recursive ?? false]).catch((error: Error) => {
      if (this.watchers.delete(id)) this.onError(error.message);
    });
    return {
      close: () => {
        if (this.watchers.delete(id)) this.host.notify('unwatch', [id]);
      },
    };
  }
}

class Dirent<T> implements DirEnt<T> {
  readonly #kind: number;

  constructor(readonly name: T, kind: number) {
    this.#kind = kind;
  }

  isFile(): boolean {
    return this.#kind === FILE;
  }

  isDirectory(): boolean {
    return this.#kind === DIRECTORY;
  }
}
