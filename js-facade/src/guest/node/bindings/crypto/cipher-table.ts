/** Ciphers by the names that OpenSSL knows them under. */

/** How a cipher is used on a message; `cfb8` and `cfb1` count as `cfb` for programs, and the wraps as `wrap`. */
export type CipherMode =
  | 'ecb' | 'cbc' | 'ctr' | 'cfb' | 'cfb8' | 'cfb1' | 'ofb' | 'gcm' | 'ccm' | 'ocb' | 'xts' | 'wrap' | 'wrap-pad' | 'des-wrap' | 'stream' | 'poly1305';

/** The modes by their numbers in `wosix-wasm/crypto/src/cipher.rs`. */
const MODES: readonly CipherMode[] = [
  'ecb', 'cbc', 'ctr', 'cfb', 'cfb8', 'cfb1', 'ofb', 'gcm', 'ccm', 'ocb', 'xts', 'wrap', 'wrap-pad', 'des-wrap', 'stream', 'poly1305',
];

/** Numbers of the block ciphers in `wosix-wasm/crypto/src/block.rs`. */
const AES = 0, ARIA = 1, CAMELLIA = 2, SM4 = 3, TRIPLE_DES = 4;

/** One cipher; lengths in bytes. */
export interface CipherAlgorithm {
  /** The names that `crypto.getCiphers()` lists. */
  readonly names: readonly string[];
  /** OpenSSL's short name, as `crypto.getCipherInfo()` tells it, and its number. */
  readonly shortName: string;
  readonly nid: number;
  readonly family: number;
  readonly mode: CipherMode;
  readonly modeNumber: number;
  readonly keyLength: number;
  /** 0 if there is no initialization vector. Authenticated modes take others, too. */
  readonly ivLength: number;
  /** 1 for modes that take any number of bytes. */
  readonly blockSize: number;
}

const algorithms: CipherAlgorithm[] = [];

function add(family: number, mode: CipherMode, keyLength: number, ivLength: number, blockSize: number, nid: number, ...names: string[]): void {
  const shortName = names.find((name) => name.startsWith('id-')) ?? names[0];
  algorithms.push({ names, shortName, nid, family, mode, modeNumber: MODES.indexOf(mode), keyLength, ivLength, blockSize });
}

/** OpenSSL's numbers of the ciphers with keys of 128, 192 and 256 bits. */
const SIZED: [family: number, name: string, Partial<Record<CipherMode, number[]>>][] = [
  [AES, 'aes', {
    ecb: [418, 422, 426], cbc: [419, 423, 427], ctr: [904, 905, 906], cfb: [421, 425, 429], cfb8: [653, 654, 655], cfb1: [650, 651, 652],
    ofb: [420, 424, 428], gcm: [895, 898, 901], ccm: [896, 899, 902], ocb: [958, 959, 960], 'wrap': [788, 789, 790], 'wrap-pad': [897, 900, 903],
  }],
  [ARIA, 'aria', {
    ecb: [1065, 1070, 1075], cbc: [1066, 1071, 1076], ctr: [1069, 1074, 1079], cfb: [1067, 1072, 1077], cfb8: [1083, 1084, 1085],
    cfb1: [1080, 1081, 1082], ofb: [1068, 1073, 1078], gcm: [1123, 1124, 1125], ccm: [1120, 1121, 1122],
  }],
  [CAMELLIA, 'camellia', {
    ecb: [754, 755, 756], cbc: [751, 752, 753], ctr: [963, 967, 971], cfb: [757, 758, 759], cfb8: [763, 764, 765], cfb1: [760, 761, 762],
    ofb: [766, 767, 768],
  }],
];

for (const [family, name, modes] of SIZED) {
  for (const [mode, nids] of Object.entries(modes) as [CipherMode, number[]][]) {
    nids.forEach((nid, i) => {
      const bits = 128 + 64 * i;
      const keyLength = bits / 8;
      if (mode === 'wrap' || mode === 'wrap-pad') {
        add(family, mode, keyLength, mode === 'wrap' ? 8 : 4, 8, nid, `${name}${bits}-${mode}`, `id-${name}${bits}-${mode}`);
        return;
      }
      const authenticated = mode === 'gcm' || mode === 'ccm' || mode === 'ocb';
      const ivLength = mode === 'ecb' ? 0 : authenticated ? 12 : 16;
      const blockSize = mode === 'ecb' || mode === 'cbc' || mode === 'ocb' ? 16 : 1;
      const names = [`${name}-${bits}-${mode}`];
      if (mode === 'cbc') names.push(`${name}${bits}`);
      if (family === AES && (mode === 'gcm' || mode === 'ccm')) names.push(`id-aes${bits}-${mode.toUpperCase()}`);
      add(family, mode, keyLength, ivLength, blockSize, nid, ...names);
    });
  }
}

add(AES, 'xts', 32, 16, 1, 913, 'aes-128-xts');
add(AES, 'xts', 64, 16, 1, 914, 'aes-256-xts');

add(TRIPLE_DES, 'ecb', 16, 0, 8, 32, 'des-ede', 'des-ede-ecb');
add(TRIPLE_DES, 'cbc', 16, 8, 8, 43, 'des-ede-cbc');
add(TRIPLE_DES, 'cfb', 16, 8, 1, 60, 'des-ede-cfb');
add(TRIPLE_DES, 'ofb', 16, 8, 1, 62, 'des-ede-ofb');
add(TRIPLE_DES, 'ecb', 24, 0, 8, 33, 'des-ede3', 'des-ede3-ecb');
add(TRIPLE_DES, 'cbc', 24, 8, 8, 44, 'des-ede3-cbc', 'des3');
add(TRIPLE_DES, 'cfb', 24, 8, 1, 61, 'des-ede3-cfb');
add(TRIPLE_DES, 'cfb1', 24, 8, 1, 658, 'des-ede3-cfb1');
add(TRIPLE_DES, 'cfb8', 24, 8, 1, 659, 'des-ede3-cfb8');
add(TRIPLE_DES, 'ofb', 24, 8, 1, 63, 'des-ede3-ofb');
add(TRIPLE_DES, 'des-wrap', 24, 0, 8, 246, 'des3-wrap', 'id-smime-alg-CMS3DESwrap');

add(SM4, 'ecb', 16, 0, 16, 1133, 'sm4-ecb');
add(SM4, 'cbc', 16, 16, 16, 1134, 'sm4-cbc', 'sm4');
add(SM4, 'cfb', 16, 16, 1, 1137, 'sm4-cfb');
add(SM4, 'ctr', 16, 16, 1, 1139, 'sm4-ctr');
add(SM4, 'ofb', 16, 16, 1, 1135, 'sm4-ofb');

add(-1, 'stream', 32, 16, 1, 1019, 'chacha20');
add(-1, 'poly1305', 32, 12, 1, 1018, 'chacha20-poly1305');

const byName = new Map(algorithms.flatMap((algorithm) => algorithm.names.map((name) => [name.toLowerCase(), algorithm])));
const byNid = new Map(algorithms.map((algorithm) => [algorithm.nid, algorithm]));

/**
 * What `crypto.getCiphers()` lists: Node's list without the `cbc-hmac` ones, which are of use inside TLS only.
 */
export const CIPHER_NAMES: readonly string[] = algorithms.flatMap(({ names }) => names).sort();

/** The cipher called `name`, in any case, or with OpenSSL's number. */
export function findCipher(name: string | number): CipherAlgorithm | undefined {
  return typeof name === 'number' ? byNid.get(name) : byName.get(name.toLowerCase());
}
