// Which builtins travel together. A group is one script, loaded when the first of its modules is asked for.

/** Programs whose loaded modules make a group, in order; a module belongs to the first group that has it. */
export const recorded = [
  {
    group: 'boot',
    // A plain start: a script file and `-e`, with standard output on a pipe, a file and a terminal.
    program: "console.log(1); console.error(1); process.stdin; setTimeout(() => {}, 1); require('net'); require('tty'); require('internal/fs/sync_write_stream');",
    also: [
      'internal/per_context/primordials', 'internal/per_context/domexception', 'internal/per_context/messageport',
      'internal/bootstrap/realm', 'internal/bootstrap/node', 'internal/bootstrap/web/exposed-wildcard',
      'internal/bootstrap/web/exposed-window-or-worker', 'internal/bootstrap/switches/is_main_thread',
      'internal/bootstrap/switches/does_own_process_state', 'internal/main/run_main_module', 'internal/main/eval_string',
      'internal/main/eval_stdin', 'internal/main/check_syntax',
    ],
  },
  { group: 'common', program: "require('fs/promises'); require('child_process'); require('readline'); require('readline/promises'); require('os'); require('assert'); require('worker_threads'); require('module').createRequire; require('zlib'); require('perf_hooks'); require('stream/promises'); require('stream/web'); require('timers/promises'); require('string_decoder'); require('vm'); require('v8'); require('constants'); new AbortController(); new TextDecoder(); structuredClone(1); navigator; performance.now(); new Event('x'); new (require('async_hooks').AsyncLocalStorage)(); require('path/posix'); require('path/win32'); require('process'); require('punycode'); require('querystring'); require('util').parseArgs; require('internal/fs/streams'); require('internal/fs/rimraf'); require('internal/fs/cp/cp-sync'); require('internal/util/comparisons'); require('internal/util/parse_args/parse_args'); require('internal/process/finalization'); require('internal/process/report'); require('internal/modules/esm/hooks'); require('internal/modules/esm/create_dynamic_module'); require('internal/legacy/processbinding'); require('stream/consumers'); require('diagnostics_channel'); require('internal/child_process/serialization')", also: ['internal/modules/esm/initialize_import_meta'] },
  { group: 'http', program: "require('http'); require('dns'); require('dns/promises')" },
  { group: 'crypto', program: "require('crypto').webcrypto.subtle; crypto.randomUUID()" },
  { group: 'tls', program: "require('https'); require('tls')" },
  { group: 'fetch', program: "require('internal/deps/undici/undici')" },
  { group: 'http2', program: "require('http2')" },
  { group: 'cluster', program: "require('cluster'); require('dgram'); require('domain')" },
  { group: 'repl', program: "require('repl')" },
  { group: 'test', program: "require('node:test'); require('node:test/reporters'); require('internal/test_runner/runner')" },
];

/** Left out, but replaced by the runtime with a module of its own. */
export const substituted = new Set(['internal/deps/amaro/dist/index']);

/** Never shipped, with the reason. */
export const excluded = [
  [/^internal\/deps\/amaro\//, 'TypeScript is stripped by the transpile module'],
  [/^internal\/deps\/v8\/tools\//, 'ES modules for the V8 profiler, which is not there'],
  [/^internal\/v8_prof_/, 'the V8 profiler is not there'],
  [/^internal\/main\/prof_process$/, 'the V8 profiler is not there'],
  [/^(internal\/)?quic(\/|$)/, 'no UDP'],
  [/^(internal\/)?dtls(\/|$)/, 'no TLS of its own'],
];

/** The group of a module that no program above loads. */
export function restGroup(id) {
  if (/^(internal\/)?(vfs|zip)(\/|$)/.test(id)) return 'vfs';
  if (/^(internal\/)?bench(_runner)?(\/|$)/.test(id) || id === 'internal/main/bench_runner') return 'bench';
  if (id.startsWith('internal/debugger/') || id === 'internal/main/inspect') return 'inspect';
  return 'rest';
}
