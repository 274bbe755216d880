/** What the IDE opens: the folder that `wosix serve DIR` was given, or an Express project. */

import type { BootOptions, FileSystemTree, LazyEntry } from 'wosix';
import { express } from './templates/express';

export interface Project {
  name: string;
  files?: FileSystemTree;
  /** Instead of `files`: a listing whose contents are fetched from `<base>/<path>` when they are needed. */
  entries?: LazyEntry[];
  base?: string;
  /** File shown first. */
  entry: string;
  /** Typed into the terminal at the start. */
  command: string;
  /** Typed into the terminal by the restart button. */
  restart: string;
}

/** What `wosix serve` was told that a container boots with. */
export async function loadSettings(): Promise<Pick<BootOptions, 'node'>> {
  const response = await fetch('/-/settings.json');
  return response.ok ? await response.json() : {};
}

/** The server answers 404 when it was given no folder. */
export async function loadProject(): Promise<Project> {
  const response = await fetch('/-/project.json');
  if (!response.ok) return express;
  return await response.json();
}
