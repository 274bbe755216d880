/** `internalBinding('credentials')`: who the process is. */

import type { Environment } from '../environment';
import { codedError } from '../uv-errors';

export function create(env: Environment): Record<string, unknown> {
  const denied = (syscall: string) => () => {
    throw Object.assign(codedError('EPERM', `EPERM: operation not permitted, ${syscall}`), { errno: -1, syscall });
  };
  return {
    implementsPosixCredentials: true,
    /** An environment variable; nothing is hidden, since no program here runs with more rights than its user. */
    safeGetenv: (name: string) => env.process.env[name],
    getTempDir() {
      const { TMPDIR, TMP, TEMP } = env.process.env;
      const folder: string = TMPDIR || TMP || TEMP || '/tmp';
      return folder.length > 1 && folder.endsWith('/') ? folder.slice(0, -1) : folder;
    },
    getuid: () => env.sys.getuid(),
    geteuid: () => env.sys.geteuid(),
    getgid: () => env.sys.getgid(),
    getegid: () => env.sys.getegid(),
    getgroups: () => [env.sys.getgid()],
    initgroups: denied('initgroups'),
    setegid: denied('setegid'),
    seteuid: denied('seteuid'),
    setgid: denied('setgid'),
    setuid: denied('setuid'),
    setgroups: denied('setgroups'),
  };
}
