/** Hash functions by the names that OpenSSL knows them under. */

import type { DigestAlgorithm } from '../../../codecs';
import { digestAlgorithms } from '../../../codecs';

/** What `crypto.getHashes()` lists: Node's list without those that this build cannot compute (MD5-SHA1, SM3). */
export const HASH_NAMES: readonly string[] = [
  'RSA-MD5', 'RSA-RIPEMD160', 'RSA-SHA1', 'RSA-SHA1-2', 'RSA-SHA224', 'RSA-SHA256', 'RSA-SHA3-224', 'RSA-SHA3-256', 'RSA-SHA3-384',
  'RSA-SHA3-512', 'RSA-SHA384', 'RSA-SHA512', 'RSA-SHA512/224', 'RSA-SHA512/256', 'blake2b512', 'blake2s256',
  'id-rsassa-pkcs1-v1_5-with-sha3-224', 'id-rsassa-pkcs1-v1_5-with-sha3-256', 'id-rsassa-pkcs1-v1_5-with-sha3-384',
  'id-rsassa-pkcs1-v1_5-with-sha3-512', 'md5', 'md5WithRSAEncryption', 'ripemd', 'ripemd160', 'ripemd160WithRSA', 'rmd160', 'sha1',
  'sha1WithRSAEncryption', 'sha224', 'sha224WithRSAEncryption', 'sha256', 'sha256WithRSAEncryption', 'sha3-224', 'sha3-256', 'sha3-384',
  'sha3-512', 'sha384', 'sha384WithRSAEncryption', 'sha512', 'sha512-224', 'sha512-224WithRSAEncryption', 'sha512-256',
  'sha512-256WithRSAEncryption', 'sha512WithRSAEncryption', 'shake128', 'shake256', 'ssl3-md5', 'ssl3-sha1',
];

/** What is not covered by dropping the parts that name a signature scheme. */
const ALIASES: Record<string, string> = {
  ripemd: 'ripemd160', rmd160: 'ripemd160', 'ripemd-160': 'ripemd160', 'sha1-2': 'sha1', 'sha-1': 'sha1', 'sha-224': 'sha224', 'sha2-224': 'sha224',
  'sha-256': 'sha256', 'sha2-256': 'sha256', 'sha-384': 'sha384', 'sha2-384': 'sha384', 'sha-512': 'sha512', 'sha2-512': 'sha512',
  'sha512/224': 'sha512-224', 'sha-512/224': 'sha512-224', 'sha2-512/224': 'sha512-224', 'sha512/256': 'sha512-256',
  'sha-512/256': 'sha512-256', 'sha2-512/256': 'sha512-256', 'blake2b-512': 'blake2b512', 'blake2s-256': 'blake2s256',
  'shake-128': 'shake128', 'shake-256': 'shake256',
};

/** The hash function called `name`, in any case. */
export function findAlgorithm(name: string): DigestAlgorithm | undefined {
  const plain = name.toLowerCase().replace(/^(rsa-|ssl3-|id-rsassa-pkcs1-v1_5-with-)/, '').replace(/withrsa(encryption)?$/, '');
  return digestAlgorithms.get(ALIASES[plain] ?? plain);
}
