/** Every binding of Node's library by its name. */

import type { BindingFactory } from '../environment';
import { create as async_context_frame } from './async_context_frame';
import { create as async_wrap } from './async_wrap';
import { create as blob } from './blob';
import { create as block_list } from './block_list';
import { create as buffer } from './buffer';
import { create as builtins } from './builtins';
import { create as cares_wrap } from './cares_wrap';
import { create as cjs_lexer } from './cjs_lexer';
import { create as config } from './config';
import { create as constants } from './constants';
import { create as contextify } from './contextify';
import { create as credentials } from './credentials';
import { create as crypto } from './crypto';
import { create as diagnostics_channel } from './diagnostics_channel';
import { create as encoding_binding } from './encoding_binding';
import { create as errors } from './errors';
import { create as ffi } from './ffi';
import { create as fs } from './fs';
import { create as fs_dir } from './fs_dir';
import { create as fs_event_wrap } from './fs_event_wrap';
import { create as heap_utils } from './heap_utils';
import { create as http2 } from './http2';
import { create as http_parser } from './http_parser';
import { create as icu } from './icu';
import { create as inspector } from './inspector';
import { create as internal_only_v8 } from './internal_only_v8';
import { create as ipc_serdes } from './ipc_serdes';
import { create as js_stream } from './js_stream';
import { create as locks } from './locks';
import { create as messaging } from './messaging';
import { create as mksnapshot } from './mksnapshot';
import { create as module_wrap } from './module_wrap';
import { create as modules } from './modules';
import { create as options } from './options';
import { create as os } from './os';
import { create as performance } from './performance';
import { create as permission } from './permission';
import { create as pipe_wrap } from './pipe_wrap';
import { create as process_methods } from './process_methods';
import { create as process_wrap } from './process_wrap';
import { create as report } from './report';
import { create as sea } from './sea';
import { create as serdes } from './serdes';
import { create as signal_wrap } from './signal_wrap';
import { create as spawn_sync } from './spawn_sync';
import { create as sqlite } from './sqlite';
import { create as stream_pipe } from './stream_pipe';
import { create as stream_wrap } from './stream_wrap';
import { create as string_decoder } from './string_decoder';
import { create as symbols } from './symbols';
import { create as task_queue } from './task_queue';
import { create as tcp_wrap } from './tcp_wrap';
import { create as timers } from './timers';
import { create as tls_wrap } from './tls_wrap';
import { create as trace_events } from './trace_events';
import { create as tty_wrap } from './tty_wrap';
import { create as types } from './types';
import { create as udp_wrap } from './udp_wrap';
import { create as url } from './url';
import { create as url_pattern } from './url_pattern';
import { create as util } from './util';
import { create as uv } from './uv';
import { create as v8 } from './v8';
import { create as wasm_web_api } from './wasm_web_api';
import { create as watchdog } from './watchdog';
import { create as webstorage } from './webstorage';
import { create as worker } from './worker';
import { create as zlib } from './zlib';

export const bindings: Record<string, BindingFactory | undefined> = {
  async_context_frame, async_wrap, blob, block_list, buffer, builtins, cares_wrap, cjs_lexer, config, constants, contextify, credentials,
  crypto, diagnostics_channel, encoding_binding, errors, ffi, fs, fs_dir, fs_event_wrap, heap_utils, http2, http_parser, icu, inspector,
  internal_only_v8, ipc_serdes, js_stream, locks, messaging, mksnapshot, module_wrap, modules, options, os, performance, permission,
  pipe_wrap, process_methods, process_wrap, report, sea, serdes, signal_wrap, spawn_sync, sqlite, stream_pipe, stream_wrap, string_decoder,
  symbols, task_queue, tcp_wrap, timers, tls_wrap, trace_events, tty_wrap, types, udp_wrap, url, url_pattern, util, uv, v8, wasm_web_api,
  watchdog, webstorage, worker, zlib,
};
