/**
 * What threads of one process hand to each other and no bytes can tell: shared memory, compiled modules. The host never blocks, so a
 * thread gets at them whatever the others do. A key is kept until as many threads as its sender said have fetched or released it.
 */

interface Kept {
  value: unknown;
  /** Set once the value is there. */
  present: boolean;
  /** Threads that still have to say something; negative when they were faster than the sender. */
  count: number;
  waiting: ((value: unknown) => void)[];
}

export class ProcessAttachments {
  private readonly kept = new Map<string, Kept>();

  attach(key: string, value: unknown, count: number): void {
    const kept = this.of(key);
    kept.value = value;
    kept.present = true;
    for (const deliver of kept.waiting.splice(0)) deliver(value);
    this.count(key, kept, count);
  }

  release(key: string): void {
    this.count(key, this.of(key), -1);
  }

  fetch(key: string, deliver: (value: unknown) => void): void {
    const kept = this.of(key);
    if (kept.present) deliver(kept.value);
    else kept.waiting.push(deliver);
    this.count(key, kept, -1);
  }

  private of(key: string): Kept {
    let kept = this.kept.get(key);
    if (!kept) this.kept.set(key, (kept = { value: undefined, present: false, count: 0, waiting: [] }));
    return kept;
  }

  private count(key: string, kept: Kept, change: number): void {
    kept.count += change;
    if (kept.count === 0 && kept.waiting.length === 0) this.kept.delete(key);
  }
}
