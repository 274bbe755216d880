// The codecs module against Node's own zlib and crypto, and the HTTP parser through its wrapper.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import { loadSource } from '../load-source.mjs';

const dist = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../dist');
const wrapper = await loadSource('guest/codecs.ts');
const { ZlibStream } = await loadSource('guest/zlib.ts');
const module = new WebAssembly.Module(readFileSync(path.join(dist, 'codecs.wasm')));
const codecs = wrapper.codecsOf(new WebAssembly.Instance(module, {}).exports);

const { constants: Z } = zlib;
const text = readFileSync(fileURLToPath(import.meta.url));
const samples = { empty: Buffer.alloc(0), text, long: Buffer.concat(Array(100).fill(text)), noise: crypto.randomBytes(200_000) };

/** Runs all of `input` through a new stream, `outputSize` bytes a call. */
function run(parameters, input, { outputSize = 16384, flush = Z.Z_FINISH } = {}) {
  const stream = ZlibStream.create(codecs, { windowBits: 15, level: 6, memLevel: 8, strategy: 0, ...parameters });
  assert.ok(stream);
  assert.equal(stream.setDictionary(), Z.Z_OK);
  const pieces = [];
  let from = 0;
  for (;;) {
    const output = new Uint8Array(outputSize);
    const status = stream.write(flush, input.subarray(from), output);
    from += stream.consumed;
    pieces.push(output.subarray(0, stream.produced));
    const message = stream.message();
    if (status !== Z.Z_OK && status !== Z.Z_BUF_ERROR || stream.produced < outputSize) {
      stream.free();
      return { status, message, bytes: Buffer.concat(pieces), left: input.length - from };
    }
  }
}

const FORMATS = [
  ['zlib', Z.DEFLATE, Z.INFLATE, zlib.deflateSync, zlib.inflateSync],
  ['gzip', Z.GZIP, Z.GUNZIP, zlib.gzipSync, zlib.gunzipSync],
  ['raw deflate', Z.DEFLATERAW, Z.INFLATERAW, zlib.deflateRawSync, zlib.inflateRawSync],
];

for (const [name, compress, expand, nodeCompress, nodeExpand] of FORMATS) {
  test(`${name}: Node reads what we write and the other way round`, () => {
    for (const sample of Object.values(samples)) {
      for (const level of [0, 1, 6, 9]) {
        for (const outputSize of [64, 1000, 300_000]) {
          assert.deepEqual(nodeExpand(run({ mode: compress, level }, sample, { outputSize }).bytes), sample);
          const { status, bytes } = run({ mode: expand }, nodeCompress(sample, { level }), { outputSize });
          assert.equal(status, Z.Z_STREAM_END);
          assert.deepEqual(bytes, sample);
        }
      }
    }
  });
}

test('window, memory level and strategy are honoured', () => {
  for (let windowBits = 9; windowBits <= 15; windowBits++) {
    for (const memLevel of [1, 5, 9]) {
      for (const strategy of [Z.Z_FILTERED, Z.Z_HUFFMAN_ONLY, Z.Z_RLE, Z.Z_FIXED]) {
        const { bytes } = run({ mode: Z.DEFLATE, windowBits, memLevel, strategy }, text);
        assert.deepEqual(zlib.inflateSync(bytes, { windowBits }), text);
      }
    }
  }
  assert.equal(ZlibStream.create(codecs, { mode: Z.DEFLATE, windowBits: 40, level: 6, memLevel: 8, strategy: 0 }), undefined);
});

test('a flush makes everything so far readable', () => {
  for (const flush of [Z.Z_PARTIAL_FLUSH, Z.Z_SYNC_FLUSH, Z.Z_FULL_FLUSH]) {
    const { bytes } = run({ mode: Z.GZIP }, text, { flush });
    assert.deepEqual(zlib.gunzipSync(bytes, { finishFlush: Z.Z_SYNC_FLUSH }), text);
  }
});

test('dictionaries', () => {
  const dictionary = text.subarray(0, 1000);
  const { bytes } = run({ mode: Z.DEFLATE, dictionary }, text);
  assert.deepEqual(zlib.inflateSync(bytes, { dictionary }), text);
  assert.deepEqual(run({ mode: Z.INFLATE, dictionary }, bytes).bytes, text);
  assert.equal(run({ mode: Z.INFLATE }, bytes).status, Z.Z_NEED_DICT);
  assert.equal(run({ mode: Z.INFLATE, dictionary: Buffer.from('another') }, bytes).status, Z.Z_NEED_DICT);
});

test('members of gzip, padding and trailing garbage', () => {
  const member = zlib.gzipSync('ab');
  assert.equal(String(run({ mode: Z.GUNZIP }, Buffer.concat([member, member])).bytes), 'abab');
  assert.equal(run({ mode: Z.GUNZIP, singleMember: true }, Buffer.concat([member, member])).left, member.length);
  assert.equal(run({ mode: Z.GUNZIP }, Buffer.concat([member, Buffer.alloc(9)])).status, Z.Z_STREAM_END);
  const bad = run({ mode: Z.GUNZIP }, Buffer.concat([member, Buffer.from('garbage!!!')]));
  assert.deepEqual([bad.status, bad.message], [Z.Z_DATA_ERROR, 'incorrect header check']);
  assert.equal(String(run({ mode: Z.UNZIP }, member).bytes), 'ab');
  assert.equal(String(run({ mode: Z.UNZIP }, zlib.deflateSync('cd')).bytes), 'cd');
});

test('damaged input is refused as zlib does', () => {
  const good = zlib.gzipSync(text);
  for (const [at, message] of [[0, 'incorrect header check'], [2, 'unknown compression method'], [good.length - 8, 'incorrect data check']]) {
    const damaged = Buffer.from(good);
    damaged[at] ^= 0xff;
    const { status, message: said } = run({ mode: Z.GUNZIP }, damaged);
    assert.deepEqual([status, said], [Z.Z_DATA_ERROR, message]);
  }
  assert.equal(run({ mode: Z.GUNZIP }, good.subarray(0, 40)).status, Z.Z_BUF_ERROR);
});

test('params and reset', () => {
  const stream = ZlibStream.create(codecs, { mode: Z.DEFLATE, windowBits: 15, level: 9, memLevel: 8, strategy: 0 });
  const output = Buffer.alloc(300_000);
  stream.write(Z.Z_SYNC_FLUSH, text, output);
  let end = stream.produced;
  assert.equal(stream.params(0, 0), Z.Z_OK);
  assert.equal(stream.write(Z.Z_FINISH, text, output.subarray(end)), Z.Z_STREAM_END);
  end += stream.produced;
  assert.deepEqual(zlib.inflateSync(output.subarray(0, end)), Buffer.concat([text, text]));
  assert.equal(stream.reset(), Z.Z_OK);
  assert.equal(stream.write(Z.Z_FINISH, text, output), Z.Z_STREAM_END);
  assert.deepEqual(zlib.inflateSync(output.subarray(0, stream.produced)), text);
  stream.free();
});

test('CRC-32', () => {
  assert.equal(codecs.crc32(Buffer.from('123456789'), 0), 0xcbf43926);
  assert.equal(codecs.crc32(Buffer.from('6789'), codecs.crc32(Buffer.from('12345'), 0)), 0xcbf43926);
});

test('every hash and HMAC is what OpenSSL computes', () => {
  const known = new Set(crypto.getHashes().map((name) => name.toLowerCase()));
  let compared = 0;
  for (const [name, algorithm] of wrapper.digestAlgorithms) {
    if (!known.has(name)) continue;
    compared++;
    for (const sample of Object.values(samples)) {
      const options = algorithm.extendable ? { outputLength: 77 } : undefined;
      const hash = wrapper.DigestStream.hash(codecs, algorithm);
      hash.update(sample);
      const fork = hash.fork();
      fork.update(text);
      assert.deepEqual(Buffer.from(hash.finish(options?.outputLength)), crypto.createHash(name, options).update(sample).digest(), name);
      assert.deepEqual(Buffer.from(fork.finish(options?.outputLength)), crypto.createHash(name, options).update(sample).update(text).digest(), name);
      if (algorithm.extendable) continue;
      for (const key of [Buffer.from('key'), text]) {
        const mac = wrapper.DigestStream.hmac(codecs, algorithm, key);
        mac.update(sample);
        assert.deepEqual(Buffer.from(mac.finish()), crypto.createHmac(name, key).update(sample).digest(), name);
      }
    }
  }
  assert.ok(compared >= 12, `only ${compared} algorithms in common`);
});

test('key derivation', () => {
  const password = Buffer.from('password'), salt = Buffer.from('salt'), info = Buffer.from('info');
  for (const name of ['md5', 'sha1', 'sha256', 'sha512']) {
    const algorithm = wrapper.digestAlgorithms.get(name);
    assert.deepEqual(Buffer.from(wrapper.pbkdf2(codecs, algorithm, password, salt, 50, 100)), crypto.pbkdf2Sync(password, salt, 50, 100, name));
    assert.deepEqual(wrapper.hkdf(codecs, algorithm, password, salt, info, 100).buffer, crypto.hkdfSync(name, password, salt, info, 100));
    assert.equal(wrapper.hkdf(codecs, algorithm, password, salt, info, 256 * algorithm.size), undefined);
  }
  assert.deepEqual(Buffer.from(wrapper.scrypt(codecs, password, salt, 1024, 8, 2, 64)), crypto.scryptSync(password, salt, 64, { N: 1024, r: 8, p: 2 }));
});

/** Events of a parser fed with `pieces`, bodies joined. */
function parse(kind, pieces) {
  const parser = new wrapper.HttpParser(codecs, kind, 16384);
  const log = [];
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1');
    for (let at = 0, event; (event = parser.step(bytes, at, bytes.length)) !== wrapper.HTTP_NEED_INPUT; ) {
      at += parser.consumed;
      if (event === wrapper.HTTP_HEADERS_COMPLETE) {
        const { target, reason, fields } = parser.head();
        log.push(['head', target || `${parser.status} ${reason}`, ...fields]);
      } else if (event === wrapper.HTTP_BODY) {
        const body = bytes.toString('latin1', at - parser.bodyLength, at);
        if (log.at(-1)[0] === 'body') log.at(-1)[1] += body;
        else log.push(['body', body]);
      } else if (event === wrapper.HTTP_MESSAGE_COMPLETE) {
        log.push(['done', ...parser.head().fields]);
      } else if (event === wrapper.HTTP_FAILED) {
        log.push(['failed', parser.errorCode, parser.errorReason]);
        return log;
      }
    }
  }
  parser.free();
  return log;
}

test('HTTP messages, however they are cut', () => {
  const request = 'POST /\xe9?q HTTP/1.1\r\nHost: x\r\nX: \xfc\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: 1\r\n\r\n'.replace('/\xe9', '/e');
  const expected = [['head', '/e?q', 'Host', 'x', 'X', '\xfc', 'Transfer-Encoding', 'chunked'], ['body', 'abc'], ['done', 'T', '1']];
  assert.deepEqual(parse(wrapper.HTTP_REQUEST, [request]), expected);
  assert.deepEqual(parse(wrapper.HTTP_REQUEST, [...request]), expected);
  assert.deepEqual(parse(wrapper.HTTP_REQUEST, ['BREW / HTTP/1.1\r\n']), [['failed', 'HPE_INVALID_METHOD', 'Invalid method encountered']]);
  assert.deepEqual(parse(wrapper.HTTP_REQUEST, [`GET /${'a'.repeat(20_000)}`]), [['failed', 'HPE_HEADER_OVERFLOW', 'Header overflow']]);
});
