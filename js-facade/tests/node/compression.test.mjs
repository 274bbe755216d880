// The modules for Brotli and Zstandard against the zlib of the pinned Node.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadSource } from '../load-source.mjs';
import { nodeBinary } from '../node-binary.mjs';

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist');
const { BrotliDecoderStream, BrotliEncoderStream, brotliOf } = await loadSource('guest/brotli.ts');
const { ZSTD_IMPORTS, ZstdCompressStream, ZstdDecompressStream, zstdErrorMessage, zstdOf } = await loadSource('guest/zstd.ts');
const brotli = brotliOf(instantiate('brotli', {}));
const zstd = zstdOf(instantiate('zstd', ZSTD_IMPORTS));

function instantiate(name, imports) {
  return new WebAssembly.Instance(new WebAssembly.Module(readFileSync(path.join(dist, `${name}.wasm`))), imports).exports;
}

const text = readFileSync(path.join(dist, 'guest-node.js'));
const samples = {
  empty: Buffer.alloc(0), short: text.subarray(0, 500), text, zeros: Buffer.alloc(1_000_000),
  noise: createHash('shake256', { outputLength: 300_000 }).update('noise').digest(),
};
const dictionary = text.subarray(1000, 30_000);
const outputSizes = [100, 16_384, 300_000];

const QUALITY = 1, LEVEL = 100, FINISH = 2, NEEDS_MORE_OUTPUT = 3;

/** Calls functions of the pinned Node's `zlib`: `[name, bytes, options]` each. Answers their results. */
function nodeZlib(calls) {
  const program = `
    const calls = JSON.parse(require('fs').readFileSync(0), (_, v) => v?.type === 'Buffer' ? Buffer.from(v.data, 'base64') : v);
    console.log(JSON.stringify(calls.map(([name, bytes, options]) => require('zlib')[name](bytes, options).toString('base64'))));`;
  const input = JSON.stringify(calls.map(([name, bytes, options]) => [name, packed(bytes), options?.dictionary ? { ...options, dictionary: packed(options.dictionary) } : options]));
  const output = execFileSync(nodeBinary, ['-e', program], { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return JSON.parse(output).map((bytes) => Buffer.from(bytes, 'base64'));
}

const packed = (bytes) => ({ type: 'Buffer', data: Buffer.from(bytes).toString('base64') });

/** Everything that `stream` makes of `input` by `write(piece, room)`, `outputSize` bytes a call, and what the last call answered. */
function run(stream, write, input, outputSize) {
  const pieces = [];
  for (let from = 0; ; from += stream.consumed) {
    const room = new Uint8Array(outputSize);
    const result = write(input.subarray(from), room);
    pieces.push(room.subarray(0, stream.produced));
    // While there is input left, it is not more input that is wanted.
    if (stream.produced === outputSize && from + stream.consumed < input.length && stream instanceof BrotliDecoderStream) assert.equal(result, NEEDS_MORE_OUTPUT);
    if (stream.produced < outputSize) {
      const left = input.length - from - stream.consumed;
      stream.free();
      return { bytes: Buffer.concat(pieces), result, left };
    }
  }
}

function brotliCompress(input, params, outputSize = 16_384, dictionary = undefined) {
  const stream = new BrotliEncoderStream(brotli);
  for (const [key, value] of Object.entries(params)) assert.ok(stream.setParameter(Number(key), value));
  if (dictionary) stream.setDictionary(dictionary);
  return run(stream, (from, to) => assert.ok(stream.write(FINISH, from, to)), input, outputSize).bytes;
}

function brotliExpand(input, outputSize = 16_384, dictionary = undefined) {
  const stream = new BrotliDecoderStream(brotli);
  if (dictionary) assert.ok(stream.setDictionary(dictionary));
  return run(stream, (from, to) => stream.write(from, to), input, outputSize);
}

function zstdCompress(input, params, outputSize = 16_384, dictionary = undefined) {
  const stream = new ZstdCompressStream(zstd);
  for (const [key, value] of Object.entries(params)) assert.equal(stream.setParameter(Number(key), value), 0);
  if (dictionary) assert.equal(stream.loadDictionary(dictionary), 0);
  return run(stream, (from, to) => assert.equal(stream.write(FINISH, from, to), 0), input, outputSize).bytes;
}

function zstdExpand(input, outputSize = 16_384, dictionary = undefined) {
  const stream = new ZstdDecompressStream(zstd);
  if (dictionary) assert.equal(stream.loadDictionary(dictionary), 0);
  return run(stream, (from, to) => stream.write(from, to), input, outputSize);
}

for (const [name, compress, expand, parameter, values] of [
  ['brotli', brotliCompress, brotliExpand, QUALITY, [0, 1, 5, 9]],
  ['zstd', zstdCompress, zstdExpand, LEVEL, [-5, 1, 3, 9]],
]) {
  test(`${name}: Node reads what we write and the other way round`, () => {
    const cases = Object.values(samples).flatMap((sample) => values.map((value) => ({ sample, params: { [parameter]: value } })));
    const theirs = nodeZlib(cases.map(({ sample, params }) => [`${name}CompressSync`, sample, { params }]));
    cases.forEach(({ sample }, i) => {
      for (const outputSize of outputSizes) assert.deepEqual(expand(theirs[i], outputSize).bytes, sample);
    });
    const ours = cases.flatMap(({ sample, params }) => outputSizes.map((outputSize) => ({ sample, bytes: compress(sample, params, outputSize) })));
    const back = nodeZlib(ours.map(({ bytes }) => [`${name}DecompressSync`, bytes]));
    ours.forEach(({ sample }, i) => assert.deepEqual(back[i], sample));
  });

  test(`${name}: dictionaries`, () => {
    const [theirs] = nodeZlib([[`${name}CompressSync`, text, { dictionary }]]);
    assert.deepEqual(expand(theirs, 16_384, dictionary).bytes, text);
    const ours = compress(text, {}, 16_384, dictionary);
    assert.ok(ours.length < compress(text, {}).length);
    assert.deepEqual(nodeZlib([[`${name}DecompressSync`, ours, { dictionary }]])[0], text);
  });
}

test('zstd writes the bytes that Node writes', () => {
  const [theirs] = nodeZlib([['zstdCompressSync', text]]);
  assert.deepEqual(zstdCompress(text, {}), theirs);
});

test('errors have the numbers of the C libraries', () => {
  assert.equal(new BrotliEncoderStream(brotli).setParameter(99, 1), false);
  const damaged = new BrotliDecoderStream(brotli);
  assert.equal(damaged.write(Buffer.from('not brotli at all'), new Uint8Array(100)), 0);
  assert.equal(damaged.error(), -15);
  const stream = new ZstdDecompressStream(zstd);
  const error = stream.write(Buffer.from('not zstd at all'), new Uint8Array(100));
  assert.deepEqual([error, zstdErrorMessage(zstd, error)], [10, 'Unknown frame descriptor']);
  assert.equal(new ZstdCompressStream(zstd).setParameter(LEVEL + 50, 1), 40);
});

test('what follows the end of a stream is left', () => {
  const rest = Buffer.from('rest');
  assert.equal(brotliExpand(Buffer.concat([brotliCompress(text, { [QUALITY]: 1 }), rest])).left, rest.length);
  assert.equal(zstdExpand(Buffer.concat([zstdCompress(text, {}), rest])).left, rest.length);
});
