/**
 * Looking at what is left in a map or set iterator, for inspection. An engine sees it without moving the iterator; here its entries are taken
 * out and handed back by `next` later, which is replaced when that happens for the first time.
 */

const prototypes = [new Map().entries(), new Set().values()].map((iterator) => Object.getPrototypeOf(iterator) as Iterator<unknown>);
const handedBack = new WeakMap<object, unknown[]>();
let patched = false;

/** `isKeyValue` is told by the entries: pairs all through are taken for those of `entries()`. */
export function previewIterator(iterator: any): { entries: unknown[]; isKeyValue: boolean } {
  if (!prototypes.includes(Object.getPrototypeOf(iterator))) return { entries: [], isKeyValue: false };
  patch();
  const left = [...iterator];
  handedBack.set(iterator, [...left]);
  const isKeyValue = left.length > 0 && left.every((entry) => Array.isArray(entry) && entry.length === 2);
  return { entries: isKeyValue ? left.flat(1) : left, isKeyValue };
}

function patch(): void {
  if (patched) return;
  patched = true;
  for (const prototype of prototypes) {
    const engineNext = prototype.next;
    Object.defineProperty(prototype, 'next', {
      configurable: true,
      enumerable: false,
      writable: true,
      value: function next(this: object) {
        const left = handedBack.get(this);
        if (left && left.length > 0) return { value: left.shift(), done: false };
        return Reflect.apply(engineNext, this, []);
      },
    });
  }
}
