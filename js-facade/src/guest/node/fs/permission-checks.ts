/** What the permission model asks of each function of `internalBinding('fs')`: the scopes and the arguments they are about, in Node's order. */

import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from '../../linux';
import type { Path } from '../../syscalls';
import type { PermissionScope, Permissions } from '../permission';
import type { FileRequest, FileRequests } from './request';

const READ: PermissionScope = 'FileSystemRead', WRITE: PermissionScope = 'FileSystemWrite';
const O_APPEND = 0o2000;

interface Checks {
  /** Which argument needs what. */
  needs: readonly (readonly [scope: PermissionScope, argument: number])[];
  /** The argument that takes the error of an asynchronous call. Without one it is thrown at once, as Node does for some. */
  request?: number;
}

const CHECKS: Record<string, Checks> = {
  access: { needs: [[READ, 0]], request: 2 },
  existsSync: { needs: [[READ, 0]] },
  stat: { needs: [[READ, 0]], request: 2 },
  statfs: { needs: [[READ, 0]], request: 2 },
  readlink: { needs: [[READ, 0]], request: 2 },
  realpath: { needs: [[READ, 0]], request: 2 },
  readdir: { needs: [[READ, 0]], request: 3 },
  rename: { needs: [[READ, 0], [WRITE, 0], [WRITE, 1]], request: 2 },
  link: { needs: [[READ, 0], [WRITE, 0], [WRITE, 1]], request: 2 },
  copyFile: { needs: [[READ, 0], [WRITE, 1]], request: 3 },
  cpSyncCheckPaths: { needs: [[READ, 0], [WRITE, 1]] },
  cpSyncOverrideFile: { needs: [[READ, 0], [WRITE, 1]] },
  cpSyncCopyDir: { needs: [[READ, 0], [WRITE, 1]] },
  rmSync: { needs: [[WRITE, 0]] },
  rmdir: { needs: [[WRITE, 0]], request: 1 },
  unlink: { needs: [[WRITE, 0]], request: 1 },
  mkdir: { needs: [[WRITE, 0]] },
  chmod: { needs: [[WRITE, 0]] },
  chown: { needs: [[WRITE, 0]], request: 3 },
  lchown: { needs: [[WRITE, 0]], request: 3 },
  utimes: { needs: [[WRITE, 0]] },
  lutimes: { needs: [[WRITE, 0]] },
};

/** What is said against opening a file with these flags. */
export function openDenial(permissions: Permissions, path: Path | number, flags: number): Error | undefined {
  if (typeof path === 'number') return undefined;
  const access = flags & (O_RDONLY | O_WRONLY | O_RDWR);
  const reads = access !== O_WRONLY;
  const writes = access !== O_RDONLY || (flags & (O_APPEND | O_CREAT | O_TRUNC)) !== 0;
  return (reads ? permissions.denial(READ, path) : undefined) ?? (writes ? permissions.denial(WRITE, path) : undefined);
}

/** Makes the functions of `binding` ask first. Only for a process that runs with the permission model: all others pay nothing. */
export function guardFileSystem(fs: FileRequests, binding: Record<string, any>): void {
  const { permissions } = fs.env;

  const refuse = (error: Error, req: FileRequest): unknown => {
    if (req === undefined) throw error;
    return fs.reject(req, error);
  };

  const guard = (name: string, denial: (args: any[]) => Error | undefined, request?: number) => {
    const original = binding[name];
    binding[name] = (...args: any[]) => {
      const error = denial(args);
      if (error !== undefined) return refuse(error, request === undefined ? undefined : args[request]);
      return original(...args);
    };
  };

  for (const [name, { needs, request }] of Object.entries(CHECKS)) {
    const first = (args: any[]) => {
      for (const [scope, argument] of needs) {
        const error = permissions.denial(scope, args[argument]);
        if (error !== undefined) return error;
      }
      return undefined;
    };
    guard(name, first, request);
  }

  const opening = (path: Path | number, flags: number) => openDenial(permissions, path, flags);
  guard('open', ([path, flags]) => opening(path, flags), 3);
  guard('openFileHandle', ([path, flags]) => opening(path, flags), 3);
  guard('readFileUtf8', ([path, flags]) => opening(path, flags));
  guard('writeFileUtf8', ([path, , flags]) => opening(path, flags));
  guard('mkdtemp', ([prefix]) => permissions.denial(WRITE, `${typeof prefix === 'string' ? prefix : fs.decode(prefix)}XXXXXX`), 2);
}
