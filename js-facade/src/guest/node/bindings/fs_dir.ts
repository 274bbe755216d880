/** `internalBinding('fs_dir')`: directories read in portions. */

import type { DirectoryEntry, Path } from '../../syscalls';
import { AsyncWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { FileRequests, type FileRequest } from '../fs/request';

export function create(env: Environment): Record<string, unknown> {
  const fs = new FileRequests(env);

  /** The entries are those at the time of opening. */
  class DirHandle extends AsyncWrap {
    readonly #entries: DirectoryEntry[];
    #next = 0;

    constructor(entries: DirectoryEntry[]) {
      super(env, 'DIRHANDLE');
      this.#entries = entries;
    }

    /** Up to `count` entries as `[name, type, name, type, ...]`; `null` at the end. */
    read(encoding: string, count: number, req?: FileRequest): unknown {
      const portion = this.#entries.slice(this.#next, this.#next + count);
      this.#next += portion.length;
      const value = portion.length === 0 ? null : portion.flatMap(({ name, kind }) => [fs.encodeName(name, encoding), kind]);
      return fs.finish(req, 0, value, 'scandir');
    }

    close(req?: FileRequest): unknown {
      this.emitDestroy();
      return fs.finish(req, 0, undefined, 'closedir');
    }
  }

  return {
    DirHandle,

    opendir(path: Path, _encoding: string, req?: FileRequest): unknown {
      const denial = env.permissions.denial('FileSystemRead', path);
      if (denial !== undefined && req !== undefined) return fs.reject(req, denial);
      if (denial !== undefined) throw denial;
      const entries = env.sys.readdir(path);
      if (typeof entries === 'number') return fs.finish(req, entries, undefined, 'opendir', path);
      return fs.finish(req, 0, new DirHandle(entries), 'opendir', path);
    },

    /** Unlike all others, Node's error here does not name the path. */
    opendirSync(path: Path): unknown {
      env.permissions.check('FileSystemRead', path);
      const entries = env.sys.readdir(path);
      if (typeof entries === 'number') throw fs.exception(entries, 'opendir');
      return new DirHandle(entries);
    },
  };
}
