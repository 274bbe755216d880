/** One frame of a stack trace, as V8's `CallSite` (https://v8.dev/docs/stack-trace-api), telling positions and names as Node would. */

export interface Frame {
  functionName: string | null;
  typeName: string | null;
  methodName: string | null;
  file: string | null;
  line: number | null;
  column: number | null;
  isConstructor: boolean;
  isAsync: boolean;
  isToplevel: boolean;
  isNative: boolean;
  isEval: boolean;
  evalOrigin: string | undefined;
  isPromiseAll: boolean;
  promiseIndex: number | null;
  getThis(): unknown;
  getFunction(): unknown;
}

export class CallSite {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  getThis() { return this.#frame.getThis(); }
  getFunction() { return this.#frame.getFunction(); }
  getTypeName() { return this.#frame.typeName; }
  getFunctionName() { return this.#frame.functionName; }
  getMethodName() { return this.#frame.methodName; }
  getFileName() { return this.#frame.file ?? undefined; }
  getLineNumber() { return this.#frame.line; }
  getColumnNumber() { return this.#frame.column; }
  getEvalOrigin() { return this.#frame.evalOrigin; }
  getScriptNameOrSourceURL() { return this.#frame.file; }
  getScriptHash() { return ''; }
  getEnclosingLineNumber() { return this.#frame.line; }
  getEnclosingColumnNumber() { return this.#frame.column; }
  getPosition() { return 0; }
  getPromiseIndex() { return this.#frame.promiseIndex; }
  isToplevel() { return this.#frame.isToplevel; }
  isEval() { return this.#frame.isEval; }
  isNative() { return this.#frame.isNative; }
  isConstructor() { return this.#frame.isConstructor; }
  isAsync() { return this.#frame.isAsync; }
  isPromiseAll() { return this.#frame.isPromiseAll; }

  /** V8's `SerializeCallSiteInfo`. */
  toString(): string {
    const frame = this.#frame;
    const location = this.#location();
    const { functionName } = frame;
    if (frame.isAsync) {
      if (frame.isPromiseAll) return `async Promise.all (index ${frame.promiseIndex})`;
      return functionName ? `async ${functionName} (${location})` : `async ${location}`;
    }
    if (frame.isConstructor) return `new ${functionName || '<anonymous>'} (${location})`;
    if (!frame.isToplevel) return `${this.#methodCall()} (${location})`;
    return functionName ? `${functionName} (${location})` : location;
  }

  #methodCall(): string {
    const { typeName, functionName, methodName } = this.#frame;
    if (!functionName) return `${typeName ? `${typeName}.` : ''}${methodName || '<anonymous>'}`;
    // V8 names accessors without what they belong to.
    if (/^[gs]et /.test(functionName)) return functionName;
    let text = typeName && !functionName.startsWith(`${typeName}.`) ? `${typeName}.${functionName}` : functionName;
    const named = methodName && (functionName === methodName || functionName.endsWith(`.${methodName}`) || functionName.endsWith(` ${methodName}`));
    if (methodName && !named) text += ` [as ${methodName}]`;
    return text;
  }

  #location(): string {
    const { file, line, column, isEval, evalOrigin, isNative } = this.#frame;
    if (isNative) return 'native';
    let text = file ?? `${isEval && evalOrigin ? `${evalOrigin}, ` : ''}<anonymous>`;
    if (line !== null) text += `:${line}${column === null ? '' : `:${column}`}`;
    return text;
  }
}

Object.defineProperty(CallSite.prototype, Symbol.toStringTag, { configurable: true, value: 'CallSite' });
