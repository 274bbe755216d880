/** Trees of files going in (mount) and out (export). */

import type { ExportEntry, LazyEntry } from '../api/protocol';
import type { FileSystemTree } from '../api/types';
import type { HostCalls, TreeEntry } from '../guest/syscalls';
import type { Files, Target } from './files';
import { DIRENT_DIRECTORY, DIRENT_FILE, DIRENT_LINK, EEXIST, STAT_FIELDS, STAT_MODE, STAT_MTIME_NS, STAT_MTIME_S, STAT_SIZE, SystemError, check } from './linux';
import type { LazyFiles } from './lazy-files';

const decoder = new TextDecoder();

export class Trees {
  constructor(private readonly sys: HostCalls, private readonly files: Files, private readonly lazy: LazyFiles) {}

  /** Merges `tree`, which the page has checked, into the directory `at`; it must exist. */
  mount(tree: FileSystemTree, at: Target): void {
    if (!this.files.isDirectory(at.path)) {
      const stat = this.sys.stat(at.path, new Float64Array(STAT_FIELDS), true);
      throw new SystemError(stat < 0 ? -stat : 20, 'mount', at.name);
    }
    const encoder = new TextEncoder();
    const write = (folder: FileSystemTree, path: string) => {
      for (const [name, node] of Object.entries(folder)) {
        const full = `${path}/${name}`;
        if ('directory' in node) {
          const made = this.sys.mkdir(full, 0o777);
          if (made !== -EEXIST || !this.files.isDirectory(full)) check(made, 'mkdir', full);
          write(node.directory, full);
        } else if ('symlink' in node.file) {
          this.replaceBySymlink(node.file.symlink, full);
        } else {
          const { contents } = node.file;
          this.files.write({ path: full, name: full }, typeof contents === 'string' ? encoder.encode(contents) : contents);
        }
      }
    };
    write(tree, at.path);
  }

  /** Mounts a tree whose contents are fetched from `<base>/<path>` when they are read. */
  mountLazy(at: string, entries: LazyEntry[], base: string): void {
    const tree: TreeEntry[] = entries.map((entry) => {
      if (entry.type !== 'file') return entry;
      const url = `${base}/${entry.path.split('/').map(encodeURIComponent).join('/')}`;
      return { path: entry.path, type: 'lazy', mode: entry.mode, mtimeMs: entry.mtimeMs, size: entry.size, token: this.lazy.register(url) };
    });
    check(this.sys.mountTree(at, tree), 'mount', at);
  }

  /** Everything under `at`, directories before what they hold. A file is listed as itself with an empty path. */
  list(at: Target): ExportEntry[] {
    const entries: ExportEntry[] = [];
    const stat = new Float64Array(STAT_FIELDS);
    const file = (path: string, relative: string) => {
      check(this.sys.stat(path, stat, true), 'stat', path);
      entries.push({
        path: relative, type: 'file', mode: stat[STAT_MODE] & 0o7777, size: stat[STAT_SIZE], mtimeMs: stat[STAT_MTIME_S] * 1000 + stat[STAT_MTIME_NS] / 1e6,
      });
    };
    const walk = (path: string, relative: string) => {
      for (const { name, kind } of this.files.readdir({ path, name: path })) {
        const child = decoder.decode(name);
        const full = `${path}/${child}`;
        const below = relative === '' ? child : `${relative}/${child}`;
        if (kind === DIRENT_DIRECTORY) {
          check(this.sys.stat(full, stat, false), 'stat', full);
          entries.push({ path: below, type: 'directory', mode: stat[STAT_MODE] & 0o7777 });
          walk(full, below);
        } else if (kind === DIRENT_LINK) {
          entries.push({ path: below, type: 'symlink', target: this.readlink(full) });
        } else if (kind === DIRENT_FILE) {
          file(full, below);
        }
        // Sockets, pipes and devices have no contents to export.
      }
    };
    check(this.sys.stat(at.path, stat, true), 'stat', at.name);
    if (this.files.isDirectory(at.path)) walk(at.path, '');
    else file(at.path, '');
    return entries;
  }

  /** The tree under `at` in the form that {@link mount} takes. Bytes that are no UTF-8 stay bytes. */
  async export(at: Target, includes: string[], excludes: string[]): Promise<FileSystemTree> {
    if (!this.files.isDirectory(at.path)) {
      check(this.sys.stat(at.path, new Float64Array(STAT_FIELDS), true), 'scandir', at.name);
      throw new Error('It is not possible to export a single file in the JSON format.');
    }
    const root: FileSystemTree = Object.create(null);
    const folders = new Map<string, FileSystemTree>([['', root]]);
    const included = matcher(includes, true);
    const excluded = matcher(excludes, false);
    for (const entry of this.list(at)) {
      const slash = entry.path.lastIndexOf('/');
      const parent = folders.get(slash < 0 ? '' : entry.path.slice(0, slash));
      if (!parent || excluded(entry.path)) continue;
      const name = entry.path.slice(slash + 1);
      if (entry.type === 'directory') {
        const directory: FileSystemTree = Object.create(null);
        folders.set(entry.path, directory);
        parent[name] = { directory };
      } else if (!included(entry.path)) {
        continue;
      } else if (entry.type === 'symlink') {
        parent[name] = { file: { symlink: entry.target } };
      } else {
        const path = `${at.path}/${entry.path}`;
        parent[name] = { file: { contents: textOrBytes(await this.files.read({ path, name: path })) } };
      }
    }
    return root;
  }

  private readlink(path: string): string {
    const target = this.sys.readlink(path);
    if (typeof target === 'number') throw new SystemError(-target, 'readlink', path);
    return decoder.decode(target);
  }

  private replaceBySymlink(target: string, path: string): void {
    let made = this.sys.symlink(target, path);
    if (made === -EEXIST) {
      check(this.sys.unlink(path), 'unlink', path);
      made = this.sys.symlink(target, path);
    }
    check(made, 'symlink', path);
  }
}

function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8: the caller gets the bytes themselves.
    return bytes;
  }
}

/** Tests a relative path against glob patterns (`*`, `?`, `**`); `whenEmpty` answers when there are none. */
export function matcher(patterns: string[], whenEmpty: boolean): (path: string) => boolean {
  if (patterns.length === 0) return () => whenEmpty;
  const expressions = patterns.map((pattern) => {
    const source = pattern.replace(/^\.?\//, '').replace(/\*\*\/|\*\*|[*?]|[.+^${}()|[\]\\]/g, (part) =>
      part === '**/' ? '(?:.*/)?' : part === '**' ? '.*' : part === '*' ? '[^/]*' : part === '?' ? '[^/]' : `\\${part}`);
    // A pattern that names a folder takes in what is below it.
    return new RegExp(`^${source}(?:/.*)?$`);
  });
  return (path) => expressions.some((expression) => expression.test(path));
}
