/** What the module loaders ask of the file system. */

import { S_IFDIR, S_IFMT, STAT_FIELDS } from '../../linux';
import type { Path } from '../../syscalls';
import { codedError } from '../uv-errors';
import type { FileRequests } from './request';

/** In the order of `legacyMainResolveExtensions` in `lib/internal/modules/esm/resolve.js`; the answer is an index into it. */
const EXTENSIONS = ['', '.js', '.json', '.node', '/index.js', '/index.json', '/index.node', 'index.js', 'index.json', 'index.node'];
const FIRST_WITHOUT_MAIN = 7;

const EXTENSIONLESS_FORMAT_JAVASCRIPT = 0, EXTENSIONLESS_FORMAT_WASM = 1;
const WASM_MAGIC = [0, 0x61, 0x73, 0x6d];

export function moduleFileFunctions(fs: FileRequests) {
  function isFile(path: string): boolean {
    const stat = new Float64Array(STAT_FIELDS);
    return fs.sys.stat(path, stat, true) >= 0 && (stat[1] & S_IFMT) !== S_IFDIR;
  }

  return {
    /** Finds the main file of a package without `exports`, the CommonJS way. */
    legacyMainResolve(packagePath: string, main: string | undefined, base: string | undefined): number {
      const directory = packagePath.endsWith('/') ? packagePath : `${packagePath}/`;
      const named = typeof main === 'string' ? (fs.env.requireBuiltin('path').resolve(directory, main) as string) : undefined;
      if (named !== undefined) {
        for (let i = 0; i < FIRST_WITHOUT_MAIN; i++) {
          if (isFile(named + EXTENSIONS[i])) return i;
        }
      }
      for (let i = FIRST_WITHOUT_MAIN; i < EXTENSIONS.length; i++) {
        if (isFile(directory + EXTENSIONS[i])) return i;
      }
      if (typeof base !== 'string') {
        throw codedError('ERR_INVALID_ARG_TYPE', 'The "base" argument must be of type string or an instance of URL.', TypeError);
      }
      const { URL: NodeURL, fileURLToPath } = fs.env.requireBuiltin('internal/url');
      // Throws ERR_INVALID_URL.
      const importer = fileURLToPath(new NodeURL(base));
      throw codedError('ERR_MODULE_NOT_FOUND', `Cannot find package '${named ?? `${directory}index.js`}' imported from ${importer}`);
    },

    /** WebAssembly if the file begins as such, else JavaScript. */
    getFormatOfExtensionlessFile(path: Path): number {
      const fd = fs.sys.open(path, 0, 0);
      if (fd < 0) return EXTENSIONLESS_FORMAT_JAVASCRIPT;
      const start = new Uint8Array(WASM_MAGIC.length);
      const nread = fs.sys.read(fd, start, 0);
      fs.sys.close(fd);
      const isWasm = nread === start.length && WASM_MAGIC.every((byte, i) => start[i] === byte);
      return isWasm ? EXTENSIONLESS_FORMAT_WASM : EXTENSIONLESS_FORMAT_JAVASCRIPT;
    },
  };
}
