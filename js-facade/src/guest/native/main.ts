/** Entry point of the workers that run native programs. */

import { startWorker } from '../start-worker';
import { NativeRuntime } from './runtime';

startWorker(new NativeRuntime());
