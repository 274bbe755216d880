/** Takes out of a function's text what `transpile.wasm` put into it, so that `toString` answers what the guest wrote. */

const { apply } = Reflect;

/** Inserted texts with what they stand for; those that contain others first (`wosix-core/src/module/awaits.rs`, `esm.rs`, `sandbox.rs`, `script.rs`). */
const INSERTED: [pattern: RegExp, original: string][] = [
  [/ºb\(ºf=ºs\(/g, 'await'],
  [/ºr\(ºf=ºs\(\(/g, ''],
  [/\),await ºt\(\),ºf=0\)/g, ''],
  [/\)\),ºt\(\)\)/g, ''],
  [/ºs\((?!\))/g, 'await'],
  [/\)\(await ºt\(\)\)/g, ''],
  [/,ºv=>ºf=ºv\)(?:,ºf=ºf&&ºf\(\)\))?/g, ''],
  [/ºf=ºf&&ºf\(\);|;ºf=ºs\(\);|;?var ºf;/g, ''],
  [/º[jk]\(/g, ''],
  [/ºe\(|,ºe\)|ºa\(\(|\),ºa\)/g, ''],
  [/;?(?:const º0=)?ºtick\(\);/g, ''],
  [/\(0,\/\*º\*\/([^)]+)\)/g, '$1'],
  [/ºthis\(this\)/g, 'this'],
  [/ºglobal\./g, ''],
  [/ºeval/g, 'eval'],
  [/\/\*º\.\*\//g, ''],
  [/\{\/\*º\*\/|\/\*º\*\/\}/g, ''],
  [/\(0,ºi\.([^)]+)\)/g, '$1'],
  [/ºi\./g, ''],
  [/ºm\.meta/g, 'import.meta'],
  [/(?:ºm\.|º)import/g, 'import'],
];

export function originalText(text: string): string {
  for (const [pattern, original] of INSERTED) text = text.replace(pattern, original);
  return text;
}

/** Before Node's library takes `toString` aside. */
export function replaceFunctionToString(): void {
  const engineToString = Function.prototype.toString;
  const { toString } = {
    toString(this: unknown): string {
      const text = apply(engineToString, this, []) as string;
      return text.includes('º') ? originalText(text) : text;
    },
  };
  Object.defineProperty(Function.prototype, 'toString', { configurable: true, enumerable: false, writable: true, value: toString });
}
