/** `Function` and its kin compile text; what they compile is rewritten as any other source of the guest's. */

import type { ScriptCompiler } from './script-compiler';

const globalEval = eval;
const EngineProxy = Proxy;
const { construct, defineProperty, getPrototypeOf, setPrototypeOf } = Reflect;

/** Puts rewriting constructors in the place of the engine's, before Node's library takes `Function` aside. */
export function replaceFunctionConstructors(compiler: ScriptCompiler): void {
  const samples: [keyword: string, sample: Function][] = [
    ['function', function () {}],
    ['function*', function* () {}],
    ['async function', async function () {}],
    ['async function*', async function* () {}],
  ];
  for (const [keyword, sample] of samples) {
    const prototype = getPrototypeOf(sample)!;
    const engine = prototype.constructor as Function;
    const create = (args: unknown[], newTarget: Function) => {
      // Checks the text, too: parameters and body each have to be whole.
      const compiled = construct(engine, args, newTarget === replacement ? engine : newTarget);
      if (newTarget !== replacement || !args.every((arg) => typeof arg === 'string')) return compiled;
      const parameters = args.slice(0, -1).join(',');
      const body = args.at(-1) ?? '';
      const source = `(${keyword} anonymous(${parameters}\n) {\n${body}\n})`;
      const { code, imports } = compiler.rewrite(source);
      if (!imports) return code === source ? compiled : globalEval(code);
      // V8 gives the text the referrer of the code that called the constructor.
      return globalEval(`(function(ºimport){return ${code}})`)(compiler.importerOfCaller(create));
    };
    const replacement: Function = new EngineProxy(engine, {
      apply: (_target, _receiver, args) => create(args, replacement),
      construct: (_target, args, newTarget) => create(args, newTarget),
    });
    // That of generators is not writable.
    defineProperty(prototype, 'constructor', { value: replacement });
    if (keyword === 'function') defineProperty(globalThis, 'Function', { value: replacement });
    else setPrototypeOf(engine, Function);
  }
}
