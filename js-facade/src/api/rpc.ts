/**
 * Calls and events over one MessagePort: `{id, method, args}` one way, `{id, value}`, `{id, error}` and `{event, args}` the other.
 * `id` 0 asks for no answer. Errors keep their name, message and Node's `code`, `errno`, `syscall` and `path`.
 */

/** Methods by name; every one may answer at once or later. */
export type Methods = Record<string, (...args: any[]) => unknown>;
/** Events by name, with the types of their arguments. */
export type Events = Record<string, unknown[]>;

/** A value whose buffers are moved, not copied, to the other side. */
export class Transfer<T> {
  constructor(readonly value: T, readonly buffers: Transferable[]) {}
}

type Answer<T> = Awaited<T> extends Transfer<infer V> ? V : Awaited<T>;

/** What survives of an error on the way between threads. */
export interface WireError { name: string; message: string; stack?: string; code?: string; errno?: number; syscall?: string; path?: string; dest?: string }

const EXTRA = ['code', 'errno', 'syscall', 'path', 'dest'] as const;

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const wire: WireError = { name: error.name, message: error.message, stack: error.stack };
  for (const key of EXTRA) {
    const value = (error as unknown as Record<string, unknown>)[key];
    if (value !== undefined) (wire as unknown as Record<string, unknown>)[key] = value;
  }
  return wire;
}

export function fromWireError(wire: WireError): Error {
  const error = wire.name === 'TypeError' ? new TypeError(wire.message) : new Error(wire.message);
  error.name = wire.name;
  for (const key of EXTRA) if (wire[key] !== undefined) Object.assign(error, { [key]: wire[key] });
  return error;
}

type Request = { id: number; method: string; args: unknown[] };
type Reply = { id: number; value?: unknown; error?: WireError };
type Event = { event: string; args: unknown[] };

/** The calling side. */
export class RpcClient<M extends object, E extends Events> {
  private next = 1;
  private readonly pending = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void }>();
  private readonly listeners = new Map<string, (...args: any[]) => void>();
  private closed: Error | null = null;

  constructor(private readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<Reply | Event>) => {
      if ('event' in data) {
        this.listeners.get(data.event)?.(...data.args);
        return;
      }
      const call = this.pending.get(data.id);
      this.pending.delete(data.id);
      if (data.error) call?.reject(fromWireError(data.error));
      else call?.resolve(data.value);
    };
  }

  /** Calls `method` and answers what it answers. */
  call<K extends keyof M & string>(method: K, args: M[K] extends (...args: infer A) => unknown ? A : never, transfer: Transferable[] = []):
    Promise<M[K] extends (...args: any[]) => infer R ? Answer<R> : never> {
    if (this.closed) return Promise.reject(this.closed);
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.port.postMessage({ id, method, args } satisfies Request, transfer);
    });
  }

  /** Calls `method` and wants no answer; a failure of it is reported by the other side as an event. */
  notify<K extends keyof M & string>(method: K, args: M[K] extends (...args: infer A) => unknown ? A : never, transfer: Transferable[] = []): void {
    if (!this.closed) this.port.postMessage({ id: 0, method, args } satisfies Request, transfer);
  }

  /** One listener an event. */
  on<K extends keyof E & string>(event: K, listener: (...args: E[K]) => void): void {
    this.listeners.set(event, listener as (...args: any[]) => void);
  }

  /** Fails everything that waits, and all later calls, with `reason`. */
  close(reason: Error): void {
    if (this.closed) return;
    this.closed = reason;
    this.port.close();
    for (const { reject } of this.pending.values()) reject(reason);
    this.pending.clear();
  }
}

/** The answering side. */
export class RpcServer<E extends Events> {
  /** `afterCall` runs after each call was made (not when its promise has settled). */
  constructor(private readonly port: MessagePort, methods: object, afterCall: () => void, onLostError: (error: unknown) => void) {
    port.onmessage = async ({ data: { id, method, args } }: MessageEvent<Request>) => {
      try {
        const answer = (methods as Methods)[method](...args);
        afterCall();
        const value = await answer;
        if (id === 0) return;
        if (value instanceof Transfer) port.postMessage({ id, value: value.value } satisfies Reply, value.buffers);
        else port.postMessage({ id, value } satisfies Reply);
      } catch (error) {
        if (id === 0) onLostError(error);
        else port.postMessage({ id, error: toWireError(error) } satisfies Reply);
      }
    };
  }

  emit<K extends keyof E & string>(event: K, args: E[K], transfer: Transferable[] = []): void {
    this.port.postMessage({ event, args } satisfies Event, transfer);
  }
}
