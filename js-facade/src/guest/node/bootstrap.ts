/**
 * Node's start, in two halves: what is the same for every process runs while the worker warms up; the rest once there is a process.
 * The order is that of `node.cc` and `node_realm.cc`.
 */

import { O_RDWR, SIGPIPE } from '../linux';
import type { Syscalls } from '../syscalls';
import { BadOption, mainScript, parseCommandLine } from './command-line';
import { installAwaits, whileThenKnowsFrames } from './continuation-frame';
import { react } from './engine-promise';
import { createEnvironmentVariables } from './environment-variables';
import { stalledModules } from './esm/module-record';
import { lineAt } from './esm/source';
import { EXIT_CODES } from './fatal-exception';
import { replaceFunctionConstructors } from './function-constructors';
import { removeBrowserGlobals } from './host-globals';
import { messagingOf } from './messaging/message-port';
import { PortEnd } from './messaging/port-end';
import type { NodeEnvironment } from './node-environment';
import { whileStaticsRecord } from './promise-states';
import { replaceFunctionToString } from './rewritten-text';
import { runPackageScript } from './run-script';
import { ThreadMetrics } from './thread-metrics';
import { receiveStart } from './threads';
import { rememberProxies } from './bindings/types';
import { parseEnv } from './dotenv';

/** `executionAsyncId()` in the main script. */
const MAIN_ASYNC_ID = 1;

/** The half that needs no process. */
export function bootLibrary(env: NodeEnvironment): void {
  const { loader, primordials, privateSymbols, perIsolateSymbols } = env;
  installAwaits((text) => env.compiler.rewrite(text).code);
  replaceFunctionToString();
  replaceFunctionConstructors(env.compiler);
  loader.load('boot');
  removeBrowserGlobals(env.data.behaviour.laterGlobals);
  env.compiler.defineImport();
  rememberProxies();
  adoptAtomics(env);
  env.stacks.replaceCapture();

  const perContext: any = env.perContext;
  const runPerContext = (id: string) => loader.compile(`internal/per_context/${id}`)(perContext, primordials, privateSymbols, perIsolateSymbols);
  whileThenKnowsFrames(() => whileStaticsRecord(env.promiseStates, () => runPerContext('primordials')));
  for (const id of ['domexception', 'messageport']) runPerContext(id);
  const getInternalBinding = (name: string) => env.createBinding(name);
  const getLinkedBinding = (name: string) => {
    throw Object.assign(new Error(`No such binding: ${name}`), { code: 'ERR_INVALID_MODULE' });
  };
  loader.compile('internal/bootstrap/realm')(env.process, getLinkedBinding, getInternalBinding, primordials);
  for (const id of [
    'internal/bootstrap/node', 'internal/bootstrap/web/exposed-wildcard', 'internal/bootstrap/web/exposed-window-or-worker',
    `internal/bootstrap/switches/${env.context.thread ? 'is_not_main_thread' : 'is_main_thread'}`,
    `internal/bootstrap/switches/${env.context.thread ? 'does_not_own_process_state' : 'does_own_process_state'}`,
  ]) {
    runScript(env, id);
  }
  env.stacks.install();
  adoptWebAssembly(env);
  // What nearly every program needs next; a process finds it done.
  for (const id of ['net', 'tty', 'internal/fs/sync_write_stream', 'internal/modules/run_main']) env.requireBuiltin(id);
}

/** `net` was loaded before the options were known, and takes its defaults from them. */
function applyNetOptions(env: NodeEnvironment): void {
  const { values } = env.commandLine;
  const net = env.requireBuiltin('net');
  net.setDefaultAutoSelectFamily(values['--network-family-autoselection'] === true);
  const timeout = values['--network-family-autoselection-attempt-timeout'];
  if (typeof timeout === 'number' && timeout > 0) net.setDefaultAutoSelectFamilyAttemptTimeout(timeout);
}

function runScript(env: NodeEnvironment, id: string): void {
  env.loader.compile(id)(env.process, (builtin: string) => env.requireBuiltin(builtin), (name: string) => env.internalBinding(name), env.primordials);
}

/** The half that makes it a process, up to its end. */
export async function runProcess(env: NodeEnvironment): Promise<never> {
  const { process, sys } = env;
  const [argv0 = 'node', ...args] = sys.argv();
  openClosedStdio(sys);
  process.env = environmentVariables(env, sys.environ());
  // As Node does: writes to a closed pipe answer EPIPE.
  sys.sigaction(SIGPIPE, 1);
  try {
    env.commandLine = parseCommandLine(env.data, args, process.env);
    if (readEnvFiles(env) && process.env.NODE_OPTIONS) env.commandLine = parseCommandLine(env.data, args, process.env);
  } catch (error) {
    if (!(error instanceof BadOption)) throw error;
    env.fatal.write(`${argv0}: ${error.message}\n`);
    env.exit(EXIT_CODES.invalidArgument);
  }
  // The library may have read options while this worker waited for a process.
  env.requireBuiltin('internal/options').refreshOptions();
  if (env.commandLine.values['--version']) {
    sys.write(1, new env.host.TextEncoder().encode(`${process.version}\n`), -1);
    env.exit(0);
  }
  env.beginPermissions();
  const packageScript = env.commandLine.values['--run'];
  if (typeof packageScript === 'string' && packageScript !== '') env.exit(runPackageScript(env, packageScript, env.commandLine.rest));
  return runMain(env, mainScript(env.commandLine, sys.handleType(0) === 'TTY'));
}

/** The same for another thread of a process than its first. */
export async function runThread(env: NodeEnvironment): Promise<never> {
  const start = receiveStart(env);
  env.commandLine = { ...start.commandLine, values: Object.assign(Object.create(null), start.commandLine.values) };
  env.beginPermissions();
  env.process.env = environmentVariables(env, start.environment.map(([name, value]) => `${name}=${value}`));
  const messaging = messagingOf(env);
  env.thread = { ...start, port: messaging.create(PortEnd.ofPort(env, messaging.attachments, env.sys.threadPort)) };
  messaging.attachments.take(start.metrics, (memory) => {
    env.loop.published = ThreadMetrics.of(memory as SharedArrayBuffer, env.host);
    env.loop.published.loopStarted();
  });
  return runMain(env, 'internal/main/worker_thread');
}

function environmentVariables(env: NodeEnvironment, entries: string[]): Record<string, string> {
  return createEnvironmentVariables(entries, () => {
    if (!env.commandLine.values['--pending-deprecation']) return;
    env.process.emitWarning(
      'Assigning any value other than a string, number, or boolean to a process.env property is deprecated. '
      + 'Please make sure to convert the value to a string before setting process.env with it.',
      'DeprecationWarning', 'DEP0104',
    );
  });
}

/** Runs one of the library's main scripts, then the loop, up to the end. */
async function runMain(env: NodeEnvironment, script: string): Promise<never> {
  const { process, loop } = env;
  const limit = env.commandLine.values['--stack-trace-limit'];
  (Error as any).stackTraceLimit = typeof limit === 'number' ? limit : 10;
  applyNetOptions(env);

  const asyncHooks = env.internalBinding('async_wrap');
  await loop.turn(() => {
    asyncHooks.execution_async_resources.push({});
    asyncHooks.pushAsyncContext(MAIN_ASYNC_ID, 0);
    runScript(env, script);
    // When it throws, the handlers of `uncaughtException` run in its scope, and the library empties the stack.
    asyncHooks.popAsyncContext(MAIN_ASYNC_ID);
  });
  do {
        await loop.run();
    await loop.turn(() => process.emit('beforeExit', process.exitCode ?? 0));
  } while (loop.isAlive());

  const unsettled = await isEntryPointUnsettled(env);
  process._exiting = true;
  const fields = process[env.privateSymbols.exit_info_private_symbol!] as Int32Array;
  if (unsettled && !fields[2] && env.commandLine.values['--warnings'] !== false) warnOfStalledModules(env);
  const code = fields[2] ? fields[1]! : unsettled ? 13 : 0;
  const thrown = env.guard.call(() => process.emit('exit', code));
  if (thrown) env.fatal.trigger(thrown);
  env.exit(fields[2] ? fields[1]! : code);
}

/** As Node does: a file that is opened later must not become the program's output because that was closed. */
function openClosedStdio(sys: Syscalls): void {
  for (let fd = 0; fd <= 2; fd++) if (sys.handleType(fd) === 'INVALID') sys.open('/dev/null', O_RDWR, 0);
}

/**
 * `--env-file` and `--env-file-if-exists`, in the order of the command line: a later file wins over an earlier one, the environment over both.
 * Answers whether there was one.
 */
function readEnvFiles(env: NodeEnvironment): boolean {
  const { execArgv } = env.commandLine;
  const { readFileSync } = env.requireBuiltin('fs');
  const found: Record<string, string> = {};
  const files: [path: string, required: boolean][] = [];
  for (const [index, argument] of execArgv.entries()) {
    const [, optional, given] = /^--env-file(-if-exists)?(?:=(.*))?$/.exec(argument) ?? [];
    if (argument.startsWith('--env-file')) files.push([given ?? execArgv[index + 1] ?? '', optional === undefined]);
  }
  for (const [path, required] of files) {
    try {
      Object.assign(found, parseEnv(readFileSync(path, 'utf8')));
    } catch (error) {
      const missing = (error as { code?: string }).code === 'ENOENT';
      if (!missing) throw new BadOption(`${path}: invalid format`);
      if (required) throw new BadOption(`${path}: not found`);
      env.fatal.write(`${path} not found. Continuing without it.\n`);
    }
  }
  for (const [name, value] of Object.entries(found)) env.process.env[name] ??= value;
  return files.length > 0;
}

/** Whether the program waits, at its top level, for something that nothing can bring about any more. */
async function isEntryPointUnsettled(env: NodeEnvironment): Promise<boolean> {
  const promise = (globalThis as any)[env.privateSymbols.entry_point_promise_private_symbol!] as Promise<unknown> | undefined;
  if (promise === undefined) return false;
  let settled = false;
  const note = () => {
    settled = true;
  };
  react(promise, note, note);
  // Its reactions come before, if it is settled already.
  await null;
  return !settled;
}

/** Says which top-level `await` it is. */
function warnOfStalledModules(env: NodeEnvironment): void {
  for (const { url, text, offset } of stalledModules()) {
    const place = lineAt(text, offset);
    env.fatal.write(`Warning: Detected unsettled top-level await at ${url}:${place.line}\n${place.text}\n${' '.repeat(place.column)}^\n\n\n\n`);
  }
}

/** The loop must not block while `Atomics.waitAsync` waits: only the browser settles its promise. It does not keep the process alive. */
function adoptAtomics(env: NodeEnvironment): void {
  // Firefox has the old name of `notify` still.
  Reflect.deleteProperty(Atomics, 'wake');
  const original = Atomics.waitAsync as Function | undefined;
  if (original === undefined) return;
  const adopted = {
    waitAsync(...args: unknown[]) {
      const result = Reflect.apply(original, Atomics, args) as { async: boolean; value: Promise<unknown> };
      if (!result.async) return result;
      env.loop.expectExternal(1);
      result.value.then(() => {
        env.loop.expectExternal(-1);
        env.loop.wake();
      });
      return result;
    },
  }.waitAsync;
  Object.defineProperty(Atomics, 'waitAsync', { configurable: true, enumerable: false, writable: true, value: adopted });
}

/** The process lives as long as a compilation that the browser does for it. */
function adoptWebAssembly(env: NodeEnvironment): void {
  const api = WebAssembly as any;
  for (const name of ['compile', 'instantiate']) {
    const original = api[name] as Function;
    const adopted = {
      [name](...args: unknown[]) {
        const promise = Reflect.apply(original, WebAssembly, args) as Promise<unknown>;
        env.loop.hold(promise);
        return promise;
      },
    }[name];
    Object.defineProperty(api, name, { configurable: true, enumerable: true, writable: true, value: adopted });
  }
}
