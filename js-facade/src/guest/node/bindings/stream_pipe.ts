/** `internalBinding('stream_pipe')`: pumping one native stream into another, which only HTTP/2 file responses ask for. */

import type { Environment } from '../environment';
import { unavailable } from '../node-error';

export function create(_env: Environment): Record<string, unknown> {
  return {
    StreamPipe: class StreamPipe {
      constructor() {
        throw unavailable('A native stream pipe');
      }
    },
  };
}
