/** The Node runtime of a process worker. */

import { major } from '../../api/node-version';
import type { Syscalls } from '../syscalls';
import type { Runtime, RuntimeContext } from '../worker';
import { bootLibrary, runProcess, runThread } from './bootstrap';
import { saveHostGlobals } from './host-globals';
import { chooseDrain } from './microtasks';
import { NodeEnvironment } from './node-environment';
import type { NodeData } from './node-data';

let env: NodeEnvironment | undefined;

export const nodeRuntime: Runtime = {
  // A program changes globals and prototypes at will.
  reusable: false,

  async warm(context: RuntimeContext): Promise<void> {
    const host = saveHostGlobals();
    const folder = `${context.assets}node/${major(context.node!)}/`;
    const response = await host.fetch(`${folder}data.json`);
    if (!response.ok) throw new Error(`${folder}data.json: HTTP ${response.status}`);
    const data = (await response.json()) as NodeData;
    const drain = await chooseDrain(host);
    env = new NodeEnvironment(context, host, data, drain, folder, host.scriptUrl);
    bootLibrary(env);
  },

  async run(sys: Syscalls): Promise<void> {
    env!.begin(sys);
    if (sys.threadId === 0) await runProcess(env!);
    else await runThread(env!);
  },
};
