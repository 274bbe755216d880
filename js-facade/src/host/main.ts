/** Entry point of the kernel's worker: the first message brings the page's port and options. */

import type { BootMessage } from '../api/protocol';
import { Container } from './container';

self.addEventListener('message', ({ data }: MessageEvent<BootMessage>) => {
  if (data?.type === 'boot') new Container(data.port, data.options);
}, { once: true });
