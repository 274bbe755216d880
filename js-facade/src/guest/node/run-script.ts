/** `node --run`: a script of the nearest `package.json`, run by the shell (`node_task_runner.cc`). */

import type { Environment } from './environment';

/** Runs the script `name` with `args` to its end. Answers the exit code; what is wrong goes to standard error. */
export function runPackageScript(env: Environment, name: string, args: readonly string[]): number {
  const { existsSync, readFileSync } = env.requireBuiltin('fs');
  const path = env.requireBuiltin('path');
  const fail = (message: string) => {
    env.fatal.write(message);
    return 1;
  };

  const cwd: string = env.process.cwd();
  const folders = [cwd];
  while (folders.at(-1) !== '/') folders.push(path.dirname(folders.at(-1)));
  const at = folders.findIndex((folder) => existsSync(path.join(folder, 'package.json')));
  if (at < 0) return fail(`Can't find package.json for directory ${cwd}\n\n`);
  const root = folders[at]!;
  const file: string = path.join(root, 'package.json');

  let config: any;
  try {
    config = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return fail(`Can't parse ${file}\n`);
  }
  const scripts: unknown = config?.scripts;
  if (typeof scripts !== 'object' || scripts === null || Array.isArray(scripts)) return fail(`Can't find "scripts" field in ${file}\n`);
  if (!Object.hasOwn(scripts, name)) {
    const available = Object.entries(scripts).filter(([, value]) => typeof value === 'string').map(([key, value]) => `  ${key}: ${value}\n`);
    return fail(`Missing script: "${name}" for ${file}\n\n${available.length > 0 ? `Available scripts are:\n${available.join('')}` : 'There are no scripts available in the package.json\n'}`);
  }
  const script = (scripts as Record<string, unknown>)[name];
  if (typeof script !== 'string') return fail(`Script "${name}" is unexpectedly not a string for ${file}\n\n`);

  // No main script has prepared the library.
  env.requireBuiltin('internal/util/debuglog').initializeDebugEnv(env.process.env.NODE_DEBUG);
  const binaries = folders.slice(0, at + 1).map((folder) => path.join(folder, 'node_modules/.bin')).filter((folder) => existsSync(folder));
  const { status, signal } = env.requireBuiltin('child_process').spawnSync('/bin/sh', ['-c', [script, ...args.map(quoted)].join(' ')], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...env.process.env,
      PATH: [...binaries, env.process.env.PATH ?? ''].join(':'),
      NODE_RUN_SCRIPT_NAME: name,
      NODE_RUN_PACKAGE_JSON_PATH: file,
    },
  });
  return status ?? (signal === null ? 1 : 128 + env.requireBuiltin('os').constants.signals[signal]);
}

/** One word of a shell's command. */
function quoted(argument: string): string {
  return /^[\w,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
