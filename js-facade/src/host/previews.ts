/** All preview origins of the container. */

import type { HostOptions } from '../api/protocol';
import type { Codecs } from '../guest/codecs';
import type { HostCalls } from '../guest/syscalls';
import type { Poller } from './poller';
import { PREVIEW_SCRIPT } from './preview-script';
import { PreviewOrigin } from './preview-origin';

export class Previews {
  private readonly origins = new Map<number, PreviewOrigin>();
  private userScript = '';

  constructor(private readonly sys: HostCalls, private readonly poller: Poller, private readonly codecs: Codecs, private readonly options: HostOptions) {}

  /** A service worker of the origin of `port` wants to send requests over `channel`. */
  connect(port: number, channel: MessagePort): void {
    this.origin(port).attach(channel);
  }

  portChanged(port: number, open: boolean): void {
    if (!open) this.origins.get(port)?.reset();
  }

  /** The page's own script for all previews. */
  setScript(source: string, type: string | undefined, defer: boolean, async: boolean): void {
    const attributes = [type && ` type="${type.replace(/[^\w/-]/g, '')}"`, defer && ' defer', async && ' async'].filter(Boolean).join('');
    // The one thing that cannot stand in a script element is its own end.
    this.userScript = source === '' ? '' : `<script${attributes}>${source.replace(/<\/(script)/gi, '<\\/$1')}</script>`;
  }

  private origin(port: number): PreviewOrigin {
    let origin = this.origins.get(port);
    if (!origin) {
      const { id, scheme, host } = this.options.preview;
      const { coep, forwardErrors } = this.options;
      const script = `<script>${PREVIEW_SCRIPT}(${JSON.stringify({ previewId: id, port, forwardErrors })})</script>`;
      origin = new PreviewOrigin(this.sys, this.poller, this.codecs, {
        port, origin: `${scheme}//${id}--${port}.${host}`, coep, injection: () => script + this.userScript,
      });
      this.origins.set(port, origin);
    }
    return origin;
  }
}
