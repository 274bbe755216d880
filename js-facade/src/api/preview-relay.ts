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

export class PreviewRelays {
  private readonly frames = new Map<number, { frame: HTMLIFrameElement; ready: Promise<void> }>();
  private readonly waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();

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

  /** Resolves when the preview origin of `port` answers requests. */
  open(port: number): Promise<void> {
    const known = this.frames.get(port);
    if (known) return known.ready;
    const frame = document.createElement('iframe');
    frame.style.display = 'none';
    frame.allow = 'cross-origin-isolated';
    frame.title = `preview relay ${port}`;
    frame.src = `${this.origin(port)}/__wosix/relay.html`;
    const ready = new Promise<void>((resolve, reject) => {
      this.waiting.set(port, { resolve, reject });
      setTimeout(() => reject(new Error(`the preview origin ${this.origin(port)} did not answer`)), TIMEOUT);
    });
    ready.catch(() => {
      // The next one who asks gets a fresh frame.
      frame.remove();
      this.frames.delete(port);
    });
    this.frames.set(port, { frame, ready });
    document.documentElement.append(frame);
    return ready;
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
