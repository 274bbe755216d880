/**
 * Preview origins, from the page's side. Each open port has its own origin with its own service worker, reached through a hidden frame on that
 * origin: the frame registers the service worker and hands it a MessagePort that leads to the host. A service worker that was stopped and
 * started has lost its port and asks the frame for another.
 */

/** Messages between this page and the relay frame (`src/pages/relay.html`). */
export type RelayMessage =
  /** The service worker of this origin needs a port (at first, or again). */
  | { type: 'wosix-relay-connect' }
  | { type: 'wosix-relay-error'; message: string }
  /** From a page of this origin. */
  | { type: 'wosix-relay-report'; message: unknown };

const TIMEOUT = 20_000;

/** Frames that are being loaded at a time: each may be a process of the browser, and a test run opens ports by the thousand. */
const LOADING = 4;

/** Frames kept for ports that nobody listens on: a server that is restarted finds its previews alive. */
const KEPT = 8;

/** The port closed before its preview was wanted. */
export class PortClosedError extends Error {}

export class PreviewRelays {
  private readonly frames = new Map<number, { frame: HTMLIFrameElement; ready: Promise<void> }>();
  private readonly waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  /** Ports somebody listens on. */
  private readonly listening = new Set<number>();
  /** Ports that closed and still have a frame, the longest closed first. */
  private readonly idle = new Set<number>();
  private loading = 0;
  private readonly turns: (() => void)[] = [];

  /** `connect` gives the host its end of a fresh channel; `report` hears what pages of the origins tell. */
  constructor(
    private readonly origin: (port: number) => string,
    private readonly connect: (port: number, channel: MessagePort) => void,
    private readonly report: (port: number, message: unknown) => void,
  ) {
    window.addEventListener('message', this.onMessage);
  }

  /** URL of the server on `port`. */
  url(port: number): string {
    return `${this.origin(port)}/`;
  }

  /**
   * The port is listened on: resolves when its preview origin answers requests.
   * @throws {PortClosedError} when the port closed before its turn came
   */
  async open(port: number): Promise<void> {
    this.listening.add(port);
    this.idle.delete(port);
    const known = this.frames.get(port);
    if (known) return known.ready;
    if (this.loading >= LOADING) await new Promise<void>((resolve) => this.turns.push(resolve));
    else this.loading += 1;
    try {
      if (!this.listening.has(port)) throw new PortClosedError(`port ${port} is closed`);
      await (this.frames.get(port)?.ready ?? this.load(port));
    } finally {
      const next = this.turns.shift();
      if (next) next();
      else this.loading -= 1;
    }
  }

  /** Nobody listens on `port` any more. */
  closed(port: number): void {
    this.listening.delete(port);
    if (!this.frames.has(port)) return;
    this.idle.add(port);
    if (this.idle.size > KEPT) this.remove(this.idle.values().next().value!);
  }

  private load(port: number): Promise<void> {
    const frame = document.createElement('iframe');
    frame.style.display = 'none';
    frame.allow = 'cross-origin-isolated';
    frame.title = `preview relay ${port}`;
    frame.src = `${this.origin(port)}/__wosix/relay.html`;
    const ready = new Promise<void>((resolve, reject) => {
      this.waiting.set(port, { resolve, reject });
      setTimeout(() => reject(new Error(`the preview origin ${this.origin(port)} did not answer`)), TIMEOUT);
    });
    // The next one who asks gets a fresh frame.
    ready.catch(() => this.frames.get(port)?.frame === frame && this.remove(port));
    this.frames.set(port, { frame, ready });
    document.documentElement.append(frame);
    return ready;
  }

  private remove(port: number): void {
    this.frames.get(port)?.frame.remove();
    this.frames.delete(port);
    this.idle.delete(port);
    this.waiting.get(port)?.reject(new PortClosedError(`port ${port} is closed`));
    this.waiting.delete(port);
  }

  close(): void {
    window.removeEventListener('message', this.onMessage);
    for (const { frame } of this.frames.values()) frame.remove();
    this.frames.clear();
  }

  private readonly onMessage = ({ data, source, origin }: MessageEvent<RelayMessage>) => {
    for (const [port, { frame }] of this.frames) {
      if (source !== frame.contentWindow || origin !== this.origin(port)) continue;
      if (data?.type === 'wosix-relay-connect') {
        const { port1, port2 } = new MessageChannel();
        this.connect(port, port1);
        frame.contentWindow!.postMessage({ type: 'wosix-relay-port' }, origin, [port2]);
        this.waiting.get(port)?.resolve();
      } else if (data?.type === 'wosix-relay-error') {
        this.waiting.get(port)?.reject(new Error(data.message));
      } else if (data?.type === 'wosix-relay-report') {
        this.report(port, data.message);
      }
    }
  };
}
