/** `internalBinding('os')`: the machine, as far as a page may know it. */

import type { Environment } from '../environment';
import { UV, UV_ERRORS } from '../uv-errors';

const GIB = 1024 ** 3;

/** What the library makes an `ERR_SYSTEM_ERROR` of. */
interface ErrorContext { errno?: number; code?: string; message?: string; syscall?: string }

function fail(context: ErrorContext, errno: number, syscall: string): number {
  const [, code, message] = UV_ERRORS.find(([number]) => number === errno) ?? [errno, 'UNKNOWN', 'unknown error'];
  Object.assign(context, { errno, code, message, syscall });
  return errno;
}

export function create(env: Environment): Record<string, unknown> {
  const { navigator } = env.host;
  const hostname = () => {
    const { sys } = env;
    const fd = sys.open('/etc/hostname', 0, 0);
    if (fd < 0) return 'localhost';
    const bytes = new Uint8Array(256);
    const length = sys.read(fd, bytes, -1);
    sys.close(fd);
    return length > 0 ? new env.host.TextDecoder().decode(bytes.subarray(0, length)).trim() : 'localhost';
  };
  const priorities = new Map<number, number>();
  const priorityOf = (pid: number) => priorities.get(pid) ?? 0;
  const total = () => ((navigator as { deviceMemory?: number }).deviceMemory ?? 4) * GIB;
  return {
    isBigEndian: false,
    getHostname: hostname,
    getLoadAvg(out: Float64Array) {
      out.fill(0);
    },
    getUptime: () => env.host.performance.now() / 1000,
    getTotalMem: total,
    getFreeMem: () => total() / 2,
    /** Seven values a processor: model, speed, then user, nice, sys, idle and irq times. */
    getCPUs: () => Array.from({ length: navigator.hardwareConcurrency }, () => ['virtual', 0, 0, 0, 0, 0, 0]).flat(),
    /** Seven values an address: name, address, netmask, family, mac, internal, scope id. */
    getInterfaceAddresses: () => [
      'lo', '127.0.0.1', '255.0.0.0', 'IPv4', '00:00:00:00:00:00', true, -1,
      'lo', '::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'IPv6', '00:00:00:00:00:00', true, 0,
    ],
    getHomeDirectory: () => env.process.env.HOME || '/home',
    getUserInfo(options?: { encoding?: string }) {
      const { Buffer } = env.requireBuiltin('buffer');
      const text = (value: string) => (options?.encoding === 'buffer' ? Buffer.from(value) : value);
      const { sys } = env;
      return {
        uid: sys.getuid(), gid: sys.getgid(), username: text(env.process.env.USER || 'user'), homedir: text(env.process.env.HOME || '/home'),
        shell: text(env.process.env.SHELL || '/bin/jsh'),
      };
    },
    /** Priorities are kept, under Linux's rules for a user without privileges, and change nothing. */
    setPriority(pid: number, priority: number, context: ErrorContext) {
      const process = pid === 0 ? env.process.pid : pid;
      const missing = env.sys.kill(process, 0);
      if (missing < 0) return fail(context, missing, 'uv_os_setpriority');
      if (priority < priorityOf(process)) return fail(context, UV.EACCES, 'uv_os_setpriority');
      priorities.set(process, priority);
      return 0;
    },
    getPriority(pid: number, context: ErrorContext) {
      const process = pid === 0 ? env.process.pid : pid;
      const missing = process < 0 ? UV.ESRCH : env.sys.kill(process, 0);
      if (missing === UV.ESRCH) {
        fail(context, missing, 'uv_os_getpriority');
        return undefined;
      }
      return priorityOf(process);
    },
    getAvailableParallelism: () => navigator.hardwareConcurrency,
    getOSInformation: () => ['Linux', '#1 SMP Wosix', '6.1.0', 'x86_64'],
  };
}
