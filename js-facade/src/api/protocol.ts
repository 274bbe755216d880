/** What page and host say to each other: the first message, the host's methods, and its events. */

import type { Progress } from '../guest/worker';
import type { FileSystemTree } from './types';
import type { Transfer } from './rpc';

/** First message of the page to the host's worker. */
export interface BootMessage {
  type: 'boot';
  port: MessagePort;
  options: HostOptions;
}

export interface HostOptions {
  /** Absolute URL, ending in `/`, of the folder with the built files. */
  assets: string;
  /** Folder name of the working directory under `/home`. */
  workdirName: string;
  /** Full version of Node for all processes; absent: each project's own. */
  node?: string;
  /** Registry that `npm` uses by default: absolute URL with trailing slash. */
  registry: string;
  /** npm's own default registry; see `ContainerSettings`. */
  defaultRegistry: string;
  /** Template of the proxy for connections to the outside; empty for none. See `Configuration`. */
  corsProxy: string;
  /** Preview origins are `<scheme>//<id>--<port>.<host>`. */
  preview: { id: string; scheme: string; host: string };
  coep: 'require-corp' | 'credentialless' | 'none';
  /** Whether previews report their errors to the page. */
  forwardErrors: boolean | 'exceptions-only';
}

export interface BootResult { workdir: string; path: string }

/** How the standard descriptors of a process are wired. */
export type Stdio =
  /** One pseudo-terminal for all three; its output is stream 1. */
  | { kind: 'terminal'; cols: number; rows: number }
  /** A pipe each. */
  | { kind: 'pipes' };

export interface SpawnMessage {
  command: string;
  args: string[];
  /** Relative to the working directory. */
  cwd?: string;
  env: Record<string, string>;
  stdio: Stdio;
  /** Streams that the page wants; what is not wanted is read and dropped. */
  wanted: { stdout: boolean; stderr: boolean };
  /** Stop reading from the process while this many bytes are not acknowledged; 0 = never stop. */
  window: number;
}

/** Which output stream: 1 stdout (or the terminal), 2 stderr. */
export type OutputStream = 1 | 2;

/** One entry of a lazily loaded tree. `path` is relative to the mount; contents come from `<base>/<path>`. */
export type LazyEntry =
  | { path: string; type: 'directory'; mode: number; mtimeMs: number }
  | { path: string; type: 'symlink'; target: string; mtimeMs: number }
  | { path: string; type: 'file'; mode: number; mtimeMs: number; size: number };

/** An entry of an exported tree; `path` is relative. */
export type ExportEntry =
  | { path: string; type: 'directory'; mode: number }
  | { path: string; type: 'symlink'; target: string }
  | { path: string; type: 'file'; mode: number; mtimeMs: number; size: number };

export interface WireDirent { name: Uint8Array; kind: number }

export interface HostMethods {
  boot(): Promise<BootResult>;
  mount(tree: FileSystemTree, mountPoint: string): void;
  /** Mounts at an absolute path; missing parents are made. */
  mountLazy(path: string, entries: LazyEntry[], base: string): void;
  /** Everything under an absolute or workdir-relative path, parents first. */
  listTree(path: string): Promise<ExportEntry[]>;

  /** Like {@link readFile}; absolute paths are taken as they are. */
  readAnywhere(path: string): Promise<Transfer<Uint8Array>>;
  readFile(path: string): Promise<Transfer<Uint8Array>>;
  writeFile(path: string, bytes: Uint8Array): void;
  mkdir(path: string, recursive: boolean): string | undefined;
  rm(path: string, force: boolean, recursive: boolean): void;
  rename(from: string, to: string): void;
  readdir(path: string): WireDirent[];
  watch(id: number, path: string, recursive: boolean): void;
  unwatch(id: number): void;
  exportTree(path: string, includes: string[], excludes: string[]): Promise<FileSystemTree>;

  /** Answers the handle of the process, or what went wrong starting it. */
  spawn(request: SpawnMessage): Promise<{ handle: number; pid: number }>;
  /** Resolves when the process's pipe or terminal has taken all of it. */
  write(handle: number, bytes: Uint8Array): Promise<void>;
  closeInput(handle: number): void;
  /** The page has consumed `bytes` of a stream whose process has a window. */
  acknowledge(handle: number, stream: OutputStream, bytes: number): void;
  /** The page reads no more of a stream: a pipe's reading end is closed, a terminal's output dropped. */
  closeOutput(handle: number, stream: OutputStream): void;
  /** Sends `signal` to the process's group. */
  signal(handle: number, signal: number): void;
  /** SIGTERM to the group; SIGKILL to what has not ended after a grace period. */
  kill(handle: number): void;
  resize(handle: number, cols: number, rows: number): void;

  /** Gives the host the port of a preview origin's service worker. */
  connectPreview(port: number, channel: MessagePort): void;
  setPreviewScript(source: string, type: string | undefined, defer: boolean, async: boolean): void;
  memoryUsage(): { used: number; total: number };
  teardown(): void;
}

export type HostEvents = {
  output: [handle: number, stream: OutputStream, bytes: Uint8Array];
  /** Nothing more will come from this stream. */
  outputEnd: [handle: number, stream: OutputStream];
  exit: [handle: number, code: number];
  /** A program listens on `port`, or has stopped to. */
  port: [port: number, open: boolean];
  watch: [id: number, kind: 'rename' | 'change', name: Uint8Array];
  /** How far a long-running program is. */
  progress: [pid: number, progress: Progress];
  /** The container is lost. */
  panic: [message: string];
  /** Something went wrong that nobody waits for. */
  error: [message: string];
};
