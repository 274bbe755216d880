/** Entry point of `guest-node.js`: a worker that runs one Node process. */

import { startWorker } from '../start-worker';
import { nodeRuntime } from './runtime';

startWorker(nodeRuntime);
