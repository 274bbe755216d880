/** Messages between a preview origin's service worker and the host, many requests on one MessagePort, told apart by `id`. */

export type HeaderList = [name: string, value: string][];

/** Bytes of one body under way before its sender waits for acknowledgements. */
export const BODY_WINDOW = 512 * 1024;

export type ToHost =
  /** `body`: all of it, null for none, or 'stream' when `body` messages follow. */
  | { type: 'request'; id: number; method: string; target: string; headers: HeaderList; body: Uint8Array | null | 'stream' }
  | { type: 'body'; id: number; bytes: Uint8Array }
  | { type: 'body-end'; id: number }
  /** The page reads on. */
  | { type: 'acknowledge'; id: number; bytes: number }
  /** Nobody wants the answer any more. */
  | { type: 'cancel'; id: number };

export type ToServiceWorker =
  | { type: 'head'; id: number; status: number; statusText: string; headers: HeaderList }
  | { type: 'data'; id: number; bytes: Uint8Array }
  | { type: 'end'; id: number }
  /** `code` is Node's for the failed call (`ECONNREFUSED`, ...). After `head` it breaks the body off. */
  | { type: 'error'; id: number; code: string; message: string }
  | { type: 'body-acknowledge'; id: number; bytes: number };
