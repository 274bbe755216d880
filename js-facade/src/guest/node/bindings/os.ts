/**
 * `internalBinding('os')`: the machine as `os` shows it. A browser tells the number of cores and a rough size of the memory;
 * the rest describes the system that the kernel pretends to be.
 */

import type { Environment } from '../environment';
import { uvErrorText, UV } from '../uv-errors';

const GIBIBYTE = 2 ** 30;
/** What browsers that keep the size of the memory to themselves are taken for, in GiB. */
const ASSUMED_MEMORY = 4;

/** sysname, version, release, machine. */
const SYSTEM = ['Linux', '#1 SMP Wosix', '6.1.0-wosix', 'x86_64'];

const PASSWD_FILE = '/etc/passwd', HOSTNAME_FILE = '/etc/hostname';

/** Takes an error, as libuv's calls tell it to the library. */
interface ErrorContext {
  errno?: number;
  code?: string;
  message?: string;
  syscall?: string;
}

export function create(env: Environment): Record<string, unknown> {
  const cores = () => env.host.navigator.hardwareConcurrency || 1;
  const memory = () => ((env.host.navigator as { deviceMemory?: number }).deviceMemory ?? ASSUMED_MEMORY) * GIBIBYTE;

  /** The row of the process's user in the password file, split; nothing if there is none. */
  function userRow(): string[] | undefined {
    const uid = String(env.sys.getuid());
    return readLines(env, PASSWD_FILE).map((line) => line.split(':')).find((fields) => fields[2] === uid);
  }

  return {
    getHostname: () => readLines(env, HOSTNAME_FILE)[0] || 'localhost',
    getOSInformation: () => SYSTEM,
    getHomeDirectory: () => env.process.env.HOME ?? userRow()?.[5] ?? '/',

    getUserInfo(options: { encoding?: string } | undefined, context: ErrorContext): unknown {
      const row = userRow();
      if (row === undefined) return fail(context, UV.ENOENT, 'ENOENT', 'uv_os_get_passwd');
      const { Buffer } = env.requireBuiltin('buffer');
      const shown = (text: string) => (options?.encoding === 'buffer' ? Buffer.from(text) : text);
      const [username, , uid, gid, , homedir, shell] = row;
      return Object.assign(Object.create(null), {
        uid: Number(uid), gid: Number(gid), username: shown(username), homedir: shown(homedir), shell: shown(shell),
      });
    },

    getAvailableParallelism: cores,

    /** Seven values a core: model, speed in MHz, and the times user, nice, sys, idle and irq, which nobody tells us. */
    getCPUs: () => Array.from({ length: cores() }, () => ['WebAssembly', 0, 0, 0, 0, 0, 0]).flat(),

    getTotalMem: memory,
    /** The browser takes what it can get; half is a cautious guess that programs can size their caches by. */
    getFreeMem: () => memory() / 2,

    getLoadAvg(out: Float64Array): void {
      out.fill(0);
    },

    /** Since the worker was made. */
    getUptime: () => env.host.performance.now() / 1000,

    /** Seven values an address: name, address, netmask, family, hardware address, internal, scope. */
    getInterfaceAddresses: () => [
      'lo', '127.0.0.1', '255.0.0.0', 'IPv4', '00:00:00:00:00:00', true, -1,
      'lo', '::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'IPv6', '00:00:00:00:00:00', true, 0,
    ],

    /** All processes have the same priority, and it cannot be changed. */
    getPriority(pid: number, context: ErrorContext): number | undefined {
      return pid === 0 || env.sys.kill(pid, 0) >= 0 ? 0 : fail(context, UV.ESRCH, 'ESRCH', 'uv_os_getpriority');
    },

    setPriority(pid: number, priority: number, context: ErrorContext): number {
      let error: number = 0;
      if (pid !== 0 && env.sys.kill(pid, 0) < 0) error = UV.ESRCH;
      else if (priority !== 0) error = UV.EACCES;
      if (error !== 0) fail(context, error, error === UV.ESRCH ? 'ESRCH' : 'EACCES', 'uv_os_setpriority');
      return error;
    },

    isBigEndian: false,
  };
}

function fail(context: ErrorContext, errno: number, code: string, syscall: string): undefined {
  Object.assign(context, { errno, code, message: uvErrorText(errno), syscall });
}

/** Lines of a small file of the system; none if it cannot be read. */
function readLines(env: Environment, path: string): string[] {
  try {
    return (env.internalBinding('fs').readFileUtf8(path, 0) as string).split('\n');
  } catch (error) {
    if ((error as { syscall?: string }).syscall === undefined) throw error;
    return [];
  }
}
