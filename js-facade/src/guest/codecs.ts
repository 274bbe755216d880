/**
 * The `codecs` module: digests and HTTP/1.1 parsing over raw exports; `zlib.ts` has its zlib streams.
 *
 * The host's gateway and Node's bindings share this file.
 */

import { latin1, ModuleMemory, SCRATCH } from './module-memory';

interface CodecExports {
  zlib_new(mode: number, windowBits: number, level: number, memLevel: number, strategy: number, singleMember: number, dictionary: number, dictionaryLen: number): number;
  zlib_set_dictionary(zlib: number): number;
  zlib_write(zlib: number, flush: number, input: number, inputLen: number, output: number, outputLen: number): number;
  zlib_message(zlib: number): number;
  zlib_params(zlib: number, level: number, strategy: number): number;
  zlib_reset(zlib: number): number;
  zlib_free(zlib: number): number;
  zlib_crc32(crc: number, address: number, len: number): number;
  digest_new(algorithm: number): number;
  digest_new_hmac(algorithm: number, key: number, keyLen: number): number;
  digest_update(digest: number, address: number, len: number): void;
  digest_finish(digest: number, address: number, len: number): void;
  digest_fork(digest: number): number;
  digest_free(digest: number): void;
  kdf_pbkdf2(algorithm: number, password: number, passwordLen: number, salt: number, saltLen: number, iterations: number, out: number, outLen: number): number;
  kdf_hkdf(algorithm: number, key: number, keyLen: number, salt: number, saltLen: number, info: number, infoLen: number, out: number, outLen: number): number;
  kdf_scrypt(password: number, passwordLen: number, salt: number, saltLen: number, logN: number, r: number, p: number, out: number, outLen: number): number;
  http_new(kind: number, maxHeaderBytes: number, lenient: number): number;
  http_step(http: number, address: number, len: number): number;
  http_set_body_policy(http: number, policy: number): void;
  http_body_run(http: number): number;
  http_skip_body(http: number, n: number): void;
  http_finish(http: number): number;
  http_free(http: number): void;
}

/** One instance of the module. */
export class Codecs extends ModuleMemory<CodecExports> {
  crc32(data: Uint8Array, value: number): number {
    let crc = value;
    this.forEachPiece(data, (address, len) => {
      crc = this.exports.zlib_crc32(crc, address, len);
    });
    return crc >>> 0;
  }
}

const instances = new WeakMap<WebAssembly.Exports, Codecs>();

/** The wrapper of an instance; one an instance. */
export function codecsOf(exports: WebAssembly.Exports): Codecs {
  let codecs = instances.get(exports);
  if (codecs === undefined) instances.set(exports, (codecs = new Codecs(exports)));
  return codecs;
}

// --- digests -----------------------------------------------------------------------------------------

/** Algorithms in the order of the wasm module's numbers, with the length of a digest in bytes. */
const ALGORITHMS = [
  ['md5', 16], ['sha1', 20], ['sha224', 28], ['sha256', 32], ['sha384', 48], ['sha512', 64], ['sha512-224', 28],
  ['sha512-256', 32], ['ripemd160', 20], ['sha3-224', 28], ['sha3-256', 32], ['sha3-384', 48], ['sha3-512', 64],
  ['blake2b512', 64], ['blake2s256', 32], ['shake128', 16], ['shake256', 32],
] as const;

/** One hash function. `extendable` ones answer any length, `size` is their default. */
export interface DigestAlgorithm { readonly name: string; readonly number: number; readonly size: number; readonly extendable: boolean }

/** Algorithms by OpenSSL's name in lower case, aliases not included. */
export const digestAlgorithms: ReadonlyMap<string, DigestAlgorithm> = new Map(
  ALGORITHMS.map(([name, size], number) => [name, { name, number, size, extendable: name.startsWith('shake') }]),
);

/** A hash or HMAC under way. It is freed by {@link finish}, or by {@link free} if it never gets there. */
export class DigestStream {
  readonly #codecs: Codecs;
  #address: number;

  private constructor(codecs: Codecs, readonly algorithm: DigestAlgorithm, address: number) {
    this.#codecs = codecs;
    this.#address = address;
    abandonedDigests.register(this, { codecs, address }, this);
  }

  static hash(codecs: Codecs, algorithm: DigestAlgorithm): DigestStream {
    return new DigestStream(codecs, algorithm, codecs.exports.digest_new(algorithm.number));
  }

  /** `undefined` if the algorithm has no HMAC. */
  static hmac(codecs: Codecs, algorithm: DigestAlgorithm, key: Uint8Array): DigestStream | undefined {
    const copy = codecs.exports.memory_alloc(key.length);
    codecs.bytes.set(key, copy);
    const address = codecs.exports.digest_new_hmac(algorithm.number, copy, key.length);
    codecs.bytes.fill(0, copy, copy + key.length);
    codecs.exports.memory_free(copy, key.length);
    return address === 0 ? undefined : new DigestStream(codecs, algorithm, address);
  }

  update(data: Uint8Array): void {
    this.#codecs.forEachPiece(data, (address, len) => this.#codecs.exports.digest_update(this.#address, address, len));
  }

  fork(): DigestStream {
    return new DigestStream(this.#codecs, this.algorithm, this.#codecs.exports.digest_fork(this.#address));
  }

  /** The digest; `length` counts only for extendable algorithms. */
  finish(length = this.algorithm.size): Uint8Array {
    const codecs = this.#codecs;
    const room = length <= SCRATCH ? codecs.outputScratch : codecs.exports.memory_alloc(length);
    codecs.exports.digest_finish(this.#address, room, length);
    this.#address = 0;
    abandonedDigests.unregister(this);
    const result = codecs.bytes.slice(room, room + length);
    if (length > SCRATCH) codecs.exports.memory_free(room, length);
    return result;
  }

  free(): void {
    if (this.#address === 0) return;
    abandonedDigests.unregister(this);
    this.#codecs.exports.digest_free(this.#address);
    this.#address = 0;
  }
}

/** Programs drop hashes without finishing them. */
const abandonedDigests = new FinalizationRegistry<{ codecs: Codecs; address: number }>(({ codecs, address }) => codecs.exports.digest_free(address));

/** `undefined` if the algorithm has no HMAC. */
export function pbkdf2(codecs: Codecs, algorithm: DigestAlgorithm, password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Uint8Array | undefined {
  return codecs.withCopies([password, salt], length, ([p, s], out) =>
    Boolean(codecs.exports.kdf_pbkdf2(algorithm.number, p, password.length, s, salt.length, iterations, out, length)));
}

/** `undefined` if the algorithm has no HMAC, or `length` is more than 255 digests. */
export function hkdf(codecs: Codecs, algorithm: DigestAlgorithm, key: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array | undefined {
  return codecs.withCopies([key, salt, info], length, ([k, s, i], out) =>
    Boolean(codecs.exports.kdf_hkdf(algorithm.number, k, key.length, s, salt.length, i, info.length, out, length)));
}

/** `undefined` if the parameters are not valid. `cost` is a power of two. */
export function scrypt(codecs: Codecs, password: Uint8Array, salt: Uint8Array, cost: number, blockSize: number, parallelization: number, length: number): Uint8Array | undefined {
  return codecs.withCopies([password, salt], length, ([p, s], out) =>
    Boolean(codecs.exports.kdf_scrypt(p, password.length, s, salt.length, Math.log2(cost), blockSize, parallelization, out, length)));
}

// --- HTTP --------------------------------------------------------------------------------------------

/** What {@link HttpParser.step} came to. */
export const HTTP_NEED_INPUT = 0, HTTP_MESSAGE_BEGIN = 1, HTTP_HEADERS_COMPLETE = 2, HTTP_BODY = 3, HTTP_MESSAGE_COMPLETE = 4,
  HTTP_UPGRADE = 5, HTTP_FAILED = 6;

/** Kinds of parsers, Node's numbers. */
export const HTTP_REQUEST = 1, HTTP_RESPONSE = 2;

/** llhttp's methods by number; `PRI` and those of RTSP are not for HTTP. */
export const HTTP_METHODS = [
  'DELETE', 'GET', 'HEAD', 'POST', 'PUT', 'CONNECT', 'OPTIONS', 'TRACE', 'COPY', 'LOCK', 'MKCOL', 'MOVE', 'PROPFIND', 'PROPPATCH',
  'SEARCH', 'UNLOCK', 'BIND', 'REBIND', 'UNBIND', 'ACL', 'REPORT', 'MKACTIVITY', 'CHECKOUT', 'MERGE', 'M-SEARCH', 'NOTIFY', 'SUBSCRIBE',
  'UNSUBSCRIBE', 'PATCH', 'PURGE', 'MKCALENDAR', 'LINK', 'UNLINK', 'SOURCE', 'PRI', 'DESCRIBE', 'ANNOUNCE', 'SETUP', 'PLAY', 'PAUSE',
  'TEARDOWN', 'GET_PARAMETER', 'SET_PARAMETER', 'REDIRECT', 'RECORD', 'FLUSH', 'QUERY',
];

/** Word offsets in the object that the wasm module shows after each call: `HttpParser` of `wosix-wasm/codecs/src/http.rs`. */
const W_CONSUMED = 0, W_BODY_LEN = 1, W_TEXT = 2, W_TEXT_LEN = 3, W_FIELDS = 4, W_FIELD_COUNT = 5, W_TARGET = 6, W_REASON = 8,
  W_METHOD = 10, W_STATUS = 11, W_MAJOR = 12, W_MINOR = 13, W_UPGRADE = 14, W_KEEP_ALIVE = 15, W_ASCII = 16, W_ERROR_CODE = 17,
  W_ERROR_REASON = 19;

/** An incremental parser of one direction of a connection; see `wosix-core/src/net/http.rs`. */
export class HttpParser {
  readonly #codecs: Codecs;
  #address: number;

  constructor(codecs: Codecs, readonly kind: number, maxHeaderBytes: number, lenient = 0) {
    this.#codecs = codecs;
    this.#address = codecs.exports.http_new(kind, maxHeaderBytes, lenient);
  }

  /** Bytes that the last step dealt with. */
  get consumed(): number { return this.#word(W_CONSUMED); }
  /** How many bytes at the end of the consumed ones are body, after `HTTP_BODY`. */
  get bodyLength(): number { return this.#word(W_BODY_LEN); }
  get method(): number { return this.#word(W_METHOD); }
  get status(): number { return this.#word(W_STATUS); }
  get versionMajor(): number { return this.#word(W_MAJOR); }
  get versionMinor(): number { return this.#word(W_MINOR); }
  get upgrade(): boolean { return this.#word(W_UPGRADE) !== 0; }
  get keepAlive(): boolean { return this.#word(W_KEEP_ALIVE) !== 0; }
  /** llhttp's name of the error, after `HTTP_FAILED`. */
  get errorCode(): string { return this.#text(W_ERROR_CODE); }
  get errorReason(): string { return this.#text(W_ERROR_REASON); }

  /**
   * Goes on in `input[from, end)` to the next event. Call again after `consumed` bytes until it answers `HTTP_NEED_INPUT` with nothing
   * left, not just until nothing is left: the end of a message whose last byte is taken is an event of its own. With a lot of
   * input `HTTP_NEED_INPUT` may come early, as input is copied in pieces.
   */
  step(input: Uint8Array, from: number, end: number): number {
    const codecs = this.#codecs;
    const len = codecs.fillInput(input, from, end);
    return codecs.exports.http_step(this.#address, codecs.inputScratch, len);
  }

  /** Answers `HTTP_HEADERS_COMPLETE`: 1 = there is no body, 2 = and another protocol follows. */
  setBodyPolicy(policy: number): void {
    this.#codecs.exports.http_set_body_policy(this.#address, policy);
  }

  /** Bytes of body that follow for sure; take them without {@link step} and tell by {@link skipBody}. */
  bodyRun(): number {
    return this.#codecs.exports.http_body_run(this.#address);
  }

  skipBody(n: number): void {
    this.#codecs.exports.http_skip_body(this.#address, n);
  }

  /** The connection has ended; answers `HTTP_MESSAGE_COMPLETE`, `HTTP_FAILED` or `HTTP_NEED_INPUT` for neither. */
  finish(): number {
    return this.#codecs.exports.http_finish(this.#address);
  }

  /** Target (or reason phrase) and fields as `[name, value, ...]`, decoded as Latin-1. */
  head(): { target: string; reason: string; fields: string[] } {
    const { words, bytes } = this.#codecs;
    const word = this.#address >>> 2;
    const address = words[word + W_TEXT];
    const text = latin1(bytes, address, words[word + W_TEXT_LEN], words[word + W_ASCII] !== 0);
    const slice = (at: number) => text.substring(words[at], words[at] + words[at + 1]);
    const count = words[word + W_FIELD_COUNT] * 2;
    const first = words[word + W_FIELDS] >>> 2;
    const fields: string[] = new Array(count);
    for (let i = 0; i < count; i++) fields[i] = slice(first + 2 * i);
    return { target: slice(word + W_TARGET), reason: slice(word + W_REASON), fields };
  }

  free(): void {
    if (this.#address === 0) return;
    this.#codecs.exports.http_free(this.#address);
    this.#address = 0;
  }

  #word(offset: number): number {
    return this.#codecs.words[(this.#address >>> 2) + offset];
  }

  #text(offset: number): string {
    return latin1(this.#codecs.bytes, this.#word(offset), this.#word(offset + 1));
  }
}
