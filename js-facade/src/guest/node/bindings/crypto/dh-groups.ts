/** The well-known Diffie-Hellman groups. */

/** A group; the numbers are unsigned, most significant byte first. */
export interface DiffieHellmanGroup {
  readonly prime: Uint8Array;
  readonly generator: number;
  /** Bits of a private key. */
  readonly keyBits: number;
}

/**
 * Bits, addend and bits of a private key (as OpenSSL chooses them). The primes of RFC 2409 and 3526 are `2^n - 2^(n-64) - 1 + 2^64 * (floor(2^(n-130) * pi) + addend)`.
 */
const GROUPS: Record<string, [bits: number, addend: number, keyBits: number]> = {
  modp1: [768, 149686, 767],
  modp2: [1024, 129093, 1023],
  modp5: [1536, 741804, 200],
  modp14: [2048, 124476, 225],
  modp15: [3072, 1690314, 275],
  modp16: [4096, 240904, 325],
  modp17: [6144, 929484, 375],
  modp18: [8192, 4743158, 400],
};

const GENERATOR = 2;

const found = new Map<string, DiffieHellmanGroup>();

/** The group called `name`, in any case. */
export function diffieHellmanGroup(name: string): DiffieHellmanGroup | undefined {
  const lower = name.toLowerCase();
  let group = found.get(lower);
  if (group === undefined && Object.hasOwn(GROUPS, lower)) {
    const [bits, addend, keyBits] = GROUPS[lower];
    group = { prime: primeOf(BigInt(bits), BigInt(addend)), generator: GENERATOR, keyBits };
    found.set(lower, group);
  }
  return group;
}

/** The group with this prime, if it is a well-known one. */
export function groupOfPrime(prime: Uint8Array): DiffieHellmanGroup | undefined {
  for (const [name, [bits]] of Object.entries(GROUPS)) {
    if (bits !== prime.length * 8) continue;
    const group = diffieHellmanGroup(name)!;
    if (group.prime.every((byte, i) => byte === prime[i])) return group;
  }
  return undefined;
}

function primeOf(bits: bigint, addend: bigint): Uint8Array {
  const prime = (1n << bits) - (1n << (bits - 64n)) - 1n + ((piBits(bits - 130n) + addend) << 64n);
  const digits = prime.toString(16);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** `floor(2^bits * pi)`, by Machin's formula. */
function piBits(bits: bigint): bigint {
  const spare = 64n;
  const one = 1n << (bits + spare);
  return (16n * inverseTangent(5n, one) - 4n * inverseTangent(239n, one)) >> spare;
}

/** `one * arctan(1 / x)` */
function inverseTangent(x: bigint, one: bigint): bigint {
  let power = one / x;
  let sum = power;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = -power / (x * x);
    sum += power / n;
  }
  return sum;
}
