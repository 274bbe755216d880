/** Finds and loads the modules of Node's own library, which come in groups: one classic script a group, loaded when first needed. */

import type { NodeData } from './node-data';

type Builtin = (...parameters: unknown[]) => unknown;
type InternalBinding = (name: string) => object;

export class BuiltinLoader {
  private readonly functions = new Map<string, Builtin>();
  private readonly ownBindings = new Map<string, (name: string, binding: object) => object>();
  private readonly groupOf = new Map<string, string>();
  private readonly loaded = new Set<string>();
  /** Builtins by the script line they begin after, for each script, ascending. */
  private readonly positions = new Map<string, { line: number; id: string }[]>();

  /** `folder` is the absolute URL, with a trailing slash, of the extracted library. */
  constructor(
    private readonly folder: string,
    readonly data: NodeData,
    private readonly importScripts: (url: string) => void,
  ) {
    for (const [group, lines] of Object.entries(data.groups)) {
      for (const id of Object.keys(lines)) this.groupOf.set(id, group);
    }
  }

  /** Puts a module of ours in the place of one that the build left out. */
  substitute(id: string, exports: () => object): void {
    this.functions.set(id, (_exports, _require, module) => {
      (module as { exports: object }).exports = exports();
    });
  }

  /** Lets the module `id`, and no other, see each binding as `view` answers it. For modules that take `internalBinding` as the fifth parameter. */
  showBindings(id: string, view: (name: string, binding: object) => object): void {
    this.ownBindings.set(id, view);
  }

  /** Whether the build kept the module. */
  has(id: string): boolean {
    return this.groupOf.has(id);
  }

  /** The wrapped function of `id`. Throws when the build left the module out. */
  compile(id: string): Builtin {
    const known = this.functions.get(id);
    if (known) return known;
    const group = this.groupOf.get(id);
    if (group === undefined) throw new Error(`No such built-in module: ${id}`);
    this.load(group);
    return this.functions.get(id)!;
  }

  load(group: string): void {
    if (this.loaded.has(group)) return;
    this.loaded.add(group);
    // The script calls this; guest code never sees it.
    Object.defineProperty(globalThis, 'wosixNode', {
      configurable: true,
      value: { define: (_group: string, functions: Record<string, Builtin>) => this.define(functions) },
    });
    try {
      this.importScripts(`${this.folder}${group}.js`);
    } finally {
      Reflect.deleteProperty(globalThis, 'wosixNode');
    }
  }

  /** Which builtin (and line in it) a line of one of our scripts belongs to. */
  locate(url: string, line: number): { id: string; line: number } | undefined {
    if (!url.startsWith(this.folder)) return undefined;
    const group = url.slice(this.folder.length, -'.js'.length);
    let positions = this.positions.get(group);
    if (!positions) {
      positions = Object.entries(this.data.groups[group] ?? {}).map(([id, start]) => ({ line: start, id }));
      this.positions.set(group, positions);
    }
    for (let index = positions.length - 1; index >= 0; index--) {
      const position = positions[index]!;
      if (position.line < line) return { id: position.id, line: line - position.line };
    }
    return undefined;
  }

  private define(functions: Record<string, Builtin>): void {
    for (const [id, fn] of Object.entries(functions)) {
      const view = this.ownBindings.get(id);
      this.functions.set(id, view ? (exports, require, module, process, internalBinding, primordials) => (
        fn(exports, require, module, process, (name: string) => view(name, (internalBinding as InternalBinding)(name)), primordials)
      ) : fn);
    }
  }
}
