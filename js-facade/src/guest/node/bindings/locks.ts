/** `internalBinding('locks')`: `navigator.locks` between the threads of this process, of which there is one. */

import type { Environment } from '../environment';

const SHARED = 'shared';
const EXCLUSIVE = 'exclusive';
const STOLEN = 'LOCK_STOLEN';

interface Request {
  name: string;
  clientId: string;
  mode: string;
  grant(): void;
  steal(): void;
}

export function create(_env: Environment): Record<string, unknown> {
  const held = new Map<string, Request[]>();
  const waiting = new Map<string, Request[]>();
  const of = (map: Map<string, Request[]>, name: string) => {
    let list = map.get(name);
    if (!list) map.set(name, (list = []));
    return list;
  };
  const isFree = ({ name, mode }: { name: string; mode: string }) =>
    of(held, name).length === 0 || (mode === SHARED && of(held, name).every((other) => other.mode === SHARED));

  function advance(name: string): void {
    const queue = of(waiting, name);
    while (queue.length > 0 && isFree(queue[0]!)) {
      const next = queue.shift()!;
      of(held, name).push(next);
      next.grant();
    }
  }

  return {
    LOCK_MODE_SHARED: SHARED,
    LOCK_MODE_EXCLUSIVE: EXCLUSIVE,
    LOCK_STOLEN_ERROR: STOLEN,
    /** Calls `callback` with `{name, mode}` once the lock is held, or `null` when it is not free at once; the lock lasts as long as what that returns. */
    request(name: string, clientId: string, mode: string, steal: boolean, ifAvailable: boolean, callback: (lock: object | null) => unknown): Promise<unknown> {
      if (ifAvailable && (!isFree({ name, mode }) || of(waiting, name).length > 0)) return Promise.resolve().then(() => callback(null));
      return new Promise((resolve, reject) => {
        const request: Request = {
          name,
          clientId,
          mode,
          grant() {
            Promise.resolve()
              .then(() => callback({ name, mode }))
              .then(resolve, reject)
              .then(() => {
                held.set(name, of(held, name).filter((other) => other !== request));
                advance(name);
              });
          },
          steal: () => reject(new Error(STOLEN)),
        };
        if (steal) {
          for (const other of of(held, name)) other.steal();
          held.set(name, [request]);
          request.grant();
          return;
        }
        of(waiting, name).push(request);
        advance(name);
      });
    },
    query() {
      const list = (map: Map<string, Request[]>) => [...map.values()].flat().map(({ name, mode, clientId }) => ({ name, mode, clientId }));
      return Promise.resolve({ held: list(held), pending: list(waiting) });
    },
  };
}
