/** `wosix serve`: the web IDE. */

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { LazyEntry } from '../api/protocol';
import { listFolder, serveFile } from './host-tree';
import type { ServeOptions } from './options';
import { findRegistry } from './registry';
import { ownPagesOnly, startServer, type Route } from './server';

/** Serves until it is interrupted. */
export async function serve(options: ServeOptions): Promise<number> {
  const registry = await findRegistry(options.registry);
  const directory = options.directory === undefined ? null : path.resolve(options.directory);
  if (directory !== null) await listFolder(directory);
  /** What the IDE opens: a listing of the folder, whose files it then reads one by one as they are needed. */
  const project: Route = async (_request, response) => {
    if (directory === null) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(await describeProject(directory)));
  };
  const contents: Route = async (request, response, rest) => {
    if (directory === null) response.writeHead(404).end();
    else await serveFile(directory, rest, request, response);
  };
  const server = await startServer({ registry, node: options.node, port: options.port, embedders: options.embedders, root: 'ide', routes: { '/-/project.json': ownPagesOnly(project), '/-/project/': ownPagesOnly(contents) } });
  process.stdout.write(`${server.origin}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await server.close();
  return 0;
}

/** The answer of `/-/project.json`. */
export interface ServedProject {
  name: string;
  /** File to show first; relative. */
  entry: string;
  /** Shell commands: the first start, and a restart. Empty when the folder has no script to run. */
  command: string;
  restart: string;
  /** For `container.wosix.mountLazy`. */
  entries: LazyEntry[];
  base: string;
}

async function describeProject(directory: string): Promise<ServedProject> {
  const entries = await listFolder(directory);
  const files = new Set(entries.filter(({ type }) => type === 'file').map(({ path }) => path));
  const scripts = files.has('package.json') ? await readScripts(path.join(directory, 'package.json')) : {};
  const script = ['dev', 'start'].find((name) => scripts[name] !== undefined);
  const run = script === undefined ? '' : `npm run ${script}`;
  const needsInstall = files.has('package.json') && !entries.some(({ path }) => path === 'node_modules');
  const entry = ['README.md', 'index.js', 'src/main.ts', 'src/index.ts', 'src/index.js', 'package.json'].find((name) => files.has(name)) ?? [...files][0] ?? '';
  return {
    name: path.basename(directory),
    entry,
    command: needsInstall ? ['npm install', run].filter(Boolean).join(' && ') : run,
    restart: run,
    entries,
    base: '/-/project',
  };
}

async function readScripts(file: string): Promise<Record<string, string>> {
  try {
    return (JSON.parse(await readFile(file, 'utf8')) as { scripts?: Record<string, string> }).scripts ?? {};
  } catch (error) {
    // The IDE opens a broken project too: one may want to mend it there.
    process.stderr.write(`wosix: ${file}: ${error instanceof Error ? error.message : error}\n`);
    return {};
  }
}
