/** `CipherBase`: symmetric encryption and decryption by pieces, and `getCipherInfo`. */

import type { Environment } from '../../environment';
import type { CipherAlgorithm } from './cipher-table';
import { CIPHER_NAMES, findCipher } from './cipher-table';
import { cryptoModule, NativeObject, UnexplainedFailure } from './module';
import type { ByteSource } from './support';
import { bytesOfData, bytesOfSource, encodeResult, fillRandom, nodeError } from './support';

/** OpenSSL counts in `int`. */
const INT_MAX = 0x7fffffff;
/** All bits of CTR's counter count. */
const COUNTER_BITS = 128;
/** Bytes that go into the module at once. */
const PIECE = 1 << 20;
/** The longest initialization vector that OpenSSL takes for GCM. */
const GCM_IV_MAX = 128;
/** What `authTagLength` is when the program gave none. */
const NO_TAG_LENGTH = -1;

const isAuthenticated = ({ mode }: CipherAlgorithm) => mode === 'gcm' || mode === 'ccm' || mode === 'ocb' || mode === 'poly1305';

const isGcmTagLength = (length: number) => length === 4 || length === 8 || (length >= 12 && length <= 16);

/** Whether an authenticated cipher takes an initialization vector of this length. */
function isIvLength({ mode, ivLength }: CipherAlgorithm, length: number): boolean {
  switch (mode) {
    case 'gcm': return length >= 1 && length <= GCM_IV_MAX;
    case 'ccm': return length >= 7 && length <= 13;
    case 'ocb': return length >= 1 && length <= 15;
    case 'poly1305': return length >= 1 && length <= ivLength;
    default: return length === ivLength;
  }
}

/** Whether an authenticated cipher other than GCM makes tags of this length. */
function isTagLength({ mode }: CipherAlgorithm, length: number): boolean {
  if (mode === 'ccm') return length >= 4 && length <= 16 && length % 2 === 0;
  return length >= (mode === 'ocb' ? 0 : 1) && length <= 16;
}

const invalidIv = () => nodeError(new TypeError('Invalid initialization vector'), 'ERR_CRYPTO_INVALID_IV');
const invalidTag = (message: string) => nodeError(new TypeError(message), 'ERR_CRYPTO_INVALID_AUTH_TAG');
const invalidTagLength = (length: number) => invalidTag(`Invalid authentication tag length: ${length}`);

/** What `compute` answers; a failure that OpenSSL has no words for gets `message`. */
function explained<T>(message: string, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw error instanceof UnexplainedFailure ? new Error(message) : error;
  }
}

/** The mode as `getCipherInfo` tells it. */
function modeLabel({ mode }: CipherAlgorithm): string {
  if (mode.startsWith('cfb')) return 'cfb';
  if (mode.includes('wrap')) return 'wrap';
  return mode === 'poly1305' ? 'stream' : mode;
}

interface CipherInfo { mode: string; name: string; nid: number; keyLength: number; blockSize?: number; ivLength?: number }

function cipherInfo(name: string | number, keyLength?: number, ivLength?: number): CipherInfo | undefined {
  const algorithm = findCipher(name);
  if (algorithm === undefined) return undefined;
  if (keyLength !== undefined && keyLength !== algorithm.keyLength) return undefined;
  if (ivLength !== undefined) {
    const variable = algorithm.mode === 'gcm' || algorithm.mode === 'ccm' || algorithm.mode === 'ocb';
    if (variable ? !isIvLength(algorithm, ivLength) : ivLength !== algorithm.ivLength) return undefined;
  }
  const mode = modeLabel(algorithm);
  const length = ivLength ?? algorithm.ivLength;
  return {
    mode, name: algorithm.shortName, nid: algorithm.nid, keyLength: algorithm.keyLength,
    blockSize: mode === 'stream' ? undefined : algorithm.blockSize, ivLength: length === 0 ? undefined : length,
  };
}

/** `(info, name, keyLength, ivLength)` fills `info`; without it (Node 26) the answer is an object of its own, with its name in small letters. */
function getCipherInfo(...args: unknown[]): object | undefined {
  const target = typeof args[0] === 'object' ? args.shift() as object : undefined;
  const info = cipherInfo(...(args as Parameters<typeof cipherInfo>));
  if (info === undefined) return undefined;
  const { mode, name, nid, keyLength, blockSize, ivLength } = info;
  if (target === undefined) return { __proto__: null, mode, name: name.toLowerCase(), nid, keyLength, blockSize, ivLength };
  const lengths = { ...(blockSize === undefined ? {} : { blockSize }), ...(ivLength === undefined ? {} : { ivLength }) };
  return Object.assign(target, { mode, name, nid, ...lengths, keyLength });
}

export function cipherBindings(env: Environment): Record<string, unknown> {
  class CipherBase {
    readonly #encrypt: boolean;
    readonly #algorithm: CipherAlgorithm;
    readonly #authenticated: boolean;
    /** Unset once the cipher has ended. */
    #native: NativeObject | undefined;
    #tagLength: number;
    /** When encrypting the tag, once it is known; when decrypting the one to check. */
    #tag: Uint8Array | undefined;
    /** Whether the module knows the tag to check. */
    #tagPassed = false;
    /** CCM finds out about a wrong tag in `update`, but `final` has to tell. */
    #authenticationFailed = false;
    #maxMessage = INT_MAX;

    constructor(encrypt: boolean, name: string, key: ByteSource, iv: ByteSource | null, tagLength: number) {
      const algorithm = findCipher(name);
      if (algorithm === undefined) throw nodeError(new Error('Unknown cipher'), 'ERR_CRYPTO_UNKNOWN_CIPHER');
      this.#encrypt = encrypt;
      this.#algorithm = algorithm;
      this.#authenticated = isAuthenticated(algorithm);

      let ivBytes = iv === null ? new Uint8Array(0) : bytesOfSource(iv);
      const hasIv = ivBytes.length > 0;
      if (!hasIv && algorithm.ivLength !== 0) throw invalidIv();
      if (!this.#authenticated && hasIv && ivBytes.length !== algorithm.ivLength) throw invalidIv();
      if (this.#authenticated && !isIvLength(algorithm, ivBytes.length)) throw invalidIv();
      this.#tagLength = this.#authenticated ? this.#checkTagLength(name, tagLength) : NO_TAG_LENGTH;
      const keyBytes = bytesOfSource(key);
      if (keyBytes.length !== algorithm.keyLength) throw nodeError(new RangeError('Invalid key length'), 'ERR_CRYPTO_INVALID_KEYLEN');

      if (algorithm.mode === 'ccm') {
        if (ivBytes.length === 12) this.#maxMessage = 0xffffff;
        if (ivBytes.length === 13) this.#maxMessage = 0xffff;
      }
      // The wrap chooses its own initialization vector, at random.
      if (algorithm.mode === 'des-wrap' && encrypt) fillRandom(env, (ivBytes = new Uint8Array(8)));
      const module = cryptoModule(env);
      const { family, modeNumber } = algorithm;
      const size = algorithm.mode === 'ctr' ? COUNTER_BITS : Math.max(this.#tagLength, 0);
      const address = module.number('cipher_new', family, modeNumber, encrypt, keyBytes, ivBytes, size);
      this.#native = new NativeObject(module, address, 'cipher_free');
    }

    update(data: string | ArrayBufferView, encoding?: string): unknown {
      const native = this.#native;
      const bytes = bytesOfData(env, data, encoding);
      const { mode, blockSize } = this.#algorithm;
      if (native === undefined || bytes.length > INT_MAX - blockSize) throw new Error('Trying to add data in unsupported state');
      if (bytes.length > this.#maxMessage) throw nodeError(new RangeError('Invalid message length'), 'ERR_CRYPTO_INVALID_MESSAGELEN');
      this.#passTag(native);
      if (mode === 'ccm' && !this.#encrypt) return encodeResult(env, this.#decryptAtOnce(native, bytes));
      return encodeResult(env, explained('Trying to add data in unsupported state', () => this.#updateByPieces(native, bytes)));
    }

    final(): unknown {
      const native = this.#native;
      if (native === undefined) throw nodeError(new Error('Invalid state'), 'ERR_CRYPTO_INVALID_STATE');
      this.#native = undefined;
      try {
        return encodeResult(env, explained(
          this.#authenticated ? 'Unsupported state or unable to authenticate data' : 'Unsupported state',
          () => this.#finish(native),
        ));
      } finally {
        native.free();
      }
    }

    setAutoPadding(on: boolean): boolean {
      const native = this.#native;
      native?.module.plain('cipher_set_padding', native.address, on);
      return native !== undefined;
    }

    getAuthTag(): unknown {
      if (this.#native !== undefined || !this.#encrypt || this.#tag === undefined) return undefined;
      return encodeResult(env, this.#tag.slice());
    }

    setAuthTag(tag: ByteSource): boolean {
      if (this.#native === undefined || !this.#authenticated || this.#encrypt || this.#tag !== undefined) return false;
      const bytes = bytesOfSource(tag);
      const matches = this.#tagLength === NO_TAG_LENGTH || this.#tagLength === bytes.length;
      if (!matches || (this.#algorithm.mode === 'gcm' && !isGcmTagLength(bytes.length))) throw invalidTagLength(bytes.length);
      if (this.#algorithm.mode === 'gcm' && this.#tagLength === NO_TAG_LENGTH && bytes.length < 16) {
        env.process.emitWarning(
          'Using AES-GCM authentication tags of less than 128 bits without specifying the authTagLength option when initializing ' +
          'decryption is deprecated.', 'DeprecationWarning', 'DEP0182');
      }
      this.#tagLength = bytes.length;
      this.#tag = bytes.slice();
      return true;
    }

    setAAD(data: ByteSource, plaintextLength: number): boolean {
      const native = this.#native;
      if (native === undefined || !this.#authenticated) return false;
      const bytes = bytesOfSource(data);
      if (this.#algorithm.mode === 'ccm') {
        if (plaintextLength < 0) throw nodeError(new TypeError('options.plaintextLength required for CCM mode with AAD'), 'ERR_MISSING_ARGS');
        if (plaintextLength > this.#maxMessage) throw nodeError(new RangeError('Invalid message length'), 'ERR_CRYPTO_INVALID_MESSAGELEN');
        if (!this.#encrypt) {
          this.#passTag(native);
        }
        native.module.plain('cipher_set_message_len', native.address, plaintextLength);
      }
      try {
        native.module.bytes('cipher_authenticate', native.address, bytes);
        return true;
      } catch (error) {
        if (error instanceof UnexplainedFailure) return false;
        throw error;
      }
    }

    #checkTagLength(name: string, length: number): number {
      const { mode } = this.#algorithm;
      if (mode === 'gcm') {
        if (length !== NO_TAG_LENGTH && !isGcmTagLength(length)) throw invalidTagLength(length);
        return length;
      }
      if (length === NO_TAG_LENGTH) {
        if (mode !== 'poly1305') throw invalidTag(`authTagLength required for ${name}`);
        return 16;
      }
      if (!isTagLength(this.#algorithm, length)) throw invalidTagLength(length);
      return length;
    }

    /** Gives the module the tag to check, once. */
    #passTag(native: NativeObject): void {
      if (this.#encrypt || this.#tag === undefined || this.#tagPassed) return;
      native.module.plain('cipher_set_tag', native.address, this.#tag);
      this.#tagPassed = true;
    }

    #updateByPieces(native: NativeObject, bytes: Uint8Array): Uint8Array {
      const { mode, blockSize } = this.#algorithm;
      const whole = mode === 'ccm' || mode === 'xts' || mode.includes('wrap');
      if (whole || bytes.length <= PIECE) return native.module.bytes('cipher_update', native.address, bytes);
      const room = new Uint8Array(bytes.length + blockSize);
      let length = 0;
      for (let at = 0; at < bytes.length; at += PIECE) {
        const piece = native.module.bytes('cipher_update', native.address, bytes.subarray(at, at + PIECE));
        room.set(piece, length);
        length += piece.length;
      }
      return room.slice(0, length);
    }

    #decryptAtOnce(native: NativeObject, bytes: Uint8Array): Uint8Array {
      try {
        return native.module.bytes('cipher_update', native.address, bytes);
      } catch (error) {
        if (!(error instanceof UnexplainedFailure)) throw error;
        this.#authenticationFailed = true;
        return new Uint8Array(0);
      }
    }

    #finish(native: NativeObject): Uint8Array {
      const { module, address } = native;
      const ccmDecrypts = this.#algorithm.mode === 'ccm' && !this.#encrypt;
      if (ccmDecrypts) {
        if (this.#authenticationFailed) throw new UnexplainedFailure();
        return new Uint8Array(0);
      }
      this.#passTag(native);
      const rest = module.bytes('cipher_finish', address);
      if (this.#authenticated && this.#encrypt) {
        if (this.#tagLength === NO_TAG_LENGTH) this.#tagLength = 16;
        this.#tag = module.bytes('cipher_tag', address).subarray(0, this.#tagLength);
      }
      return rest;
    }
  }

  return { CipherBase, getCipherInfo, getCiphers: () => [...CIPHER_NAMES] };
}
