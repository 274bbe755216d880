/** `internalBinding('os')`: the machine, as far as a page may know it. */

import type { Environment } from '../environment';

const GIB = 1024 ** 3;

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
    /** Priorities are accepted and change nothing. */
    setPriority: () => 0,
    getPriority: () => 0,
    getAvailableParallelism: () => navigator.hardwareConcurrency,
    getOSInformation: () => ['Linux', '#1 SMP Wosix', '6.1.0', 'x86_64'],
  };
}
