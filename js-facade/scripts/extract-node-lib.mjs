// Writes Node's own library, as each pinned Node binary carries it, into dist/node/<major>/: scripts of wrapped builtins, and the
// constants that only the binary knows. Nothing of Node's sources is kept in the repository; its licence goes beside the output.

import { parse } from 'acorn';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, copyFileSync, mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { awaitRewriter } from './node-lib/awaits.mjs';
import { applyEdits } from './node-lib/edits.mjs';
import { excluded, recorded, restGroup, substituted } from './node-lib/groups.mjs';
import { stringify } from './node-lib/json.cjs';
import { binaryOf, folderOf, majorOf, packageName, versions } from './node-lib/versions.mjs';

const scripts = path.dirname(fileURLToPath(import.meta.url));
const facade = path.join(scripts, '..');
/** Built before. */
const transpiler = path.join(facade, 'dist/transpile.wasm');

for (const pinned of versions) extract(pinned);

function extract({ version, lts }) {
  const output = path.join(facade, 'dist/node', majorOf(version));
  const sources = ['awaits.mjs', 'dump.cjs', 'edits.mjs', 'groups.mjs', 'json.cjs', 'versions.mjs'].map((file) => path.join('node-lib', file));
  const inputs = [...['extract-node-lib.mjs', ...sources].map((file) => path.join(scripts, file)), transpiler];
  const stamp = path.join(output, 'data.json');
  if (existsSync(stamp) && inputs.every((file) => statSync(file).mtimeMs < statSync(stamp).mtimeMs)) return;

  const node = installNode(version);
  const dump = dumpNode(node);
  if (dump.release.lts !== lts) throw new Error(`Node ${version} calls its LTS line ${dump.release.lts}, versions.mjs ${lts}`);
  const groups = assignGroups(node, dump);
  const rewrite = awaitRewriter(transpiler);
  mkdirSync(output, { recursive: true });
  const table = {};
  for (const [group, ids] of groups) {
    const { script, lines } = groupScript(group, ids, dump.sources, rewrite);
    writeFileSync(path.join(output, `${group}.js`), script);
    table[group] = lines;
    console.log(`node/${path.basename(output)}/${group}.js: ${ids.length} modules, ${kB(script)} kB, ${kB(gzipSync(script))} kB gzipped`);
  }
  copyFileSync(path.join(path.dirname(node), '../LICENSE'), path.join(output, 'LICENSE'));
  const data = stringify(runtimeData(dump, table));
  writeFileSync(stamp, data);
  console.log(`node/${path.basename(output)}/data.json: ${kB(data)} kB, ${kB(gzipSync(data))} kB gzipped`);
}

function kB(bytes) {
  return (bytes.length / 1000).toFixed(0);
}

/** Installs the npm package that carries the binary for this machine; answers the binary's path. */
function installNode(version) {
  const folder = folderOf(version);
  const binary = binaryOf(version);
  if (!existsSync(binary) || execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim() !== `v${version}`) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{"private":true}\n');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    execFileSync(npm, ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${packageName}@${version}`], { cwd: folder, stdio: 'inherit' });
  }
  return binary;
}

function dumpNode(node) {
  const folder = mkdtempSync(path.join(tmpdir(), 'wosix-node-lib-'));
  const file = path.join(folder, 'dump.json');
  try {
    execFileSync(node, ['--expose-internals', path.join(scripts, 'node-lib/dump.cjs'), file], { stdio: 'inherit', env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' } });
    return JSON.parse(readFileSync(file, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `Map(group → ids)`, from what the programs of `recorded` load in the real binary. */
function assignGroups(node, dump) {
  const left = new Set(Object.keys(dump.sources).filter((id) => !excluded.some(([pattern]) => pattern.test(id))));
  const groups = new Map();
  const take = (group, ids) => {
    const taken = ids.filter((id) => left.delete(id));
    groups.set(group, [...(groups.get(group) ?? []), ...taken]);
  };
  for (const { group, program, also = [] } of recorded) {
    const list = execFileSync(node, [
      '--expose-internals', '--no-warnings', '--no-node-snapshot', '-e',
      `${program}\nrequire('fs').writeSync(1, '\\n@' + JSON.stringify(process.moduleLoadList))`,
    ], { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    const loaded = JSON.parse(list.slice(list.lastIndexOf('\n@') + 2))
      .filter((entry) => entry.startsWith('NativeModule '))
      .map((entry) => entry.slice('NativeModule '.length));
    take(group, [...also, ...loaded]);
  }
  for (const id of [...left]) take(restGroup(id), [id]);
  return groups;
}

/** Parameters of a builtin's wrapper, as `BuiltinLoader::LookupAndCompile` has them. */
function parameters(id) {
  if (id.startsWith('internal/per_context/')) return 'exports, primordials, privateSymbols, perIsolateSymbols';
  if (id === 'internal/bootstrap/realm') return 'process, getLinkedBinding, getInternalBinding, primordials';
  if (id.startsWith('internal/bootstrap/') || id.startsWith('internal/main/')) return 'process, require, internalBinding, primordials';
  return 'exports, require, module, process, internalBinding, primordials';
}

/**
 * One classic script for a group. Each source starts on a line of its own and keeps its lines and columns, so that positions in stack
 * traces can be told as Node tells them; `lines` is where each starts (the number of script lines before its first).
 */
function groupScript(group, ids, sources, rewrite) {
  let script = `wosixNode.define(${JSON.stringify(group)}, {\n`;
  let line = 1;
  const lines = {};
  for (const id of ids) {
    const source = rewrite(id, blankComments(id, applyEdits(id, sources[id])));
    script += `${JSON.stringify(id)}(${parameters(id)}) {\n`;
    line += 1;
    lines[id] = line;
    script += `${source}\n},\n`;
    line += source.split('\n').length + 1;
  }
  script += '});\n';
  return { script, lines };
}

/**
 * Takes comments out without moving any code: a comment becomes its line breaks (and spaces, when code follows it on its line).
 * One behind a `throw` stays: the line is shown when nobody catches what it throws.
 */
function blankComments(id, source) {
  const comments = [];
  try {
    parse(source, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: false,
      onComment: (block, text, start, end) => comments.push([start, end]),
    });
  } catch (cause) {
    throw new Error(`${id} does not parse as a function body`, { cause });
  }
  let result = '';
  let at = 0;
  for (const [start, end] of comments) {
    if (/\bthrow .*;\s*$/.test(source.slice(source.lastIndexOf('\n', start) + 1, start))) continue;
    result += source.slice(at, start) + source.slice(start, end).replace(/[^\n]/g, ' ');
    at = end;
  }
  result += source.slice(at);
  return result.replace(/[ \t]+$/gm, '');
}

/** What the runtime reads at its start. `lines` says for every group which modules it has and where they begin. */
function runtimeData(dump, lines) {
  return {
    version: dump.version,
    versions: dump.versions,
    release: dump.release,
    config: dump.config,
    builtinIds: dump.builtinIds.filter((id) => substituted.has(id) || !excluded.some(([pattern]) => pattern.test(id))),
    canBeRequired: dump.canBeRequired,
    groups: lines,
    bindings: dump.bindings,
    errorMap: dump.errorMap,
    behaviour: dump.behaviour,
    options: dump.options,
  };
}
