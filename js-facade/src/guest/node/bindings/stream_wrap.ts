/** `internalBinding('stream_wrap')`: the requests of streams and the numbers passed around them. */

import { RequestWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { kArrayBufferOffset, kBytesWritten, kLastWriteErr, kLastWriteWasAsync, kReadBytesOrError, streamBaseState } from '../stream-base';

export function create(env: Environment): Record<string, unknown> {
  class WriteWrap extends RequestWrap {
    constructor() {
      super(env, 'WRITEWRAP');
    }
  }

  // What became of a write before somebody could listen: ours tell nobody within the call.
  Object.defineProperty(WriteWrap.prototype, 'writeStatus', { configurable: true, writable: true, value: null });

  class ShutdownWrap extends RequestWrap {
    constructor() {
      super(env, 'SHUTDOWNWRAP');
    }
  }

  return { WriteWrap, ShutdownWrap, kReadBytesOrError, kArrayBufferOffset, kBytesWritten, kLastWriteWasAsync, kLastWriteErr, streamBaseState };
}
