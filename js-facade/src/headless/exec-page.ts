/** The page behind `wosix exec`: boots a container, runs the command and connects its streams with the command line's. */

import { EXPORT, STDERR, STDIN, STDOUT, Window, frame, type StartMessage, type ToCommandLine, type ToPage } from '../cli/channel';
import { WebContainer, configure, type RawProcess } from '../index';

const FILE_CHUNK = 256 * 1024;

const socket = new WebSocket(new URL('socket', location.href.replace(/^http/, 'ws')));
socket.binaryType = 'arraybuffer';

let child: RawProcess | undefined;
let input: WritableStreamDefaultWriter<Uint8Array> | undefined;
/** What came before the process was there. */
let early: ((child: RawProcess) => void)[] = [];
const readers = new Map<number, ReadableStreamDefaultReader<Uint8Array>>();
const windows: Record<number, Window> = { [STDOUT]: new Window(), [STDERR]: new Window(), [EXPORT]: new Window() };

const send = (message: ToCommandLine) => socket.send(JSON.stringify(message));
const fail = (error: unknown) => send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });

socket.onopen = () => send({ type: 'hello' });
socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
  if (typeof data !== 'string') return withChild(() => writeInput(new Uint8Array(data)));
  const message = JSON.parse(data) as ToPage;
  switch (message.type) {
    case 'start': return void run(message).catch(fail);
    case 'stdin-end': return withChild(() => void input!.close().catch(() => {}));
    case 'close-output': return void readers.get(message.stream)?.cancel();
    case 'signal': return withChild((child) => child.signal(message.signal));
    case 'resize': return withChild((child) => child.resize(message));
    case 'acknowledge': return windows[message.stream].acknowledge(message.bytes);
  }
};

function withChild(action: (child: RawProcess) => void): void {
  if (child) action(child);
  else early.push(action);
}

function writeInput(message: Uint8Array): void {
  if (message[0] !== STDIN) throw new Error(`unexpected frame of stream ${message[0]}`);
  const bytes = message.subarray(1);
  const acknowledge = () => send({ type: 'acknowledge', stream: STDIN, bytes: bytes.length });
  // A process that closed its input takes no more: the rest is dropped, as a broken pipe would.
  input!.write(bytes).then(acknowledge, acknowledge);
}

async function run({ argv: [command, ...args], env, workdirName, node, registry, mounts, exports, terminal }: StartMessage): Promise<void> {
  configure({ registry });
  const container = await WebContainer.boot({ workdirName, node });
  container.on('error', ({ message }) => send({ type: 'warning', message }));
  send({ type: 'booted', milliseconds: container.wosix.bootMs });
  for (const { path, entries, base } of mounts) await container.wosix.mountLazy(path ?? container.workdir, entries, base);

  const began = performance.now();
  const process = await container.wosix.spawn(command, args, { env, terminal, backPressure: true });
  input = process.stdin.getWriter();
  child = process;
  for (const action of early.splice(0)) action(process);
  send({ type: 'spawned', milliseconds: performance.now() - began });

  const outputs = [forward(process.stdout, STDOUT), ...(terminal ? [] : [forward(process.stderr, STDERR)])];
  const code = await process.exit;
  const milliseconds = performance.now() - began;
  // A terminal stays open as long as anything in its session lives: what was written by now is all that is waited for.
  if (!terminal) await Promise.all(outputs);
  const { total } = await container.wosix.memoryUsage();
  send({ type: 'exit', code, milliseconds, memory: total });
  for (const [index, path] of exports.entries()) await exportTree(container, index, path);
  send({ type: 'exported' });
}

async function forward(stream: ReadableStream<Uint8Array>, channel: number): Promise<void> {
  const reader = stream.getReader();
  readers.set(channel, reader);
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    await windows[channel].reserve(value.length);
    socket.send(frame(channel, value));
  }
}

async function exportTree(container: WebContainer, index: number, path: string): Promise<void> {
  const root = path.startsWith('/') ? path : `${container.workdir}/${path}`;
  for (const entry of await container.wosix.listTree(root)) {
    send({ type: 'export', index, entry });
    if (entry.type !== 'file') continue;
    const bytes = await container.wosix.readFile(entry.path === '' ? root : `${root}/${entry.path}`);
    // The length was listed before; the file may have changed since. What is announced is what is sent.
    for (let offset = 0; offset < entry.size; offset += FILE_CHUNK) {
      const chunk = bytes.subarray(offset, Math.min(offset + FILE_CHUNK, entry.size));
      if (chunk.length < Math.min(FILE_CHUNK, entry.size - offset)) throw new Error(`${path}/${entry.path} shrank while it was exported`);
      await windows[EXPORT].reserve(chunk.length);
      socket.send(frame(EXPORT, chunk));
    }
  }
}
