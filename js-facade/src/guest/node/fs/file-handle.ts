/** The native part of `fs.promises`' `FileHandle`: owns a descriptor. */

import { AsyncWrap } from '../async-wrap';
import { registerNativeType } from '../messaging/native-objects';
import { uvException } from '../uv-errors';
import type { FileRequests } from './request';

export function createFileHandle(fs: FileRequests) {
  class FileHandle extends AsyncWrap {
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
  }

  registerNativeType(fs.env, {
    name: 'fs:FileHandle',
    is: (object) => object instanceof FileHandle,
    transferable: true,
    write: (object) => (object as FileHandle).releaseFD(),
    read: (fd) => new FileHandle(fd as number),
    unpack(fd: number) {
      fs.sys.adoptDescriptor(fd);
      return fd;
    },
    drop: (fd) => void fs.sys.close(fd as number),
  });
  return FileHandle;
}
