// Carries the continuation frame over `await` in the library's own sources, as the runtime does for the guest's
// (wosix-core/src/module/awaits.rs).

import { readFileSync } from 'node:fs';

/** A function of source text over `transpile.wasm`, which `file` names. */
export function awaitRewriter(file) {
  const wasm = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), {}).exports;
  const text = (address, length) => new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, address, length));
  return (id, source) => {
    if (!source.includes('await')) return source;
    const bytes = new TextEncoder().encode(source);
    const address = wasm.alloc(bytes.length);
    new Uint8Array(wasm.memory.buffer, address, bytes.length).set(bytes);
    const failed = wasm.script(address, bytes.length);
    const meta = JSON.parse(text(wasm.meta_ptr(), wasm.meta_len()));
    if (failed) throw new Error(`${id} does not parse: ${meta.message} (line ${meta.line})`);
    if (meta.imports) throw new Error(`${id} imports dynamically: nothing defines that for the library`);
    return text(wasm.code_ptr(), wasm.code_len());
  };
}
