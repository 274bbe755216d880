/** `internalBinding('process_methods')`: the parts of `process` that talk to the system. */

import { O_RDONLY } from '../../linux';
import type { Environment } from '../environment';
import { unavailable } from '../node-error';
import { codedError, UV, uvErrorName, uvException } from '../uv-errors';
import { parseEnv } from '../dotenv';

export function create(env: Environment): Record<string, unknown> {
  const { host } = env;
  const hrtimeBuffer = new Uint32Array(3);
  const hrtimeBigInt = new BigUint64Array(hrtimeBuffer.buffer, 0, 1);

  const heap = () => (host.performance as any).memory as { usedJSHeapSize: number; totalJSHeapSize: number; jsHeapSizeLimit: number } | undefined;
  /** Browsers other than Chromium do not tell; then these are round guesses of a small program. */
  const memory = () => {
    const used = heap()?.usedJSHeapSize ?? 20e6;
    const total = heap()?.totalJSHeapSize ?? 30e6;
  return { rss: total + 40e6, heapTotal: total, heapUsed: used, external: 2e6, arrayBuffers: 1e5 };
  };
  /** Processor time is not told either: the time that was not spent waiting. Microseconds. */
  const busyTime = () => Math.max(0, host.performance.now() - env.startTime - env.loop.idleTime) * 1000;

  let emitWarningSync: ((warning: string) => void) | undefined;

  const binding: Record<string, any> = {
    hrtimeBuffer,
    hrtime() {
      const now = host.performance.now();
      const seconds = Math.floor(now / 1000);
      hrtimeBuffer[0] = Math.floor(seconds / 0x1_0000_0000);
      hrtimeBuffer[1] = seconds >>> 0;
      hrtimeBuffer[2] = Math.floor((now - seconds * 1000) * 1e6);
    },
    hrtimeBigInt() {
      hrtimeBigInt[0] = BigInt(Math.floor(host.performance.now() * 1e6));
    },
    cwd: () => {
      const path = env.sys.getcwd();
      if (path !== '') return path;
      const message = 'ENOENT: process.cwd failed with error no such file or directory, the current working directory was likely removed without changing '
        + 'the working directory, uv_cwd';
      throw Object.assign(new Error(message), { errno: UV.ENOENT, code: 'ENOENT', syscall: 'uv_cwd' });
    },
    chdir(path: string) {
      env.permissions.check('FileSystemRead', path);
      const result = env.sys.chdir(path);
      if (result < 0) throw uvException(result, 'chdir', env.sys.getcwd(), path);
    },
    umask(mask?: number) {
      if (mask !== undefined) return env.sys.umask(mask);
      const old = env.sys.umask(0);
      env.sys.umask(old);
      return old;
    },
    memoryUsage(out: Float64Array) {
      const { rss, heapTotal, heapUsed, external, arrayBuffers } = memory();
      out.set([rss, heapTotal, heapUsed, external, arrayBuffers]);
    },
    rss: () => memory().rss,
    /** No limit is set on the process itself. */
    constrainedMemory: () => 0,
    availableMemory: () => (heap()?.jsHeapSizeLimit ?? 2e9) - (heap()?.usedJSHeapSize ?? 0),
    cpuUsage(out: Float64Array) {
      out[0] = Math.round(busyTime());
      out[1] = 0;
    },
    threadCpuUsage(out: Float64Array) {
      out[0] = Math.round(busyTime());
      out[1] = 0;
    },
    resourceUsage(out: Float64Array) {
      out.fill(0);
      out[0] = Math.round(busyTime());
      out[2] = Math.round(memory().rss / 1024);
    },
    uptime: () => (host.performance.now() - env.startTime) / 1000,
    _getActiveRequests: () => [...env.loop.resources.requests],
    /** What the library made of the handles: sockets, servers, ... */
    _getActiveHandles: () => env.loop.resources.referencedHandles().map((handle) => (handle as any)[env.perIsolateSymbols.owner_symbol!] ?? handle),
    getActiveResourcesInfo() {
      const { hooks, resources } = env.loop;
      return resources.names(hooks.timeoutInfo[0]!, hooks.immediateInfo[1]!, env.data.bindings.async_wrap.Providers);
    },
    _kill(pid: number, signal: number) {
      return env.sys.kill(pid, signal);
    },
    _rawDebug(text: string) {
      env.fatal.write(`${text}\n`);
    },
    _debugProcess() {
      throw unavailable('The inspector');
    },
    _debugEnd() {},
    abort() {
      env.sys.kill(env.sys.pid, 6);
      return env.exit(134);
    },
    causeSegfault() {
      env.sys.kill(env.sys.pid, 11);
      return env.exit(139);
    },
    dlopen(_module: unknown, filename: string) {
      if (!env.commandLine.values['--addons']) {
        throw codedError('ERR_DLOPEN_DISABLED', 'Cannot load native addon because loading addons is disabled.');
      }
      throw codedError('ERR_DLOPEN_FAILED', `${filename}: native add-ons cannot be loaded: this process runs in a browser`);
    },
    reallyExit: (code: number) => env.exit(code | 0),
    execve(path: string, args: string[], variables: string[]) {
      env.permissions.check('ChildProcess', path);
      const failed = env.replace(path, args, variables);
      // The process is not what it was any more (streams are closed): Node gives up too.
      env.fatal.write(`process.execve failed with error code ${uvErrorName(failed)}\n`);
      env.fatal.write(`${String(new Error().stack).split('\n').slice(1).join('\n')}\n`);
      return binding.abort();
    },
    loadEnvFile(path = '.env') {
      const content = env.internalBinding('fs').readFileUtf8(path, O_RDONLY);
      for (const [key, value] of Object.entries(parseEnv(content))) if (!(key in env.process.env)) env.process.env[key] = value;
    },
    setEmitWarningSync(emit: (warning: string) => void) {
      emitWarningSync = emit;
    },
    /** For other bindings: a warning that is out before the process may end. Not part of Node's binding. */
    emitWarningSync: (warning: string) => emitWarningSync!(warning),
    /** Gives `process` what only a running process has. */
    patchProcessObject(process: any) {
      const { commandLine, sys } = env;
      const title = { value: (commandLine.values['--title'] as string) || (sys.argv()[0] ?? 'node') };
      const define = (name: string, descriptor: PropertyDescriptor) =>
        Object.defineProperty(process, name, { configurable: true, enumerable: true, ...descriptor });
      define('title', { get: () => title.value, set: (value) => void (title.value = String(value)) });
      define('argv', { writable: true, value: [sys.argv()[0] ?? 'node', ...commandLine.rest] });
      define('execArgv', { writable: true, value: [...commandLine.execArgv] });
      define('pid', { writable: false, value: sys.pid });
      define('ppid', { get: () => sys.getppid(), set: undefined });
      define('execPath', { writable: true, value: sys.execPath() });
      define('debugPort', { writable: true, value: 9229 });
    },
  };
  return binding;
}
