// Source edits: what V8's C++ side does inside these functions and no browser lets a page do.
//
// Node drains the microtask queue synchronously, between two callbacks. A page cannot: microtasks run only when control goes back to
// the browser. So the functions that do it become generators; each `yield` is a place where microtasks have to run, and the event loop
// (`src/guest/node/event-loop.ts`), which drives them, returns to the browser there.

/** `{ id, reason, replace: [[anchor, replacement], ...] }`; every anchor must occur exactly once. */
export const edits = [
  {
    id: 'internal/process/task_queues',
    reason: 'microtasks run between two rounds of nextTicks: the loop drives the round and yields there',
    replace: [
      ['function processTicksAndRejections() {', 'function* processTicksAndRejections() {'],
      ['    runMicrotasks();\n  } while', '    yield;\n  } while'],
      // `process._tickCallback()`, the only synchronous caller left, cannot drain microtasks: it runs the ticks.
      ['  processTicksAndRejections();\n}', '  for (const _ of processTicksAndRejections());\n}'],
    ],
  },
  {
    id: 'internal/timers',
    reason: 'ticks and microtasks run between two immediates and between two timers',
    replace: [
      ['  function processImmediate() {', '  function* processImmediate() {'],
      ['      if (ranAtLeastOneImmediate)\n        runNextTicks();', '      if (ranAtLeastOneImmediate)\n        yield;'],
      ['  function processTimers(now) {', '  function* processTimers(now) {'],
      ['      if (ranAtLeastOneList)\n        runNextTicks();', '      if (ranAtLeastOneList)\n        yield;'],
      // In the place of the blanks before it: columns in stack traces stay what they are.
      ['      listOnTimeout(list, now);', 'yield*listOnTimeout(list, now);'],
      ['  function listOnTimeout(list, now) {', '  function* listOnTimeout(list, now) {'],
      ['      if (ranAtLeastOneTimer)\n        runNextTicks();', '      if (ranAtLeastOneTimer)\n        yield;'],
    ],
  },
  {
    id: 'internal/per_context/primordials',
    reason: "a worker's stack is smaller than that of Node's main thread: arguments are applied in smaller portions",
    replace: [
      ['  let end = 0x10000;', '  let end = 0x04000;'],
      ['      end += 0x10000;', '      end += 0x04000;'],
    ],
  },
  {
    id: 'internal/vm',
    reason: "V8's private symbols do not show; a page's symbols would, so the binding keeps contexts in a weak map",
    replace: [['object[contextify_context_private_symbol] !== undefined;', "internalBinding('contextify').isContext(object);"]],
  },
];

/** Applies the edits of `id`, or says which anchor the source lacks. */
export function applyEdits(id, source) {
  for (const edit of edits) {
    if (edit.id !== id) continue;
    for (const [anchor, replacement] of edit.replace) {
      const at = source.indexOf(anchor);
      if (at < 0 || source.indexOf(anchor, at + 1) >= 0) {
        throw new Error(`${id}: the source edit for "${edit.reason}" needs exactly one ${JSON.stringify(anchor)}`);
      }
      source = source.slice(0, at) + replacement + source.slice(at + anchor.length);
    }
  }
  return source;
}
