/** Folders of this machine: listed for a mount, read on demand, written by an export. */

import { createReadStream } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readlink, realpath, rm, stat, symlink, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ExportEntry, LazyEntry } from '../api/protocol';

/** Everything below `folder`, directories before what they hold. What is neither file, directory nor link is left out. */
export async function listFolder(folder: string): Promise<LazyEntry[]> {
  const found = await stat(folder).catch(() => null);
  if (!found) throw new Error(`cannot mount ${folder}: no such directory`);
  if (!found.isDirectory()) throw new Error(`cannot mount ${folder}: not a directory`);
  const entries: LazyEntry[] = [];
  const walk = async (directory: string, relative: string): Promise<void> => {
    const names = (await readdir(directory)).sort();
    const stats = await Promise.all(names.map((name) => lstat(path.join(directory, name))));
    for (const [i, name] of names.entries()) {
      const full = path.join(directory, name);
      const below = relative === '' ? name : `${relative}/${name}`;
      const mode = stats[i].mode & 0o7777;
      const { mtimeMs } = stats[i];
      if (stats[i].isDirectory()) {
        entries.push({ path: below, type: 'directory', mode, mtimeMs });
        await walk(full, below);
      } else if (stats[i].isSymbolicLink()) {
        entries.push({ path: below, type: 'symlink', target: await readlink(full), mtimeMs });
      } else if (stats[i].isFile()) {
        entries.push({ path: below, type: 'file', mode, mtimeMs, size: stats[i].size });
      }
    }
  };
  await walk(folder, '');
  return entries;
}

/** Answers a request for the file `relative` (undecoded) of `folder`; links that lead out of it are not followed. */
export async function serveFile(folder: string, relative: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const root = await realpath(folder);
  const file = await realpath(path.join(root, ...relative.split('/').map(decodeURIComponent))).catch(() => null);
  const found = file !== null && file.startsWith(root + path.sep) ? await stat(file) : null;
  if (file === null || !found?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': found.size, 'cache-control': 'no-store' });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response).catch(() => response.destroy());
}

/** Writes the entries of one export as they come. */
export class TreeWriter {
  private file: FileHandle | null = null;
  private remaining = 0;
  /** Directories get their mode at the end: a read-only one must be filled first. */
  private readonly modes: [string, number][] = [];

  /** `name` is used when the export turns out to be a single file. */
  constructor(private readonly folder: string, private readonly name: string) {}

  async entry(entry: ExportEntry): Promise<void> {
    const parts = (entry.path === '' ? this.name : entry.path).split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes(path.sep))) throw new Error(`cannot export '${entry.path}'`);
    const target = path.join(this.folder, ...parts);
    await mkdir(path.dirname(target), { recursive: true });
    switch (entry.type) {
      case 'directory':
        // A link of an earlier export must not lead what is below it elsewhere. Directories come before what they hold.
        if ((await lstat(target).catch(() => null))?.isSymbolicLink()) await rm(target);
        await mkdir(target, { recursive: true });
        this.modes.push([target, entry.mode]);
        return;
      case 'symlink':
        await rm(target, { force: true });
        await symlink(entry.target, target);
        return;
      case 'file': {
        // As above.
        await rm(target, { force: true });
        this.file = await open(target, 'wx', entry.mode);
        this.remaining = entry.size;
        if (this.remaining === 0) await this.finishFile();
      }
    }
  }

  async contents(bytes: Uint8Array): Promise<void> {
    if (!this.file) throw new Error('contents without a file');
    await this.file.writeFile(bytes);
    this.remaining -= bytes.length;
    if (this.remaining <= 0) await this.finishFile();
  }

  async finish(): Promise<void> {
    for (const [directory, mode] of this.modes.reverse()) await chmod(directory, mode);
  }

  private async finishFile(): Promise<void> {
    await this.file?.close();
    this.file = null;
  }
}
