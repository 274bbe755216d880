/** Running scripts and compiling functions in the contexts of `node:vm`. */

import { SourceSyntaxError, type SandboxedScript } from '../../transpile';
import { transpilerOf } from '../bindings/module_wrap';
import type { Environment } from '../environment';
import type { CompileOptions } from '../script-compiler';
import { type CodeGeneration, VmContext } from './context';

/** What the code of a script may call, by its names in the rewritten text. */
interface Helpers {
  ºglobal: object;
  ºthis(value: unknown): unknown;
  ºassign(name: string, value: unknown): unknown;
  ºeval(code: unknown): unknown;
  ºdeclare: VmContext['declare'];
  ºimport: Function;
  ºtick(): void;
  ºstart(): void;
}

type Enter = (this: object, scope: object, helpers: Helpers, extensions: readonly object[], code: string) => unknown;

const contextsByEnvironment = new WeakMap<Environment, VmContexts>();

/** The contexts of this worker. */
export function contextsOf(env: Environment): VmContexts {
  let contexts = contextsByEnvironment.get(env);
  if (contexts === undefined) contextsByEnvironment.set(env, contexts = new VmContexts(env));
  return contexts;
}

export class VmContexts {
  /** By sandbox, and by global object. */
  readonly #contexts = new WeakMap<object, VmContext>();
  /** Functions around the `eval`, by the number of extensions. */
  readonly #enter = new Map<number, Enter>();

  constructor(private readonly env: Environment) {}

  create(sandbox: object, allow: CodeGeneration): VmContext {
    const context = new VmContext(sandbox, allow, (own, source) => this.run(own, source, { file: 'evalmachine.<anonymous>' }));
    this.#contexts.set(sandbox, context);
    this.#contexts.set(context.global, context);
    return context;
  }

  has(object: object): boolean {
    return this.#contexts.has(object);
  }

  /** The context of an object that is one: Node's library has made sure. */
  of(object: object): VmContext {
    return this.#contexts.get(object)!;
  }

  /** Answers the script's completion value. */
  run(context: VmContext, source: string, options: CompileOptions, interruptible = false): unknown {
    const { code, declares, stretches } = this.#rewrite(source, 'object', interruptible);
    const name = this.env.sources.add(options.file, source, 0, options.lineOffset, options.columnOffset, stretches);
    return this.#evaluate(context, code + name, declares, options, []);
  }

  /** A function expression, compiled where `extensions` and behind them `context`, or the global scope, are looked into. */
  compile(
    context: VmContext | undefined, expression: string, options: CompileOptions, extensions: readonly object[] = [], interruptible = false,
  ): Function {
    const { code } = this.#rewrite(expression, context === undefined ? 'engine' : 'object', interruptible);
    if (context !== undefined) return this.#evaluate(context, code, false, options, extensions) as Function;
    const { compiler } = this.env;
    const helpers = { ºimport: compiler.importer(options), ºtick: compiler.watchdog.tick, ºstart() {} } as unknown as Helpers;
    return this.#entrance(extensions.length).call(globalThis, {}, helpers, extensions, code) as Function;
  }

  #rewrite(source: string, global: 'object' | 'engine', interruptible: boolean): SandboxedScript {
    try {
      return transpilerOf(this.env).sandbox(source, global, interruptible);
    } catch (error) {
      if (!(error instanceof SourceSyntaxError)) throw error;
      return { code: source, declares: false, stretches: new Uint32Array(0) }; // The engine says what is wrong, in its own words.
    }
  }

  #evaluate(context: VmContext, code: string, declares: boolean, options: CompileOptions, extensions: readonly object[]): unknown {
    const { compiler } = this.env;
    const enter = this.#entrance(extensions.length);
    return context.run(() => enter.call(context.global, context.scope, {
      ºglobal: context.lenient,
      ºthis: context.thisOf,
      ºassign: context.checkAssignment,
      ºeval: context.eval,
      ºdeclare: context.declare,
      ºimport: compiler.importer(options),
      ºtick: compiler.watchdog.tick,
      ºstart: () => context.started(declares),
    }, extensions, code));
  }

  #entrance(extensions: number): Enter {
    let enter = this.#enter.get(extensions);
    if (enter === undefined) {
      const withs = Array.from({ length: extensions }, (_, index) => `with(ºextensions[${index}])`).join('');
      // The constants stand inside the `with`, where finding them does not ask the proxy. The name marks a frame of ours.
      enter = new Function(
        'ºscope', 'ºhelpers', 'ºextensions', 'ºcode',
        `with(ºscope){const{ºglobal,ºthis,ºassign,ºeval,ºdeclare,ºimport,ºtick,ºstart}=ºhelpers;${withs}return eval((ºstart(),ºcode))}\n//# sourceURL=${this.env.host.scriptUrl}`,
      ) as Enter;
      this.#enter.set(extensions, enter);
    }
    return enter;
  }
}
