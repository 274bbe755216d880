/** `internalBinding('modules')`: `package.json` files, read and remembered. */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';

/** `[name, main, type, imports, exports, path]`; `imports` and `exports` are JSON text, or the plain string when they are one. */
type PackageConfig = [name: string | undefined, main: string | undefined, type: string, imports: string | null, exports: string | null, path: string];

export function create(env: Environment): Record<string, unknown> {
  const cache = new Map<string, PackageConfig | undefined>();
  const decoder = new env.host.TextDecoder();

  function readFile(path: string): string | undefined {
    const fd = env.sys.open(path, 0, 0);
    if (fd < 0) return undefined;
    try {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for (;;) {
        const chunk = new Uint8Array(16384);
        const read = env.sys.read(fd, chunk, -1);
        if (read <= 0) break;
        chunks.push(chunk.subarray(0, read));
        size += read;
      }
      const bytes = new Uint8Array(size);
      let at = 0;
      for (const chunk of chunks) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
      return decoder.decode(bytes);
    } finally {
      env.sys.close(fd);
    }
  }

  function read(path: string, base?: string, specifier?: string): PackageConfig | undefined {
    if (cache.has(path)) return cache.get(path);
    const text = readFile(path);
    let config: PackageConfig | undefined;
    if (text !== undefined) {
      const value = parse(text);
      if (value === undefined) {
        const from = base === undefined ? '' : ` while importing "${specifier}" from ${base.startsWith('file://') ? env.requireBuiltin('internal/url').fileURLToPath(base) : base}`;
        throw codedError('ERR_INVALID_PACKAGE_CONFIG', `Invalid package config ${path}${from}.`);
      }
      // Own properties only: nobody else's `Object.prototype` takes part.
      const { name, main, type, imports, exports } = Object.assign(Object.create(null), value) as Record<string, unknown>;
      config = [
        typeof name === 'string' ? name : undefined,
        typeof main === 'string' ? main : undefined,
        type === 'module' || type === 'commonjs' ? type : 'none',
        serialize(imports),
        serialize(exports),
        path,
      ];
    }
    cache.set(path, config);
    return config;
  }

  /** The nearest `package.json` of a file, upwards from its folder. */
  function nearest(file: string): PackageConfig | undefined {
    for (let folder = parent(file); ; folder = parent(folder)) {
      // What is installed does not belong to the package around.
      if (folder.endsWith('/node_modules')) return undefined;
      const config = read(`${folder === '/' ? '' : folder}/package.json`);
      if (config) return config;
      if (folder === '/') return undefined;
    }
  }

  /** Its config, or the path where the search ended. */
  function scope(url: string): PackageConfig | string {
    const path: string = env.requireBuiltin('internal/url').fileURLToPath(url);
    for (let folder = parent(path); ; folder = parent(folder)) {
      const file = `${folder === '/' ? '' : folder}/package.json`;
      if (folder.endsWith('/node_modules')) return file;
      const config = read(file);
      if (config) return config;
      if (folder === '/') return file;
    }
  }

  return {
    cachedCodeTypes: { __proto__: null, ...env.data.bindings.modules.cachedCodeTypes },
    compileCacheStatus: env.data.bindings.modules.compileCacheStatus,
    moduleFormats: { __proto__: null, ...env.data.bindings.modules.moduleFormats },
    readPackageJSON: (path: string, _isESM?: boolean, base?: string, specifier?: string) => read(path, base, specifier),
    getNearestParentPackageJSON: nearest,
    getNearestParentPackageJSONType: (path: string) => nearest(path)?.[2] ?? 'none',
    getPackageScopeConfig: scope,
    getPackageType(url: string) {
      const config = scope(url);
      return Array.isArray(config) && config[2] !== 'none' ? config[2] : undefined;
    },
    // Compiled code is the browser's to keep: 3 is DISABLED.
    enableCompileCache: () => [3],
    getCompileCacheDir: () => undefined,
    flushCompileCache() {},
    getCompileCacheEntry: () => undefined,
    saveCompileCacheEntry() {},
    setLazyPathHelpers: (meta: { dirname: string; filename: string }, url: string) => setPathHelpers(env, meta, url),
  };
}

/** Properties of `import.meta`. Node's are lazy, but plain properties all the same. */
export function setPathHelpers(env: Environment, meta: { dirname: string; filename: string }, url: string): void {
  const filename: string = env.requireBuiltin('internal/url').fileURLToPath(url);
  meta.dirname = env.requireBuiltin('path').dirname(filename);
  meta.filename = filename;
}

function parent(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** `undefined` when it is no JSON object. */
function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // The caller names the file.
  }
}

function serialize(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : null;
}
