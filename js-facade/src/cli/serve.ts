/** `wosix serve`: the web IDE. */

import path from 'node:path';
import { listFolder, serveFile } from './host-tree';
import type { ServeOptions } from './options';
import { findRegistry } from './registry';
import { startServer, type Route } from './server';

/** Serves until it is interrupted. */
export async function serve(options: ServeOptions): Promise<number> {
  const registry = await findRegistry(options.registry);
  const directory = options.directory === undefined ? null : path.resolve(options.directory);
  if (directory !== null) await listFolder(directory);
  /** What the IDE opens: the listing of the folder, and its files one by one. */
  const project: Route = async (request, response, rest) => {
    if (directory === null) response.writeHead(404).end();
    else if (rest === '') response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(await listFolder(directory)));
    else await serveFile(directory, rest, request, response);
  };
  const server = await startServer({ registry, port: options.port, root: 'ide', routes: { '/-/project/': project } });
  process.stdout.write(`${server.origin}\n`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  await server.close();
  return 0;
}
