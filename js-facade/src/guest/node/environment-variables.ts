/** `process.env`: values are strings, names and values have no NUL; deletion and enumeration are an ordinary object's. */

/** Taken before user proxies are remembered: `process.env` is not a proxy in Node. */
const EngineProxy = Proxy;

/** `onOddValue` is called when something else than a string, number or boolean is assigned (DEP0104). */
export function createEnvironmentVariables(entries: string[], onOddValue: () => void): Record<string, string> {
  const target: Record<string, string> = {};
  for (const entry of entries) {
    const equals = entry.indexOf('=', 1);
    if (equals > 0) target[entry.slice(0, equals)] = entry.slice(equals + 1);
  }
  const text = (value: unknown): string => {
    if (typeof value === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
    if (!['string', 'number', 'boolean'].includes(typeof value)) onOddValue();
    return String(value);
  };
  return new EngineProxy(target, {
    set(store, key, value) {
      if (typeof key === 'symbol') throw new TypeError('Cannot convert a Symbol value to a string');
      const converted = text(value);
      // setenv(3) refuses these; Node does not say so.
      if (key !== '' && !key.includes('=')) store[key] = converted;
      return true;
    },
    defineProperty(store, key, descriptor) {
      const wrong = (message: string) => Object.assign(new TypeError(message), { code: 'ERR_INVALID_OBJECT_DEFINE_PROPERTY' });
      if ('get' in descriptor || 'set' in descriptor) throw wrong("'process.env' does not accept an accessor(getter/setter) descriptor");
      if (!(descriptor.configurable && descriptor.writable && descriptor.enumerable)) {
        throw wrong("'process.env' only accepts a configurable, writable, and enumerable data descriptor");
      }
      store[key as string] = text(descriptor.value);
      return true;
    },
  });
}
