/** The native part of `fs.promises`' `FileHandle`: owns a descriptor. */

import { AsyncWrap } from '../async-wrap';
import { uvException } from '../uv-errors';
import type { FileRequests } from './request';

export function createFileHandle(fs: FileRequests) {
  return class FileHandle extends AsyncWrap {
    #fd: number;

    constructor(fd: number) {
      super(fs.env, 'FILEHANDLE');
      this.#fd = fd;
    }

    get fd(): number {
      return this.#fd;
    }

    /** Resolves in the poll phase, as a close on libuv's thread pool would. */
    close(): unknown {
      return fs.finish(fs.kUsePromises, fs.sys.close(this.releaseFD()), undefined, 'close');
    }

    closeSync(): void {
      const result = fs.sys.close(this.releaseFD());
      if (result < 0) throw uvException(result, 'close');
    }

    /** Gives the descriptor away without closing it. */
    releaseFD(): number {
      const fd = this.#fd;
      this.#fd = -1;
      this.emitDestroy();
      return fd;
    }
  };
}
