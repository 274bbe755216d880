/** Ciphers by the names that OpenSSL knows them under. */

/** One cipher; lengths in bytes. */
export interface CipherAlgorithm {
  /** OpenSSL's short name, as `getCipherInfo()` tells it. */
  readonly name: string;
  readonly nid: number;
  /** Number of the block cipher in `wosix-wasm/crypto/src/block.rs`. */
  readonly family: number;
  readonly mode: 'cbc';
  readonly keyLength: number;
  readonly ivLength: number;
  readonly blockSize: number;
}

const AES = 0;

const ALGORITHMS: CipherAlgorithm[] = [
  { name: 'aes-128-cbc', nid: 419, family: AES, mode: 'cbc', keyLength: 16, ivLength: 16, blockSize: 16 },
  { name: 'aes-192-cbc', nid: 423, family: AES, mode: 'cbc', keyLength: 24, ivLength: 16, blockSize: 16 },
  { name: 'aes-256-cbc', nid: 427, family: AES, mode: 'cbc', keyLength: 32, ivLength: 16, blockSize: 16 },
];

const byName = new Map(ALGORITHMS.map((algorithm) => [algorithm.name, algorithm]));

/** What `crypto.getCiphers()` lists. */
export const CIPHER_NAMES: readonly string[] = [...byName.keys()].sort();

/** The cipher called `name`, in any case. */
export function findCipher(name: string): CipherAlgorithm | undefined {
  return byName.get(name.toLowerCase());
}
