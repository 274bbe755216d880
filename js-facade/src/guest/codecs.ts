/**
 * The `codecs` module: zlib streams, digests and HTTP/1.1 parsing over raw exports.
 *
 * The host's gateway and Node's bindings share this file. An instance has private memory; everything is copied in and out through
 * scratch of fixed size, so that no call keeps an address across calls that may allocate.
 */

interface CodecExports {
  memory: WebAssembly.Memory;
  memory_alloc(len: number): number;
  memory_free(address: number, len: number): void;
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

/** Bytes that are copied in or out at once. */
const SCRATCH = 64 * 1024;

/** One instance of the module and the scratch through which bytes go in and out. */
export class Codecs {
  readonly exports: CodecExports;
  readonly #input: number;
  readonly #output: number;
  #bytes: Uint8Array;
  #words: Uint32Array;

  /** `exports` are those of an instance of `codecs.wasm`, which imports nothing. */
  constructor(exports: WebAssembly.Exports) {
    this.exports = exports as unknown as CodecExports;
    this.#input = this.exports.memory_alloc(SCRATCH);
    this.#output = this.exports.memory_alloc(SCRATCH);
    this.#bytes = new Uint8Array(this.exports.memory.buffer);
    this.#words = new Uint32Array(this.exports.memory.buffer);
  }

  /** A view of the memory, valid until the next call that may allocate. */
  get bytes(): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.exports.memory.buffer);
    return this.#bytes;
  }

  /** The memory as 32-bit words, valid until the next call that may allocate. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#words = new Uint32Array(this.exports.memory.buffer);
    return this.#words;
  }

  /** Address of the scratch for input. */
  get inputScratch(): number {
    return this.#input;
  }

  /** Address of the scratch for output. */
  get outputScratch(): number {
    return this.#output;
  }

  /** Copies at most {@link scratchSize} bytes in and answers how many. */
  fillInput(source: Uint8Array, from: number, end: number, limit = SCRATCH): number {
    const len = Math.min(end - from, limit, SCRATCH);
    this.bytes.set(source.subarray(from, from + len), this.#input);
    return len;
  }

  /** Copies `source` in by pieces and calls `use(address, len)` for each. */
  forEachPiece(source: Uint8Array, use: (address: number, len: number) => void): void {
    for (let at = 0; at < source.length; ) {
      const len = this.fillInput(source, at, source.length);
      use(this.#input, len);
      at += len;
    }
  }

  /** Calls `use` with the address of a copy of each of `inputs`, and room for `outLen` bytes, and answers those bytes. */
  withCopies(inputs: Uint8Array[], outLen: number, use: (addresses: number[], out: number) => boolean): Uint8Array | undefined {
    const { exports } = this;
    const addresses = inputs.map((bytes) => exports.memory_alloc(bytes.length));
    const out = exports.memory_alloc(outLen);
    inputs.forEach((bytes, i) => this.bytes.set(bytes, addresses[i]));
    this.bytes.fill(0, out, out + outLen);
    const result = use(addresses, out) ? this.bytes.slice(out, out + outLen) : undefined;
    addresses.forEach((address, i) => {
      this.bytes.fill(0, address, address + inputs[i].length);
      exports.memory_free(address, inputs[i].length);
    });
    exports.memory_free(out, outLen);
    return result;
  }

  crc32(data: Uint8Array, value: number): number {
    let crc = value;
    this.forEachPiece(data, (address, len) => {
      crc = this.exports.zlib_crc32(crc, address, len);
    });
    return crc >>> 0;
  }

  /** The text of a C string at `address`. */
  cString(address: number): string {
    const { bytes } = this;
    return latin1(bytes, address, bytes.indexOf(0, address) - address);
  }
}

const instances = new WeakMap<WebAssembly.Exports, Codecs>();

/** The wrapper of an instance; one an instance. */
export function codecsOf(exports: WebAssembly.Exports): Codecs {
  let codecs = instances.get(exports);
  if (codecs === undefined) instances.set(exports, (codecs = new Codecs(exports)));
  return codecs;
}

// --- zlib --------------------------------------------------------------------------------------------

/** `zlib.constants` that steer a {@link ZlibStream}. */
export const Z_NO_FLUSH = 0, Z_FINISH = 4;
export const Z_OK = 0, Z_STREAM_END = 1, Z_BUF_ERROR = -5;

/** Parameters of a stream; `mode` and the others have the numbers of `zlib.constants`. */
export interface ZlibParameters {
  mode: number;
  windowBits: number;
  level: number;
  memLevel: number;
  strategy: number;
  /** Expanding gzip ends with the first member instead of going on with what follows. */
  singleMember?: boolean;
  dictionary?: Uint8Array;
}

/** One compressing or expanding stream. */
export class ZlibStream {
  readonly #codecs: Codecs;
  #address: number;
  /** Input bytes that the last write used. */
  consumed = 0;
  /** Output bytes that the last write made. */
  produced = 0;

  private constructor(codecs: Codecs, address: number) {
    this.#codecs = codecs;
    this.#address = address;
    abandonedStreams.register(this, { codecs, address }, this);
  }

  /** `undefined` if zlib refuses the parameters. */
  static create(codecs: Codecs, parameters: ZlibParameters): ZlibStream | undefined {
    const { mode, windowBits, level, memLevel, strategy, singleMember, dictionary } = parameters;
    const copy = dictionary === undefined ? 0 : codecs.exports.memory_alloc(dictionary.length);
    if (dictionary !== undefined) codecs.bytes.set(dictionary, copy);
    const address = codecs.exports.zlib_new(mode, windowBits, level, memLevel, strategy, singleMember ? 1 : 0, copy, dictionary?.length ?? 0);
    if (dictionary !== undefined) codecs.exports.memory_free(copy, dictionary.length);
    return address === 0 ? undefined : new ZlibStream(codecs, address);
  }

  /** Gives zlib the dictionary of the parameters; answers its status. */
  setDictionary(): number {
    return this.#codecs.exports.zlib_set_dictionary(this.#address);
  }

  /** Works on `input` into `output` until one is exhausted; answers zlib's last status. */
  write(flush: number, input: Uint8Array, output: Uint8Array): number {
    const codecs = this.#codecs;
    const { exports, inputScratch, outputScratch } = codecs;
    this.consumed = 0;
    this.produced = 0;
    for (;;) {
      const outLen = Math.min(output.length - this.produced, SCRATCH);
      // What does not fit into the output is copied again for the next call, so a piece is not much larger than the output.
      const inLen = codecs.fillInput(input, this.consumed, input.length, Math.max(outLen, 4096));
      const last = this.consumed + inLen === input.length;
      const status = exports.zlib_write(this.#address, last ? flush : Z_NO_FLUSH, inputScratch, inLen, outputScratch, outLen);
      const word = this.#address >>> 2;
      const consumed = codecs.words[word];
      const produced = codecs.words[word + 1];
      output.set(codecs.bytes.subarray(outputScratch, outputScratch + produced), this.produced);
      this.consumed += consumed;
      this.produced += produced;
      if (status !== Z_OK && status !== Z_BUF_ERROR && status !== Z_STREAM_END) return status;
      if (this.produced === output.length) return status;
      if (last && consumed === inLen && produced < outLen) return status;
      if (consumed === 0 && produced === 0) return status;
      if (status === Z_STREAM_END && (last || consumed < inLen)) return status;
    }
  }

  /** zlib's own words for its last error. */
  message(): string | undefined {
    const address = this.#codecs.exports.zlib_message(this.#address);
    return address === 0 ? undefined : this.#codecs.cString(address);
  }

  params(level: number, strategy: number): number {
    return this.#codecs.exports.zlib_params(this.#address, level, strategy);
  }

  reset(): number {
    return this.#codecs.exports.zlib_reset(this.#address);
  }

  free(): void {
    if (this.#address === 0) return;
    abandonedStreams.unregister(this);
    this.#codecs.exports.zlib_free(this.#address);
    this.#address = 0;
  }
}

/** Programs drop streams without closing them. */
const abandonedStreams = new FinalizationRegistry<{ codecs: Codecs; address: number }>(({ codecs, address }) => codecs.exports.zlib_free(address));

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

const asciiDecoder = new TextDecoder();

/** Text of bytes that stand for the first 256 characters (`TextDecoder`'s "latin1" is not that). */
function latin1(bytes: Uint8Array, start: number, len: number, ascii = false): string {
  if (len === 0) return '';
  if (ascii && len > 24) return asciiDecoder.decode(bytes.subarray(start, start + len));
  let text = '';
  for (let i = start; i < start + len; i++) text += String.fromCharCode(bytes[i]);
  return text;
}
