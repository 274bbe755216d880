/** The command line's arguments. */

import { requireNode } from '../api/node-version';

/** The arguments make no sense; shown with the usage. */
export class UsageError extends Error {}

export type BrowserName = 'chromium' | 'firefox';

export interface ExecOptions {
  command: 'exec';
  browser?: BrowserName;
  /** `path` is absolute, or undefined for the working directory. */
  mounts: { hostDir: string; path?: string }[];
  exports: { path: string; hostDir: string }[];
  persist?: string;
  registry?: string;
  /** Full version of Node; absent: the project's own. */
  node?: string;
  timeoutSeconds?: number;
  jsonStats?: string;
  verbose: boolean;
  /** The command and its arguments. */
  argv: string[];
}

export interface ServeOptions {
  command: 'serve';
  directory?: string;
  port?: number;
  registry?: string;
  /** Full version of Node; absent: the project's own. */
  node?: string;
  /** Origins whose pages may embed `/headless`. */
  embedders: string[];
}

export type Options = ExecOptions | ServeOptions | { command: 'help' } | { command: 'version' };

export function parseArguments(args: string[]): Options {
  const [command, ...rest] = args;
  switch (command) {
    case 'exec': return parseExec(rest);
    case 'serve': return parseServe(rest);
    case '--version': case '-v': return { command: 'version' };
    case undefined: throw new UsageError('a command is needed');
    case '--help': case '-h': case 'help': return { command: 'help' };
    default: throw new UsageError(`unknown command '${command}'`);
  }
}

function parseExec(args: string[]): Options {
  const options: ExecOptions = { command: 'exec', mounts: [], exports: [], verbose: false, argv: [] };
  for (const reader = new Reader(args); !reader.done();) {
    const name = reader.name();
    switch (name) {
      case '--help': case '-h': return { command: 'help' };
      case '--browser': {
        const browser = reader.value();
        if (browser !== 'chromium' && browser !== 'firefox') throw new UsageError(`--browser must be chromium or firefox, not '${browser}'`);
        options.browser = browser;
        break;
      }
      case '--mount': {
        const [hostDir, path] = split(reader.value());
        if (path !== undefined && !path.startsWith('/')) throw new UsageError(`--mount: '${path}' is not an absolute path`);
        options.mounts.push({ hostDir, path });
        break;
      }
      case '--export': {
        const value = reader.value();
        // The first colon: a Windows folder has one too.
        const colon = value.indexOf(':');
        if (colon <= 0 || colon === value.length - 1) throw new UsageError(`--export wants PATH:HOSTDIR, not '${value}'`);
        options.exports.push({ path: value.slice(0, colon), hostDir: value.slice(colon + 1) });
        break;
      }
      case '--persist': {
        options.persist = reader.value();
        if (!/^[\w.-]+$/.test(options.persist) || /^\.+$/.test(options.persist)) throw new UsageError(`--persist: '${options.persist}' is not a name`);
        break;
      }
      case '--registry': options.registry = url(name, reader.value()); break;
      case '--node': options.node = node(reader.value()); break;
      case '--timeout': options.timeoutSeconds = positive(name, reader.value()); break;
      case '--json-stats': options.jsonStats = reader.value(); break;
      case '--verbose': options.verbose = true; break;
      case '--':
        options.argv = reader.rest();
        break;
      default:
        if (name.startsWith('-')) throw new UsageError(`unknown option '${name}'`);
        options.argv = [name, ...reader.rest()];
    }
  }
  if (options.argv.length === 0) throw new UsageError('exec needs a command to run');
  return options;
}

function parseServe(args: string[]): Options {
  const options: ServeOptions = { command: 'serve', embedders: [] };
  for (const reader = new Reader(args); !reader.done();) {
    const name = reader.name();
    switch (name) {
      case '--help': case '-h': return { command: 'help' };
      case '--port': {
        options.port = positive(name, reader.value());
        if (!Number.isInteger(options.port) || options.port > 65535) throw new UsageError(`--port: ${options.port} is not a port`);
        break;
      }
      case '--registry': options.registry = url(name, reader.value()); break;
      case '--node': options.node = node(reader.value()); break;
      case '--embedder': options.embedders.push(new URL(url(name, reader.value())).origin); break;
      default:
        if (name.startsWith('-')) throw new UsageError(`unknown option '${name}'`);
        if (options.directory !== undefined) throw new UsageError('serve takes one folder');
        options.directory = name;
    }
  }
  return options;
}

/** Takes arguments one by one; `--name=value` counts as two. */
class Reader {
  private at = 0;
  private inline: string | undefined;
  private current = '';

  constructor(private readonly args: string[]) {}

  done(): boolean {
    if (this.inline !== undefined) throw new UsageError(`${this.current} takes no value`);
    return this.at >= this.args.length;
  }

  name(): string {
    const arg = this.args[this.at++];
    const equals = arg.startsWith('--') ? arg.indexOf('=') : -1;
    if (equals > 2) this.inline = arg.slice(equals + 1);
    return (this.current = equals > 2 ? arg.slice(0, equals) : arg);
  }

  value(): string {
    const value = this.inline ?? this.args[this.at++];
    this.inline = undefined;
    if (value === undefined || value === '') throw new UsageError(`${this.current} needs a value`);
    return value;
  }

  rest(): string[] {
    const rest = this.args.slice(this.at);
    this.at = this.args.length;
    return rest;
  }
}

/** `HOSTDIR[:PATH]`: the first colon divides, but for that of a Windows drive. */
function split(value: string): [string, string | undefined] {
  const colon = value.indexOf(':', process.platform === 'win32' ? 2 : 1);
  return colon < 0 ? [value, undefined] : [value.slice(0, colon), value.slice(colon + 1)];
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0 && Number.isFinite(number))) throw new UsageError(`${name}: '${value}' is not a positive number`);
  return number;
}

function node(value: string): string {
  try {
    return requireNode(value);
  } catch (error) {
    throw new UsageError(`--node: ${(error as Error).message}`);
  }
}

function url(name: string, value: string): string {
  if (!URL.canParse(value) || !/^https?:/.test(value)) throw new UsageError(`${name}: '${value}' is not an http URL`);
  return value.endsWith('/') ? value : `${value}/`;
}
