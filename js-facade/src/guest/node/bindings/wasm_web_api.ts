/** `internalBinding('wasm_web_api')`: `WebAssembly.compileStreaming` and `instantiateStreaming` of Node's own `Response`. */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';

/** Node's library reads the response and tells the state of it. */
type Implementation = (state: StreamState, source: unknown) => void;

interface StreamState {
  push(chunk: unknown): void;
  finish(): void;
  abort(error: unknown): void;
  setURL(url: string): void;
}

export function create(_env: Environment): Record<string, unknown> {
  return {
    setImplementation(implementation: Implementation) {
      const compileStreaming = (source: unknown): Promise<WebAssembly.Module> => new Promise((resolve, reject) => {
        const chunks: Uint8Array[] = [];
        implementation({
          push: (chunk) => chunks.push(bytesOf(chunk)),
          finish: () => resolve(WebAssembly.compile(joined(chunks)).catch(renamed)),
          abort: reject,
          // Engines name a module's code by it; here it has none.
          setURL() {},
        }, source);
      });
      const instantiateStreaming = async (source: unknown, imports?: WebAssembly.Imports) => {
        const module = await compileStreaming(source);
        return { module, instance: await WebAssembly.instantiate(module, imports) };
      };
      for (const [name, value] of Object.entries({ compileStreaming, instantiateStreaming })) {
        Object.defineProperty(WebAssembly, name, { value, writable: true, enumerable: true, configurable: true });
      }
    },
  };
}

/** An error of `compile` that names the function that was called. */
function renamed(error: Error): never {
  error.message = error.message.replace('WebAssembly.compile()', 'WebAssembly.compileStreaming()');
  throw error;
}

function bytesOf(chunk: unknown): Uint8Array {
  // A copy: whoever gave it may go on to use it.
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength).slice();
  if (chunk instanceof ArrayBuffer || chunk instanceof SharedArrayBuffer) return new Uint8Array(chunk).slice();
  throw codedError('ERR_INVALID_ARG_TYPE', 'chunk must be an ArrayBufferView or an ArrayBuffer', TypeError);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
