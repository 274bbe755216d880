/** `internalBinding('async_wrap')`: async ids and their stack, shared with the library as typed arrays, and the hooks it registers. */

import { activate } from '../continuation-frame';
import type { Environment } from '../environment';
import { promiseHooks, setPromiseHooks, type PromiseHooks } from '../promise-hooks';

const kStackLength = 7;
const kExecutionAsyncId = 0;
const kTriggerAsyncId = 1;

interface NativeHooks {
  init(asyncId: number, type: string, triggerAsyncId: number, resource: object): void;
  before(asyncId: number): void;
  after(asyncId: number): void;
  destroy(asyncId: number): void;
  promise_resolve(asyncId: number): void;
}

export function create(env: Environment): Record<string, unknown> {
  const values = env.data.bindings.async_wrap;
  const fields = new Uint32Array(9);
  // Checks stay on unless `--no-force-async-hooks-checks` turns them off.
  fields[values.constants.kCheck] = 1;
  const ids = new Float64Array(4);
  ids[values.constants.kAsyncIdCounter] = 1;
  ids[values.constants.kDefaultTriggerAsyncId] = -1;
  let hooks: NativeHooks | undefined;
  let destroyed: number[] = [];

  const binding = {
    async_hook_fields: fields,
    async_id_fields: ids,
    async_ids_stack: new Float64Array(32),
    execution_async_resources: [] as object[],
    constants: values.constants,
    Providers: values.Providers,
    setupHooks(nativeHooks: NativeHooks) {
      hooks = nativeHooks;
    },
    setCallbackTrampoline(_trampoline: unknown) {},
    setPromiseHooks(init: PromiseHooks['init'], before: PromiseHooks['before'], after: PromiseHooks['after'], settled: PromiseHooks['settled']) {
      activate();
      setPromiseHooks({ init, before, after, settled }, (error) => env.fatalException(error));
    },
    getPromiseHooks: () => [promiseHooks?.init, promiseHooks?.before, promiseHooks?.after, promiseHooks?.settled],
    pushAsyncContext(asyncId: number, triggerAsyncId: number) {
      const offset = fields[kStackLength]!;
      let stack = binding.async_ids_stack;
      if (offset * 2 >= stack.length) {
        stack = new Float64Array(stack.length * 3);
        stack.set(binding.async_ids_stack);
        binding.async_ids_stack = stack;
      }
      stack[2 * offset] = ids[kExecutionAsyncId]!;
      stack[2 * offset + 1] = ids[kTriggerAsyncId]!;
      fields[kStackLength] = offset + 1;
      ids[kExecutionAsyncId] = asyncId;
      ids[kTriggerAsyncId] = triggerAsyncId;
    },
    popAsyncContext(asyncId: number): boolean {
      const length = fields[kStackLength]!;
      if (length === 0) return false;
      if (fields[values.constants.kCheck]! > 0 && ids[kExecutionAsyncId] !== asyncId) {
        throw new Error(`async hook stack has become corrupted (actual: ${ids[kExecutionAsyncId]}, expected: ${asyncId})`);
      }
      const offset = length - 1;
      ids[kExecutionAsyncId] = binding.async_ids_stack[2 * offset]!;
      ids[kTriggerAsyncId] = binding.async_ids_stack[2 * offset + 1]!;
      fields[kStackLength] = offset;
      binding.execution_async_resources.length = Math.min(binding.execution_async_resources.length, offset);
      return offset > 0;
    },
    executionAsyncResource: (index: number) => binding.execution_async_resources[index],
    clearAsyncIdStack() {
      fields[kStackLength] = 0;
      ids[kExecutionAsyncId] = 0;
      ids[kTriggerAsyncId] = 0;
      binding.execution_async_resources.length = 0;
    },
    queueDestroyAsyncId(asyncId: number) {
      if (destroyed.push(asyncId) > 1) return;
      env.loop.enqueue(() => {
        const all = destroyed;
        destroyed = [];
        for (const id of all) hooks?.destroy(id);
      });
    },
    /** Node calls `destroy` when the object is collected. */
    registerDestroyHook(object: object, asyncId: number, state?: { destroyed: boolean }) {
      new FinalizationRegistry((id: number) => {
        if (!state?.destroyed) binding.queueDestroyAsyncId(id);
      }).register(object, asyncId);
    },
    /** For objects that bindings make: see `async-wrap.ts`. */
    emitInit(asyncId: number, type: string, triggerAsyncId: number, resource: object) {
      hooks?.init(asyncId, type, triggerAsyncId, resource);
    },
    emitBefore(asyncId: number) {
      hooks?.before(asyncId);
    },
    emitAfter(asyncId: number) {
      hooks?.after(asyncId);
    },
  };
  return binding;
}
