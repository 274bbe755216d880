/** `transpile.wasm` and `transform.wasm` (see `wosix-wasm`): the wrapper over their raw exports. */

export interface ModuleDescription {
  /** A function expression of the parameters `ºm` (the module) and `ºi` (its imports). */
  code: string;
  /** `source` = `import source`. */
  requests: { specifier: string; attributes: Record<string, string>; source: boolean; offset: number }[];
  /** `name` null = the namespace object, or the source of a request for it. Offsets are in bytes of UTF-8. */
  imports: { request: number; name: string | null; local: string; offset: number }[];
  locals: string[];
  indirect: { exported: string; request: number; name: string | null; offset: number }[];
  stars: number[];
  /** Whether the module itself has a top-level `await`. */
  async: boolean;
  stretches: Uint32Array;
}

/** A script that was rewritten. */
export interface ScriptDescription {
  code: string;
  /** Whether it calls `ºimport`. */
  imports: boolean;
  stretches: Uint32Array;
}

/** A script rewritten for `eval` (`sandbox.rs`). */
export interface SandboxedScript {
  code: string;
  /** Whether it begins with a call of `ºdeclare`. */
  declares: boolean;
  stretches: Uint32Array;
}

/**
 * A source that does not parse; `line` from 1, `column` from 0. `unsupported` = it is TypeScript that is more than types.
 */
export class SourceSyntaxError extends Error {
  constructor(message: string, readonly line: number, readonly column: number, readonly unsupported: boolean) {
    super(message);
  }
}

interface Exports {
  memory: WebAssembly.Memory;
  alloc(length: number): number;
  module(source: number, length: number): number;
  script(source: number, length: number): number;
  sandbox(source: number, length: number, global: number, interruptible: number): number;
  strip_types(source: number, length: number): number;
  transform_types(source: number, length: number, name: number, nameLength: number): number;
  contains_module_syntax(source: number, length: number): number;
  code_ptr(): number; code_len(): number;
  meta_ptr(): number; meta_len(): number;
  stretches_ptr(): number; stretches_count(): number;
}

export class Transpiler {
  readonly #exports: Exports;
  readonly #encoder: TextEncoder;
  readonly #decoder: TextDecoder;

  constructor(exports: WebAssembly.Exports, encoder: TextEncoder, decoder: TextDecoder) {
    this.#exports = exports as unknown as Exports;
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /** Throws {@link SourceSyntaxError}. */
  module(source: string): ModuleDescription {
    const description = this.#call('module', source);
    return { ...description, code: this.#code(), stretches: this.#stretches() };
  }

  /** The source with `import(` replaced by `ºimport(`, and `await` carrying the continuation frame. Throws {@link SourceSyntaxError}. */
  script(source: string): ScriptDescription {
    const { imports } = this.#call('script', source);
    return { code: this.#code(), imports, stretches: this.#stretches() };
  }

  /**
   * A script whose global is an object or the engine's own; `interruptible` has its loops call `ºtick`. Throws {@link SourceSyntaxError}.
   */
  sandbox(source: string, global: 'object' | 'engine', interruptible: boolean): SandboxedScript {
    const { declares } = this.#call('sandbox', source, global === 'object' ? 0 : 1, interruptible ? 1 : 0);
    return { code: this.#code(), declares, stretches: this.#stretches() };
  }

  /** The JavaScript in a TypeScript source, with lines and columns kept. Throws {@link SourceSyntaxError}. */
  stripTypes(source: string): string {
    this.#call('strip_types', source);
    return this.#code();
  }

  /**
   * The JavaScript of a TypeScript source with enums and the like (`transform.wasm` only), and its source map if the source has a `name`.
   * Throws {@link SourceSyntaxError}.
   */
  transformTypes(source: string, name = ''): { code: string; map: string | undefined } {
    const { map } = this.#call('transform_types', source, ...this.#write(name));
    return { code: this.#code(), map: map ?? undefined };
  }

  containsModuleSyntax(source: string): boolean {
    return this.#exports.contains_module_syntax(...this.#write(source)) === 1;
  }

  #call(name: 'module' | 'script' | 'sandbox' | 'strip_types' | 'transform_types', source: string, ...options: number[]): any {
    const failed = (this.#exports[name] as (...parameters: number[]) => number)(...this.#write(source), ...options);
    const meta = JSON.parse(this.#text(this.#exports.meta_ptr(), this.#exports.meta_len()));
    if (failed) throw new SourceSyntaxError(meta.message, meta.line, meta.column, failed === 2);
    return meta;
  }

  #write(source: string): [number, number] {
    const bytes = this.#encoder.encode(source);
    const address = this.#exports.alloc(bytes.length);
    new Uint8Array(this.#exports.memory.buffer, address, bytes.length).set(bytes);
    return [address, bytes.length];
  }

  #code(): string {
    return this.#text(this.#exports.code_ptr(), this.#exports.code_len());
  }

  /** Five numbers a stretch: see `Stretch` in `wosix-core/src/module/edit.rs`. */
  #stretches(): Uint32Array {
    return new Uint32Array(this.#exports.memory.buffer, this.#exports.stretches_ptr(), this.#exports.stretches_count() * 5).slice();
  }

  #text(address: number, length: number): string {
    return this.#decoder.decode(new Uint8Array(this.#exports.memory.buffer, address, length));
  }
}
