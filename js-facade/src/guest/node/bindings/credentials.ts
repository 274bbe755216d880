/** `internalBinding('credentials')`: who the process is. */

import type { Environment } from '../environment';

type Id = number | string;

export function create(env: Environment): Record<string, unknown> {
  /** An id by name, from a file as /etc/passwd and /etc/group are; a number stands for itself. */
  const idOf = (file: string, id: Id): number | undefined => {
    if (typeof id === 'number') return id;
    const lines: string[] = env.requireBuiltin('fs').readFileSync(file, 'utf8').split('\n');
    const fields = lines.map((line) => line.split(':')).find(([name]) => name === id);
    return fields && Number(fields[2]);
  };
  const userOf = (id: Id) => idOf('/etc/passwd', id);
  const groupOf = (id: Id) => idOf('/etc/group', id);
  const denied = (syscall: string) => Object.assign(new Error('EPERM, Operation not permitted'), { errno: 1, code: 'EPERM', syscall });
  /** Answers 1 for an unknown name. Nobody here may become anybody else. */
  const setter = (syscall: string, lookUp: (id: Id) => number | undefined, own: () => number) => (id: Id) => {
    const found = lookUp(id);
    if (found === undefined) return 1;
    if (found !== own()) throw denied(syscall);
    return 0;
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
    setuid: setter('setuid', userOf, () => env.sys.getuid()),
    seteuid: setter('seteuid', userOf, () => env.sys.geteuid()),
    setgid: setter('setgid', groupOf, () => env.sys.getgid()),
    setegid: setter('setegid', groupOf, () => env.sys.getegid()),
    /** Answers 2 for an unknown group; the user's name is the system's to check. */
    initgroups(_user: Id, extraGroup: Id) {
      if (groupOf(extraGroup) === undefined) return 2;
      throw denied('initgroups');
    },
    /** The position, from 1, of the first unknown group. */
    setgroups(groups: Id[]) {
      const unknown = groups.findIndex((group) => groupOf(group) === undefined);
      if (unknown >= 0) return unknown + 1;
      throw denied('setgroups');
    },
  };
}
