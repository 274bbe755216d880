/** `internalBinding('stream_wrap')`: the requests of streams and the numbers passed around them. */

import { RequestWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { kArrayBufferOffset, kBytesWritten, kLastWriteWasAsync, kReadBytesOrError, streamBaseState } from '../stream-base';

export function create(env: Environment): Record<string, unknown> {
  class WriteWrap extends RequestWrap {
    constructor() {
      super(env, 'WRITEWRAP');
    }
  }

  class ShutdownWrap extends RequestWrap {
    constructor() {
      super(env, 'SHUTDOWNWRAP');
    }
  }

  return { WriteWrap, ShutdownWrap, kReadBytesOrError, kArrayBufferOffset, kBytesWritten, kLastWriteWasAsync, streamBaseState };
}
