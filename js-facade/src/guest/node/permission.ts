/**
 * Node's permission model (`--permission`): what the process may do, and the error when it may not. Bindings ask here before they act. As in Node it keeps
 * honest code from surprises; it is no wall against a program that looks for a way around.
 */

import { S_IFDIR, S_IFMT, STAT_FIELDS } from '../linux';
import type { Path } from '../syscalls';
import type { Environment } from './environment';
import { codedError } from './uv-errors';

/** A scope as errors name it. */
export type PermissionScope = 'FileSystem' | 'FileSystemRead' | 'FileSystemWrite' | 'ChildProcess' | 'WorkerThreads' | 'WASI' | 'Inspector' | 'Addon';

/** Scopes as `process.permission.has` names them. */
const SCOPES: Record<string, PermissionScope> = {
  fs: 'FileSystem', 'fs.read': 'FileSystemRead', 'fs.write': 'FileSystemWrite', child: 'ChildProcess', worker: 'WorkerThreads', wasi: 'WASI',
  inspector: 'Inspector', addon: 'Addon',
};

/** The option that grants a scope, where an error tells it. */
const OPTIONS: Partial<Record<PermissionScope, string>> = {
  FileSystemRead: '--allow-fs-read', FileSystemWrite: '--allow-fs-write', ChildProcess: '--allow-child-process', WorkerThreads: '--allow-worker',
  WASI: '--allow-wasi', Inspector: '--allow-inspector', Addon: '--allow-addons',
};

/** Where a refused access is published, by the first part of its scope's name. */
const CHANNELS: Record<PermissionScope, string> = {
  FileSystem: 'fs', FileSystemRead: 'fs', FileSystemWrite: 'fs', ChildProcess: 'child', WorkerThreads: 'worker', WASI: 'wasi', Inspector: 'inspector', Addon: 'addon',
};

/** Paths that are granted for reading or writing. */
class PathGrants {
  all = false;
  /** Absolute paths, or beginnings of them that end with `*`. */
  patterns: string[] = [];

  allows(path: string): boolean {
    return this.all || this.patterns.some((pattern) => matches(pattern, path));
  }
}

export class Permissions {
  /** Whether anything is refused at all. */
  enabled = false;
  /** `--permission-audit`: what would be refused is only published. */
  #auditOnly = false;
  readonly #granted = new Set<PermissionScope>();
  readonly #read = new PathGrants();
  readonly #write = new PathGrants();

  constructor(private readonly env: Environment) {}

  /** Takes over what the command line grants. */
  begin(): void {
    const { values, rest } = this.env.commandLine;
    this.#auditOnly = !values['--permission'] && Boolean(values['--permission-audit']);
    this.enabled = Boolean(values['--permission']) || this.#auditOnly;
    if (!this.enabled) return;
    for (const [scope, option] of Object.entries(OPTIONS)) if (values[option] === true) this.#granted.add(scope as PermissionScope);
    // The library's own switch: `require.resolve` of native addons looks at it too.
    if (!values['--allow-addons']) Object.assign(values, { '--addons': false, '--no-addons': true });
    const readable = [...list(values['--allow-fs-read'])];
    // The program itself may be read, and what is loaded before it.
    if (!values['[has_eval_string]'] && !values['--interactive']) {
      readable.push(...list(values['--require']));
      if (rest[0] !== undefined && rest[0] !== 'inspect') readable.push(rest[0]);
    }
    this.#grant(this.#read, readable);
    this.#grant(this.#write, list(values['--allow-fs-write']));
  }

  /** Whether `resource` (a path, for files), or without one everything in `scope`, is granted. */
  isGranted(scope: PermissionScope, resource?: string): boolean {
    if (!this.enabled || this.#allows(scope, resource)) return true;
    this.#publish(scope, resource ?? '');
    return this.#auditOnly;
  }

  /** The error of what is not granted; `undefined` when it is. */
  denial(scope: PermissionScope, resource: Path): Error | undefined {
    if (!this.enabled) return undefined;
    const text = typeof resource === 'string' ? resource : new this.env.host.TextDecoder().decode(resource);
    if (this.isGranted(scope, text)) return undefined;
    const option = OPTIONS[scope];
    const hint = option === undefined ? '' : ` Use ${option} to manage permissions.`;
    return Object.assign(codedError('ERR_ACCESS_DENIED', `Access to this API has been restricted.${hint}`), { permission: scope, resource: text });
  }

  /** Throws when `resource` is not granted. */
  check(scope: PermissionScope, resource: Path): void {
    const error = this.denial(scope, resource);
    if (error !== undefined) throw error;
  }

  /** `process.permission.has`: a scope that is not known is not granted. */
  has(name: string, reference?: unknown): boolean {
    const scope = SCOPES[name];
    if (scope === undefined) return false;
    return reference === undefined || reference === null ? this.isGranted(scope) : this.isGranted(scope, String(reference));
  }

  /** `process.permission.drop`: takes a scope, or one of the paths that were granted, away for good. */
  drop(name: string, reference?: unknown): void {
    const scope = SCOPES[name];
    if (scope === undefined || !this.enabled) return;
    const grants = [...(scope === 'FileSystem' || scope === 'FileSystemRead' ? [this.#read] : []), ...(scope === 'FileSystem' || scope === 'FileSystemWrite' ? [this.#write] : [])];
    if (grants.length === 0) this.#granted.delete(scope);
    for (const grant of grants) {
      if (reference === undefined || reference === null || reference === '') {
        grant.all = false;
        grant.patterns = [];
      } else if (!grant.all) {
        // Only what was granted as such: a path below a granted one stays.
        const dropped = this.#pattern(String(reference));
        grant.patterns = grant.patterns.filter((pattern) => pattern !== dropped);
      }
    }
  }

  #allows(scope: PermissionScope, resource: string | undefined): boolean {
    switch (scope) {
      case 'FileSystem':
        return this.#read.all && this.#write.all;
      case 'FileSystemRead':
      case 'FileSystemWrite': {
        const grants = scope === 'FileSystemRead' ? this.#read : this.#write;
        return resource === undefined || resource === '' ? grants.all : grants.allows(this.#resolve(resource));
      }
      default:
        return this.#granted.has(scope);
    }
  }

  #grant(grants: PathGrants, paths: readonly string[]): void {
    for (const path of paths) {
      if (path === '*') grants.all = true;
      else grants.patterns.push(this.#pattern(path));
    }
  }

  /** A folder is granted with all that is in it. */
  #pattern(path: string): string {
    const absolute = this.#resolve(path);
    const stat = new Float64Array(STAT_FIELDS);
    if (this.env.sys.stat(absolute, stat, true) < 0 || (stat[1] & S_IFMT) !== S_IFDIR) return absolute;
    return absolute.endsWith('/') ? `${absolute}*` : `${absolute}/*`;
  }

  /** The path without `.` and `..`, from the root; what the program made of the module `path` does not matter. */
  #resolve(path: string): string {
    const whole = path.startsWith('/') ? path : `${this.env.sys.getcwd()}/${path}`;
    const names: string[] = [];
    for (const name of whole.split('/')) {
      if (name === '..') names.pop();
      else if (name !== '' && name !== '.') names.push(name);
    }
    return `/${names.join('/')}`;
  }

  #publish(scope: PermissionScope, resource: string): void {
    const channel = this.env.requireBuiltin('diagnostics_channel').channel(`node:permission-model:${CHANNELS[scope]}`);
    if (channel.hasSubscribers) channel.publish({ permission: scope, resource });
  }
}

function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

/** What is before the first `*` has to be the beginning; a folder itself is in what is granted of it. */
function matches(pattern: string, path: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return path === pattern;
  const start = pattern.slice(0, star);
  return path.startsWith(start) || (start.endsWith('/') && path === start.slice(0, -1));
}
