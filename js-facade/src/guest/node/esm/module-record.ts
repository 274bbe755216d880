/**
 * Module records: linking and evaluation as ECMA-262 gives them for Cyclic Module Records, over functions instead of an engine's own modules.
 */

import type { ModuleDescription } from '../../transpile';
import { restorerOfContinuationFrame } from '../continuation-frame';
import { ignoreRejection, react } from '../engine-promise';
import { createNamespace } from './namespace';

/** V8's `v8::Module::Status`, which Node's library knows by number. */
export const enum Status { Unlinked = 0, Linking = 1, Linked = 2, Evaluating = 3, Evaluated = 4, Errored = 5 }

/** Reads an exported variable; throws the engine's own ReferenceError in its temporal dead zone. */
export type Getter = () => unknown;

/** Where a name of a module finally comes from. */
type Resolution = { record: ModuleRecord; name: string | null } | 'ambiguous' | null;

/** What the two kinds of records have in common. */
export abstract class ModuleRecord {
  status: Status = Status.Unlinked;
  /** Meaningful when errored. */
  error: unknown;
  /** What `import source` of the module gives, if it has one: a `WebAssembly.Module`. */
  source: unknown;
  #namespace: object | undefined;

  constructor(readonly url: string) {}

  /** Own local names, without those of `export *`. */
  abstract localNames(): Iterable<string>;
  abstract resolveExport(name: string, seen?: Map<ModuleRecord, Set<string>>): Resolution;
  /** All names, `default` of `export *` left out. */
  abstract exportedNames(seen?: Set<ModuleRecord>): Set<string>;
  /** Getter of a local name. */
  abstract getter(name: string): Getter;
  abstract link(): void;
  /** Settles when the module and all it depends on are evaluated. The same promise each time. */
  abstract evaluate(): Promise<unknown>;
  /** Whether evaluation of the graph is asynchronous. */
  abstract isGraphAsync(seen?: Set<ModuleRecord>): boolean;

  get namespace(): object {
    if (this.#namespace === undefined) {
      const getters = new Map<string, Getter>();
      for (const name of [...this.exportedNames()].sort(compareCodeUnits)) {
        const resolution = this.resolveExport(name);
        // Ambiguous names of `export *` are left out of the namespace.
        if (resolution !== null && resolution !== 'ambiguous') getters.set(name, getterOf(resolution));
      }
      this.#namespace = createNamespace(getters);
    }
    return this.#namespace;
  }
}

function getterOf(resolution: { record: ModuleRecord; name: string | null }): Getter {
  const { record, name } = resolution;
  return name === null ? () => record.namespace : record.getter(name);
}

function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A module whose exports are set from outside (CommonJS, JSON, built-in modules). */
export class SyntheticRecord extends ModuleRecord {
  readonly #values = new Map<string, unknown>();
  #evaluation: Promise<unknown> | undefined;

  constructor(url: string, names: readonly string[], private readonly steps: () => unknown) {
    super(url);
    for (const name of names) this.#values.set(name, undefined);
  }

  override localNames(): Iterable<string> {
    return this.#values.keys();
  }

  override resolveExport(name: string): Resolution {
    return this.#values.has(name) ? { record: this, name } : null;
  }

  override exportedNames(): Set<string> {
    return new Set(this.#values.keys());
  }

  override getter(name: string): Getter {
    const values = this.#values;
    return () => values.get(name);
  }

  /** Throws a ReferenceError for a name that was not declared, as V8 does. */
  setExport(name: string, value: unknown): void {
    if (!this.#values.has(name)) throw new ReferenceError(`Export '${name}' is not defined in module`);
    this.#values.set(name, value);
  }

  override link(): void {
    if (this.status === Status.Unlinked) this.status = Status.Linked;
  }

  /** Runs the steps if they have not run; throws what they throw, now and later. */
  execute(): void {
    if (this.status === Status.Errored) throw this.error;
    if (this.status >= Status.Evaluating) return;
    this.status = Status.Evaluating;
    try {
      this.steps();
      this.status = Status.Evaluated;
    } catch (error) {
      this.status = Status.Errored;
      this.error = error;
      throw error;
    }
  }

  override evaluate(): Promise<unknown> {
    if (this.#evaluation === undefined) {
      try {
        this.execute();
        this.#evaluation = Promise.resolve(undefined);
      } catch (error) {
        this.#evaluation = Promise.reject(error);
      }
    }
    return this.#evaluation;
  }

  override isGraphAsync(): boolean {
    return false;
  }
}

/** What a module's code sees as `ºm`. */
interface ModuleScope {
  /** Hands out the getters of local exports. */
  e(getters: Record<string, Getter>): void;
  /** Names an anonymous default export. */
  n(value: Function): void;
  readonly meta: object;
  readonly import: ((specifier: unknown, options?: unknown) => Promise<unknown>) & { source(specifier: unknown): Promise<unknown> };
  /** Assigned to under the byte offset of a top-level `await` that begins to wait. */
  w?: Record<string, unknown>;
  /** A module with top-level `await` waits for this before its body runs, and calls what it gives. */
  start?: Promise<() => void>;
}

/** What a source text module asks of its surroundings. */
export interface SourceTextHooks {
  /** Compiles a function expression under the module's URL. */
  compile(code: string, url: string): Function;
  importMeta(): object;
  importDynamically(specifier: unknown, options: unknown, source: boolean): Promise<unknown>;
}

/** Modules whose body has begun, and waits at a top-level `await` or has not come to its end. */
const unsettled = new Set<SourceTextRecord>();

/** Modules that wait for something at their top level, with the byte offset of the `await`. */
export function stalledModules(): { url: string; text: string; offset: number }[] {
  return [...unsettled].flatMap(({ url, text, waitsAt }) => (waitsAt === undefined ? [] : [{ url, text, offset: waitsAt }]));
}

/** Taken before `rememberProxies`, which has no business here. */
const EngineProxy = Proxy;

/** Evaluation order of asynchronous modules, over all graphs. */
let nextAsyncEvaluation = 0;
/** ECMA-262 InnerModuleEvaluation; set by the class, whose private fields it needs. */
let innerEvaluation: (record: ModuleRecord, stack: SourceTextRecord[], index: number) => number;

/** ECMA-262 Cyclic Module Record fields, named as there in camel case. */
export class SourceTextRecord extends ModuleRecord {
  #requested: ModuleRecord[] | undefined;
  readonly #getters = new Map<string, Getter>();
  #dfsIndex = 0;
  #dfsAncestorIndex = 0;
  #cycleRoot: SourceTextRecord | undefined;
  #asyncEvaluationOrder: number | undefined;
  #asyncParents: SourceTextRecord[] = [];
  #pendingAsyncDependencies = 0;
  #capability: PromiseWithResolvers<undefined> | undefined;
  #body: Generator | Promise<unknown> | undefined;
  #start: ((restoreFrame: () => void) => void) | undefined;
  #meta: object | undefined;
  /** Byte offset of the top-level `await` that began last. */
  waitsAt: number | undefined;

  constructor(url: string, readonly text: string, readonly description: ModuleDescription, private readonly hooks: SourceTextHooks) {
    super(url);
  }

  /** The modules of the requests, in their order; they have to be known before the linking. */
  get requested(): ModuleRecord[] {
    return this.#requested ?? [];
  }

  set requested(modules: ModuleRecord[]) {
    this.#requested = modules;
  }

  override localNames(): Iterable<string> {
    return this.description.locals;
  }

  override getter(name: string): Getter {
    return this.#getters.get(name) ?? unresolvedGetter(name);
  }

  override exportedNames(seen = new Set<ModuleRecord>()): Set<string> {
    const names = new Set<string>();
    if (seen.has(this)) return names;
    seen.add(this);
    for (const name of this.description.locals) names.add(name);
    for (const { exported } of this.description.indirect) names.add(exported);
    for (const star of this.description.stars) {
      for (const name of this.requested[star].exportedNames(seen)) if (name !== 'default') names.add(name);
    }
    return names;
  }

  override resolveExport(name: string, seen = new Map<ModuleRecord, Set<string>>()): Resolution {
    let names = seen.get(this);
    if (names === undefined) seen.set(this, names = new Set());
    if (names.has(name)) return null; // A circular import request.
    names.add(name);
    if (this.description.locals.includes(name)) return { record: this, name };
    for (const indirect of this.description.indirect) {
      if (indirect.exported !== name) continue;
      const from = this.requested[indirect.request];
      return indirect.name === null ? { record: from, name: null } : from.resolveExport(indirect.name, seen);
    }
    if (name === 'default') return null;
    let found: { record: ModuleRecord; name: string | null } | null = null;
    for (const star of this.description.stars) {
      const resolution = this.requested[star].resolveExport(name, seen);
      if (resolution === 'ambiguous') return resolution;
      if (resolution === null) continue;
      if (found === null) found = resolution;
      else if (found.record !== resolution.record || found.name !== resolution.name) return 'ambiguous';
    }
    return found;
  }

  // --- linking -----------------------------------------------------------------------------------------

  override link(): void {
    if (this.status >= Status.Linked) return;
    if (this.#requested === undefined) throw new NotLinked(this);
    const graph: SourceTextRecord[] = [];
    try {
      this.#collect(graph);
      for (const record of graph) record.#checkImports();
      for (const record of graph) record.#instantiate();
      for (const record of graph) record.#defineImports();
    } catch (error) {
      this.#unlink();
      throw error;
    }
    for (const record of graph) record.status = Status.Linked;
  }

  /** Takes a linking back that failed. */
  #unlink(): void {
    if (this.status !== Status.Linking) return;
    this.status = Status.Unlinked;
    for (const requested of this.#evaluated()) if (requested instanceof SourceTextRecord) requested.#unlink();
  }

  /** Depth first, what is depended on before what depends on it. */
  #collect(graph: SourceTextRecord[]): void {
    if (this.status !== Status.Unlinked) return;
    if (this.#requested === undefined && this.description.requests.length > 0) throw new NotLinked(this);
    this.status = Status.Linking;
    for (const requested of this.#evaluated()) {
      if (requested instanceof SourceTextRecord) requested.#collect(graph);
      else requested.link();
    }
    graph.push(this);
  }

  /** Requested modules, without those of which only the source is asked for. */
  #evaluated(): ModuleRecord[] {
    return this.requested.filter((_, index) => !this.description.requests[index]?.source);
  }

  #checkImports(): void {
    for (const [index, { source }] of this.description.requests.entries()) {
      if (source && this.requested[index].source === undefined) throw new SourceNotDefined(this.requested[index].url);
    }
    for (const { request, name, offset } of [...this.description.indirect, ...this.description.imports]) {
      if (name === null) continue;
      const resolution = this.requested[request].resolveExport(name);
      if (resolution !== null && resolution !== 'ambiguous') continue;
      const { specifier } = this.description.requests[request];
      throw new LinkError(resolution === null
        ? `The requested module '${specifier}' does not provide an export named '${name}'`
        : `The requested module '${specifier}' contains conflicting star exports for name '${name}'`, this, offset);
    }
  }

  readonly #imports: Record<string, unknown> = Object.create(null);

  /** Enters the function: its declarations are hoisted and its exports known; the body waits. */
  #instantiate(): void {
    if (this.#body !== undefined) return;
    const record = this;
    const scope: ModuleScope = {
      e(getters) {
        for (const name in getters) record.#getters.set(name, getters[name]);
      },
      n(value) {
        Object.defineProperty(value, 'name', { value: 'default', configurable: true });
      },
      get meta() {
        return record.#meta ??= record.hooks.importMeta();
      },
      import: Object.assign((specifier: unknown, options?: unknown) => record.hooks.importDynamically(specifier, options, false), {
        source: (specifier: unknown) => record.hooks.importDynamically(specifier, undefined, true),
      }),
    };
    if (this.description.async) {
      scope.start = new Promise((resolve) => { this.#start = resolve; });
      scope.w = new EngineProxy({}, {
        set: (_target, offset) => {
          this.waitsAt = Number(offset);
          return true;
        },
      });
    }
    const enter = this.hooks.compile(this.description.code, this.url);
    this.description.code = '';
    const body = enter.call(undefined, scope, this.#imports);
    if (this.description.async) {
      // Rejections are seen where the evaluation is awaited.
      ignoreRejection(body as Promise<unknown>);
    } else {
      (body as Generator).next();
    }
    this.#body = body;
  }

  #defineImports(): void {
    for (const { request, name, local } of this.description.imports) {
      const from = this.requested[request];
      if (this.description.requests[request].source) {
        Object.defineProperty(this.#imports, local, { value: from.source, enumerable: true });
        continue;
      }
      const resolution = name === null ? { record: from, name: null } : from.resolveExport(name);
      if (resolution === null || resolution === 'ambiguous') throw new Error(`import ${local} was not checked`);
      Object.defineProperty(this.#imports, local, {
        get: getterOf(resolution),
        set: () => { throw new TypeError('Assignment to constant variable.'); },
        enumerable: true,
      });
    }
  }

  // --- evaluation --------------------------------------------------------------------------------------

  override isGraphAsync(seen = new Set<ModuleRecord>()): boolean {
    if (seen.has(this)) return false;
    seen.add(this);
    return this.description.async || this.#evaluated().some((requested) => requested.isGraphAsync(seen));
  }

  override evaluate(): Promise<unknown> {
    let root: SourceTextRecord = this;
    // Until it was reached by an evaluation a module has no cycle root; afterwards the root's promise is everybody's.
    if (this.status >= Status.Evaluating && this.#cycleRoot !== undefined) root = this.#cycleRoot;
    if (root.#capability !== undefined) return root.#capability.promise;
    if (this.status === Status.Errored) return Promise.reject(this.error);
    const capability = root.#capability = Promise.withResolvers<undefined>();
    const stack: SourceTextRecord[] = [];
    try {
      innerEvaluation(root, stack, 0);
      if (root.#asyncEvaluationOrder === undefined) capability.resolve(undefined);
    } catch (error) {
      for (const record of stack) {
        record.status = Status.Errored;
        record.error = error;
        record.#cycleRoot = record;
      }
      capability.reject(error);
    }
    return capability.promise;
  }

  static {
    innerEvaluation = (record, stack, index) => {
      if (!(record instanceof SourceTextRecord)) {
        (record as SyntheticRecord).execute();
        return index;
      }
      return record.#innerEvaluation(stack, index);
    };
  }

  #innerEvaluation(stack: SourceTextRecord[], index: number): number {
    if (this.status === Status.Errored) throw this.error;
    if (this.status !== Status.Linked) return index;
    this.status = Status.Evaluating;
    this.#dfsIndex = this.#dfsAncestorIndex = index++;
    stack.push(this);
    for (const requested of this.#evaluated()) {
      index = innerEvaluation(requested, stack, index);
      if (!(requested instanceof SourceTextRecord)) continue;
      let dependency: SourceTextRecord = requested;
      if (stack.includes(dependency)) {
        this.#dfsAncestorIndex = Math.min(this.#dfsAncestorIndex, dependency.#dfsAncestorIndex);
      } else {
        dependency = dependency.#cycleRoot ?? dependency;
        if (dependency.status === Status.Errored) throw dependency.error;
      }
      if (dependency.#asyncEvaluationOrder !== undefined && !dependency.#asyncDone) {
        this.#pendingAsyncDependencies++;
        dependency.#asyncParents.push(this);
      }
    }
    if (this.#pendingAsyncDependencies > 0 || this.description.async) {
      this.#asyncEvaluationOrder = nextAsyncEvaluation++;
      if (this.#pendingAsyncDependencies === 0) this.#executeAsync();
    } else {
      this.#execute();
    }
    if (this.#dfsAncestorIndex === this.#dfsIndex) {
      for (;;) {
        const record = stack.pop()!;
        // A module that still waits is not evaluated for V8's users: `kEvaluating` would name a cycle, so this is V8's answer too.
        record.status = Status.Evaluated;
        record.#cycleRoot = this;
        if (record === this) break;
      }
    }
    return index;
  }

  #asyncDone = false;

  /** Runs the body of a module without top-level `await`. */
  #execute(): void {
    (this.#body as Generator).next();
  }

  #executeAsync(): void {
    const body = this.#body as Promise<unknown>;
    unsettled.add(this);
    this.#start!(restorerOfContinuationFrame());
    react(body, () => this.#asyncFulfilled(), (error) => this.#asyncRejected(error));
  }

  #asyncFulfilled(): void {
    unsettled.delete(this);
    if (this.status === Status.Errored) return;
    this.#asyncDone = true;
    this.#capability?.resolve(undefined);
    const ready: SourceTextRecord[] = [];
    this.#gatherAvailableAncestors(ready);
    ready.sort((a, b) => a.#asyncEvaluationOrder! - b.#asyncEvaluationOrder!);
    for (const record of ready) {
      if (record.status === Status.Errored) continue;
      if (record.description.async) {
        record.#executeAsync();
        continue;
      }
      try {
        record.#execute();
      } catch (error) {
        record.#asyncRejected(error);
        continue;
      }
      record.#asyncDone = true;
      record.#capability?.resolve(undefined);
    }
  }

  #gatherAvailableAncestors(ready: SourceTextRecord[]): void {
    for (const parent of this.#asyncParents) {
      if (ready.includes(parent) || parent.#cycleRoot?.status === Status.Errored) continue;
      if (--parent.#pendingAsyncDependencies > 0) continue;
      ready.push(parent);
      if (!parent.description.async) parent.#gatherAvailableAncestors(ready);
    }
  }

  #asyncRejected(error: unknown): void {
    unsettled.delete(this);
    if (this.status === Status.Errored) return;
    this.status = Status.Errored;
    this.error = error;
    for (const parent of this.#asyncParents) parent.#asyncRejected(error);
    this.#capability?.reject(error);
  }
}

/** A module of the graph whose requests were not given their modules. */
export class NotLinked extends Error {
  constructor({ url, description: { requests: [first] } }: SourceTextRecord) {
    super(first === undefined ? `module '${url}' is not linked` : `request for '${first.specifier}' can not be resolved on module '${url}' that is not linked`);
  }
}

/** `import source` of a module that has none. */
export class SourceNotDefined extends Error {
  constructor(readonly url: string) {
    super(`Source phase import object is not defined for module '${url}'`);
  }
}

/** A record that is linked but was never entered would be a bug of ours; the engine's words for reading too early fit. */
function unresolvedGetter(name: string): Getter {
  return () => { throw new ReferenceError(`Cannot access '${name}' before initialization`); };
}

/** A missing or ambiguous export, with the place of the import in UTF-8 bytes of the source. */
export class LinkError extends SyntaxError {
  constructor(message: string, readonly record: SourceTextRecord, readonly offset: number) {
    super(message);
    Object.defineProperty(this, 'name', { value: 'SyntaxError', configurable: true, enumerable: false, writable: true });
    Object.defineProperty(this, 'record', { enumerable: false });
    Object.defineProperty(this, 'offset', { enumerable: false });
  }
}
