/**
 * `ReadFileJob`, `WriteFileJob` and `CpDirJob`, by which Node 26 does in one step what took a request for each call before.
 *
 * `run()` starts the job, or answers the permission model's error; `ondone` hears of its end in the poll phase. As with every request here, the
 * work itself is done at once.
 */

import { O_CLOEXEC, S_IFMT, S_IFREG, STAT_FIELDS } from '../../linux';
import type { Path } from '../../syscalls';
import { AsyncWrap } from '../async-wrap';
import { bytesOf } from '../stream-base';
import { openDenial } from './permission-checks';
import type { FileRequests } from './request';
import { type CopyDirectory, SpecialFile } from './trees';

const MODE = 1, SIZE = 8;
/** Mode of what `readFile` creates by its flags. */
const DEFAULT_MODE = 0o666;

export function fileJobs(fs: FileRequests, copyDirectory: CopyDirectory) {
  abstract class FileJob extends AsyncWrap {
    declare ondone?: Function;

    constructor() {
      super(fs.env, 'FSREQCALLBACK');
    }

    /** Does the work; answers the arguments of `ondone`. */
    protected abstract perform(): unknown[];

    /** What the permission model says against it. */
    protected denial(): Error | undefined {
      return undefined;
    }

    run(_path?: Path): Error | undefined {
      const error = fs.env.permissions.enabled ? this.denial() : undefined;
      if (error !== undefined) return error;
      const { loop } = fs.env;
      const results = this.perform();
      loop.resources.requests.add(this);
      loop.enqueue(() => {
        loop.resources.requests.delete(this);
        if (typeof this.ondone === 'function') fs.env.makeCallback(this, this.ondone, ...results);
      });
      return undefined;
    }
  }

  /** `ondone(error, buffer, -1)`, or `ondone(undefined, undefined, fd, size)` of a file that is to be read in parts. */
  class ReadFileJob extends FileJob {
    /** `chunk`: up to how many bytes a file is read here. */
    constructor(private readonly path: Path, private readonly flags: number, private readonly chunk: number) {
      super();
    }

    protected perform(): unknown[] {
      const fd = fs.sys.open(this.path, this.flags | O_CLOEXEC, DEFAULT_MODE);
      if (fd < 0) return [fs.exception(fd, 'open', this.path)];
      const stat = new Float64Array(STAT_FIELDS);
      const known = fs.sys.fstat(fd, stat);
      if (known < 0) {
        fs.sys.close(fd);
        return [fs.exception(known, 'fstat')];
      }
      const size = (stat[MODE] & S_IFMT) === S_IFREG ? stat[SIZE] : 0;
      // Pipes, devices and what of /proc tells no size are read until they end, which is not for one step.
      if (size === 0 || size > this.chunk) return [undefined, undefined, fd, size];
      const { Buffer } = fs.env.requireBuiltin('buffer');
      const buffer = Buffer.allocUnsafeSlow(size);
      let length = 0;
      let result = 0;
      while (length < size && (result = fs.sys.read(fd, buffer.subarray(length), -1)) > 0) length += result;
      fs.sys.close(fd);
      if (result < 0) return [fs.exception(result, 'read')];
      return [null, length === size ? buffer : buffer.subarray(0, length), -1];
    }

    protected override denial(): Error | undefined {
      return openDenial(fs.env.permissions, this.path, this.flags);
    }
  }

  /** `ondone(error)`, with null for none. */
  class WriteFileJob extends FileJob {
    constructor(private readonly path: Path, private readonly flags: number, private readonly mode: number, private readonly data: ArrayBufferView) {
      super();
    }

    protected perform(): unknown[] {
      const fd = fs.sys.open(this.path, this.flags | O_CLOEXEC, this.mode);
      if (fd < 0) return [fs.exception(fd, 'open', this.path)];
      const bytes = bytesOf(this.data);
      let result = 0;
      for (let done = 0; done < bytes.length && result >= 0; done += result) result = fs.sys.write(fd, bytes.subarray(done), -1);
      fs.sys.close(fd);
      return [result < 0 ? fs.exception(result, 'write') : null];
    }

    protected override denial(): Error | undefined {
      return openDenial(fs.env.permissions, this.path, this.flags);
    }
  }

  /** `ondone(error)`, or `ondone(undefined, kind, path)` at a file that cannot be copied: a socket, a FIFO. */
  class CpDirJob extends FileJob {
    constructor(
      private readonly source: string, private readonly target: string, private readonly force: boolean, private readonly dereference: boolean,
      private readonly errorOnExist: boolean, private readonly verbatimSymlinks: boolean, private readonly preserveTimestamps: boolean,
      private readonly mode: number,
    ) {
      super();
    }

    protected perform(): unknown[] {
      const { force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps, mode } = this;
      try {
        copyDirectory(this.source, this.target, { force, dereference, errorOnExist, verbatimSymlinks, preserveTimestamps, mode, asynchronous: true });
        return [null];
      } catch (error) {
        return error instanceof SpecialFile ? [undefined, error.kind, error.path] : [error];
      }
    }
  }

  return { ReadFileJob, WriteFileJob, CpDirJob };
}
