/** Node's command line: the options of `argv` and `NODE_OPTIONS` by the real binary's own table, and which main script they ask for. */

import type { NodeData, OptionInfo, OptionValue } from './node-data';

/** `internalBinding('options').types` */
const NO_OP = 0, V8_OPTION = 1, BOOLEAN = 2, INTEGER = 3, UNSIGNED = 4, STRING = 5, HOST_PORT = 6, STRING_LIST = 7;
const ALLOWED_IN_ENVIRONMENT = 0;

export const ABORT_ON_UNCAUGHT = '--abort-on-uncaught-exception';

/** A command line that Node refuses: `message` goes to standard error behind the program's name. */
export class BadOption extends Error {}

export interface CommandLine {
  /** What `getOptionValue` answers. */
  values: Record<string, OptionValue>;
  /** The options as they were written: `process.execArgv`. */
  execArgv: string[];
  /** The script's path, if one was named, and its arguments. */
  rest: string[];
}

/** What `--x` brings with it (`Implies` of `node_options.cc`). */
const IMPLIED: Record<string, [string, OptionValue][]> = {
  '--eval': [['[has_eval_string]', true]],
  '--env-file': [['[has_env_file_string]', true]],
  '--env-file-if-exists': [['[has_env_file_string]', true]],
  '--experimental-transform-types': [['--strip-types', true], ['--enable-source-maps', true]],
  '--trace-env-js-stack': [['--trace-env', true]],
  '--trace-env-native-stack': [['--trace-env', true]],
  '--inspect-brk': [['--inspect', true]],
  '--inspect-wait': [['--inspect', true]],
};

/** Options of two names (one field in `node_options.cc`). */
const SAME: Record<string, string> = {
  '--experimental-require-module': '--require-module',
  '--require-module': '--experimental-require-module',
};

/** Options of V8 itself, which no table lists: accepted without effect. */
const V8_FLAGS = /^--(no-)?(harmony|stack-size|max-|min-|trace-|gc-|opt|turbo|sparkplug|maglev|allow-natives-syntax|expose-gc|huge-max-old|single-threaded|random-seed|predictable|abort-on-uncaught-exception|use-strict|enable-source-at-csa-bind|lite-mode|semi-space|initial-|heap-|always-|lazy|log|prof|concurrent-|compilation-cache|js-|wasm-|experimental-wasm|rehash-snapshot|print-)/;

/** Variables that stand for an option (`HandleEnvOptions`); the command line has the last word. */
const FLAG_VARIABLES = [
  ['NODE_PENDING_DEPRECATION', '--pending-deprecation'],
  ['NODE_PRESERVE_SYMLINKS', '--preserve-symlinks'],
  ['NODE_PRESERVE_SYMLINKS_MAIN', '--preserve-symlinks-main'],
] as const;

export function parseCommandLine(data: NodeData, argv: readonly string[], variables: Readonly<Record<string, string>>): CommandLine {
  const parser = new Parser(data);
  for (const [variable, option] of FLAG_VARIABLES) if (variables[variable] === '1') parser.values[option] = true;
  const nodeOptions = variables.NODE_OPTIONS;
  if (nodeOptions) {
    const left = parser.parse(splitNodeOptions(nodeOptions), true);
    if (left.length > 0) throw new BadOption(`${left[0]} is not allowed in NODE_OPTIONS`);
  }
  const rest = parser.parse([...argv], false);
  if (variables.NODE_REDIRECT_WARNINGS) parser.values['--redirect-warnings'] ||= variables.NODE_REDIRECT_WARNINGS;
  const execArgv = argv.slice(0, argv.length - rest.length).filter((argument, index, all) => argument !== '--' || index < all.length - 1);
  check(parser.values, rest);
  return { values: parser.values, execArgv, rest };
}

class Parser {
  readonly values: Record<string, OptionValue>;
  private readonly info: Map<string, OptionInfo>;
  private readonly aliases: Map<string, string[]>;

  constructor(data: NodeData) {
    this.values = Object.assign(Object.create(null), structuredCopy(data.options.values));
    this.info = new Map(data.options.info.map((info) => [info[0], info]));
    this.aliases = new Map(data.options.aliases);
    // JSON has no `undefined`, but the keys count.
    for (const name of this.info.keys()) if (!(name in this.values)) this.values[name] = undefined;
  }

  /** Consumes options; answers what is behind them. */
  parse(args: string[], inEnvironment: boolean): string[] {
    const { info: infos, aliases } = this;
    while (args.length > 0 && args[0]!.length > 1 && args[0]!.startsWith('-')) {
      const argument = args.shift()!;
      if (argument === '--') {
        if (inEnvironment) throw new BadOption('-- is not allowed in NODE_OPTIONS');
        break;
      }
      const equals = argument.startsWith('--') ? argument.indexOf('=') : -1;
      const written = equals < 0 ? argument : argument.slice(0, equals);
      const original = equals < 0 ? written : `${written}=`;
      let name = written.slice(0, 2) + written.slice(2).replaceAll('_', '-');
      const negated = name.startsWith('--no-') && !infos.has(name);
      if (negated) name = `--${name.slice('--no-'.length)}`;

      const expanded = new Set<string>();
      for (;;) {
        const takesNext = args.length > 0 && !args[0]!.startsWith('-');
        const key = [equals >= 0 ? `${name}=` : '', takesNext ? `${name} <arg>` : '', name].find((candidate) => candidate && aliases.has(candidate));
        if (key === undefined || expanded.has(key)) break;
        expanded.add(key);
        const [first, ...more] = aliases.get(key)!;
        args.unshift(...more);
        if (first === name) break;
        name = first!;
      }

      const info = infos.get(name);
      if (!info) {
        if (inEnvironment && !V8_FLAGS.test(name)) throw new BadOption(`${original} is not allowed in NODE_OPTIONS`);
        if (!V8_FLAGS.test(name)) throw new BadOption(`bad option: ${argument}`);
        continue;
      }
      const [, type, setting] = info;
      if (inEnvironment && setting !== ALLOWED_IN_ENVIRONMENT) throw new BadOption(`${original} is not allowed in NODE_OPTIONS`);
      if (negated && type !== BOOLEAN && type !== V8_OPTION) throw new BadOption(`${argument} is an invalid negation because it is not a boolean option`);
      let value = '';
      if (type >= INTEGER) {
        if (equals >= 0) {
          value = argument.slice(equals + 1);
          if (value === '') throw new BadOption(`${original} requires an argument`);
        } else {
          if (args.length === 0) throw new BadOption(`${original} requires an argument`);
          value = args.shift()!;
          if (value.startsWith('-')) throw new BadOption(`${original} requires an argument`);
          if (value.startsWith('\\-')) value = value.slice(1);
        }
      }
      this.set(name, type, value, negated);
    }
    return args;
  }

  private set(name: string, type: number, value: string, negated: boolean): void {
    const { values } = this;
    switch (type) {
      case BOOLEAN:
        values[name] = !negated;
        if (name in SAME) values[SAME[name]!] = !negated;
        if (name.startsWith('--')) values[`--no-${name.slice(2)}`] = negated;
        break;
      case INTEGER:
      case UNSIGNED:
        values[name] = Number.parseInt(value, 10) || 0;
        break;
      case STRING:
        values[name] = value;
        break;
      case HOST_PORT:
        values[name] = hostPort(value);
        break;
      case STRING_LIST:
        values[name] = [...((values[name] as string[] | undefined) ?? []), value];
        break;
      case V8_OPTION:
        // The only one that has an effect here: `fatal-exception.ts`.
        if (name === ABORT_ON_UNCAUGHT) values[name] = !negated;
        break;
      case NO_OP:
        break;
      default:
        throw new Error(`option ${name} has the unknown type ${type}`);
    }
    if (!negated) for (const [implied, to] of IMPLIED[name] ?? []) values[implied] = to;
  }
}

/** The options that are set, wherever they were, as a child process would be given them. Those of V8 are its own. */
export function optionsAsFlags(data: NodeData, values: Record<string, OptionValue>): string[] {
  const flags: string[] = [];
  for (const [name, type, , defaultIsTrue] of data.options.info) {
    if (!name.startsWith('--')) continue;
    const value = values[name];
    if (type === BOOLEAN) {
      if (defaultIsTrue && value === false) flags.push(`--no-${name.slice(2)}`);
      if (!defaultIsTrue && value === true) flags.push(name);
    } else if ((type === INTEGER || type === UNSIGNED) && value) {
      flags.push(`${name}=${value as number}`);
    } else if (type === STRING && value) {
      flags.push(`${name}=${value as string}`);
    } else if (type === STRING_LIST) {
      flags.push(...((value as string[] | undefined) ?? []).map((item) => `${name}=${item}`));
    } else if (type === HOST_PORT && JSON.stringify(value) !== JSON.stringify(data.options.values[name])) {
      const { host, port } = value as { host: string; port: number };
      flags.push(`${name}=${host}:${port}`);
    }
  }
  return flags;
}

function structuredCopy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

function hostPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  if (colon >= 0) return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
  return /^\d+$/.test(text) ? { host: '127.0.0.1', port: Number(text) } : { host: text, port: 9229 };
}

/** `ParseNodeOptionsEnvVar`: words between spaces; quotes keep spaces, and inside them a backslash keeps the next character. */
function splitNodeOptions(text: string): string[] {
  const words: string[] = [];
  let inString = false;
  let startNew = true;
  for (let index = 0; index < text.length; index++) {
    let character = text[index]!;
    if (character === '\\' && inString) {
      index += 1;
      if (index === text.length) throw new BadOption('invalid value for NODE_OPTIONS (invalid escape)');
      character = text[index]!;
    } else if (character === ' ' && !inString) {
      startNew = true;
      continue;
    } else if (character === '"') {
      inString = !inString;
      continue;
    }
    if (startNew) words.push(character);
    else words[words.length - 1] += character;
    startNew = false;
  }
  if (inString) throw new BadOption('invalid value for NODE_OPTIONS (unterminated string)');
  return words;
}

/** The combinations that Node refuses (`EnvironmentOptions::CheckOptions`). */
function check(values: Record<string, OptionValue>, rest: readonly string[]): void {
  if (values['--check'] && (values['[has_eval_string]'] || values['--interactive'])) {
    throw new BadOption('either --check or --eval can be used, not both');
  }
  const inputTypes = ['', 'commonjs', 'module', 'commonjs-typescript', 'module-typescript'];
  if (!inputTypes.includes(values['--input-type'] as string)) {
    throw new BadOption('--input-type must be "module","commonjs", "module-typescript" or "commonjs-typescript"');
  }
  const traced = values['--trace-require-module'] as string;
  if (traced && traced !== 'all' && traced !== 'no-node-modules') throw new BadOption('invalid value for --trace-require-module');
  const rejections = values['--unhandled-rejections'] as string;
  if (rejections && !['warn-with-error-code', 'throw', 'strict', 'warn', 'none'].includes(rejections)) {
    throw new BadOption('invalid value for --unhandled-rejections');
  }
  if (values['--watch'] && values['--check']) throw new BadOption('either --watch or --check can be used, not both');
  if (values['--watch'] && values['[has_eval_string]']) throw new BadOption('either --watch or --eval can be used, not both');
  if (values['--watch'] && values['--interactive']) throw new BadOption('either --watch or --interactive can be used, not both');
  if (values['--watch'] && !values['--test'] && rest.length === 0) throw new BadOption('--watch requires specifying a file');
}

/** Node's `StartExecution`: the builtin that runs the program. */
export function mainScript({ values, rest }: CommandLine, stdinIsTty: boolean): string {
  const first = rest[0];
  if (first === 'inspect' || first === 'debug') return 'internal/main/inspect';
  if (values['--help']) return 'internal/main/print_help';
  if (values['[has_eval_string]'] && !values['--interactive']) return 'internal/main/eval_string';
  if (values['--check']) return 'internal/main/check_syntax';
  if (values['--test']) return 'internal/main/test_runner';
  if (values['--watch']) return 'internal/main/watch_mode';
  if (first && first !== '-') return 'internal/main/run_main_module';
  if (values['--interactive'] || stdinIsTty) return 'internal/main/repl';
  return 'internal/main/eval_stdin';
}
