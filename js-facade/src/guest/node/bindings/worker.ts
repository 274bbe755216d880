/** `internalBinding('worker')`: this is the main thread; threads beside it are refused. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(env: Environment): Record<string, unknown> {
  return {
    ...env.data.bindings.worker,
    isMainThread: true,
    isInternalThread: false,
    ownsProcessState: true,
    threadId: 0,
    threadName: '',
    getEnvMessagePort: () => undefined,
    Worker: class Worker {
      constructor() {
        throw unavailable('worker_threads.Worker');
      }
    },
  };
}
