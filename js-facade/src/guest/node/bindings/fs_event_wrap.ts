/** `internalBinding('fs_event_wrap')`: `fs.watch` over the kernel's watch descriptors. */

import { POLLIN, type Path } from '../../syscalls';
import type { Environment, Watcher } from '../environment';
import { FileRequests } from '../fs/request';
import { HandleWrap } from '../handle-wrap';
import { encodeUtf8 } from '../stream-base';
import { UV } from '../uv-errors';

export function create(env: Environment): Record<string, unknown> {
  const fs = new FileRequests(env);

  class FSEvent extends HandleWrap {
    #fd = -1;
    #watcher: Watcher | undefined;
    #encoding = 'utf8';
    /** What an event of the watched file itself is named: libuv gives the base name. */
    #baseName: Uint8Array = new Uint8Array(0);

    constructor() {
      super(env, 'FSEVENTWRAP');
    }

    get initialized(): boolean {
      return this.#fd >= 0 && !this.isClosing;
    }

    start(path: Path, persistent: boolean, recursive: boolean, encoding?: string): number {
      env.permissions.check('FileSystemRead', path);
      const fd = env.sys.watch(path, Boolean(recursive));
      if (fd < 0) return fd;
      this.#fd = fd;
      this.#encoding = encoding ?? 'utf8';
      const text = typeof path === 'string' ? path : fs.decode(path);
      this.#baseName = encodeUtf8(env, text.slice(text.replace(/\/+$/, '').lastIndexOf('/') + 1));
      if (!persistent) this.unref();
      this.setActive(true);
      this.#watcher = env.loop.watch(fd, POLLIN, () => this.#onReady());
      return 0;
    }

    protected override onClose(): void {
      this.#watcher?.close();
      this.#watcher = undefined;
      if (this.#fd >= 0) env.sys.close(this.#fd);
      this.#fd = -1;
    }

    #onReady(): void {
      const events = env.sys.readWatch(this.#fd);
      if (typeof events === 'number') {
        if (events !== UV.EAGAIN) this.callback('onchange', events, '', null);
        return;
      }
      // A turn for each, as libuv's are callbacks of their own.
      for (const { kind, name } of events) {
        const shown = fs.encodeName(name.length === 0 ? this.#baseName : name, this.#encoding);
        env.loop.enqueue(() => {
          if (!this.isClosing) this.callback('onchange', 0, kind, shown);
        });
      }
    }
  }

  return { FSEvent };
}
