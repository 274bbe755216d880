/** Messages between the command line and the page that runs a command for it, over one WebSocket. */

import type { LazyEntry, ExportEntry } from '../api/protocol';

/** Binary frames begin with one of these; the rest are bytes of that stream. */
export const STDIN = 0, STDOUT = 1, STDERR = 2, EXPORT = 3;

/** Bytes under way in one direction of a stream before its sender waits for acknowledgements. */
export const WINDOW = 1024 * 1024;

export interface StartMessage {
  type: 'start';
  argv: string[];
  env: Record<string, string>;
  workdirName: string;
  /** Full version of Node; absent: the project's own. */
  node?: string;
  /** Absolute URL of the registry. */
  registry: string;
  /** `path` undefined: the working directory. Files are at `<base>/<path>`. */
  mounts: { path?: string; entries: LazyEntry[]; base: string }[];
  exports: string[];
  /** Present: the command gets a terminal. */
  terminal?: { cols: number; rows: number };
}

export type ToPage =
  | StartMessage
  | { type: 'stdin-end' }
  | { type: 'signal'; signal: number }
  /** Nobody reads this stream any more. */
  | { type: 'close-output'; stream: number }
  | { type: 'resize'; cols: number; rows: number }
  /** `bytes` more of output were passed on. */
  | { type: 'acknowledge'; stream: number; bytes: number };

export type ToCommandLine =
  | { type: 'hello' }
  | { type: 'booted'; milliseconds: number }
  | { type: 'spawned'; milliseconds: number }
  /** `milliseconds` since the call of spawn. All output was sent before. */
  | { type: 'exit'; code: number; milliseconds: number; memory: number }
  | { type: 'acknowledge'; stream: number; bytes: number }
  /** An entry of export `index`; the frames of a file's contents follow. */
  | { type: 'export'; index: number; entry: ExportEntry }
  | { type: 'exported' }
  | { type: 'warning'; message: string }
  /** The container could not do it; the end. */
  | { type: 'failed'; message: string };

/** Counts what is under way and makes a sender wait while it is too much. */
export class Window {
  private pending = 0;
  private waiter: (() => void) | null = null;

  /** Resolves when `bytes` may be sent. */
  async reserve(bytes: number): Promise<void> {
    this.pending += bytes;
    while (this.pending > WINDOW && this.pending > bytes) await new Promise<void>((resolve) => (this.waiter = resolve));
  }

  acknowledge(bytes: number): void {
    this.pending -= bytes;
    this.waiter?.();
    this.waiter = null;
  }
}

/** A binary frame. */
export function frame(stream: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length + 1);
  result[0] = stream;
  result.set(bytes, 1);
  return result;
}
