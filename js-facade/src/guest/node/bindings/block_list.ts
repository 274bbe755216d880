/** `internalBinding('block_list')`: `net.BlockList` and `net.SocketAddress`. */

import type { Environment } from '../environment';
import { formatIpv6, parseIpv4, parseIpv6 } from '../ip-address';
import { registerNativeType } from '../messaging/native-objects';
import { codedError } from '../uv-errors';

const AF_INET = 2, AF_INET6 = 10;

/** ::ffff:0:0/96, where IPv6 holds the addresses of IPv4. */
const MAPPED_PREFIX = 12;

class SocketAddress {
  static of({ bytes, port, flowLabel }: PlainAddress): SocketAddress {
    return new SocketAddress(text(bytes), port, bytes.length === 4 ? AF_INET : AF_INET6, flowLabel);
  }

  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  readonly #port: number;
  readonly #flowLabel: number;

  constructor(address: string, port: number, family: number, flowLabel: number) {
    const bytes = family === AF_INET6 ? parseIpv6(address) : parseIpv4(address);
    if (bytes === undefined) throw codedError('ERR_INVALID_ADDRESS', 'Invalid socket address');
    this.bytes = bytes;
    this.#port = port;
    this.#flowLabel = flowLabel;
  }

  /** Fills and answers `out`. */
  detail(out: Record<string, unknown>): Record<string, unknown> {
    out.address = text(this.bytes);
    out.port = this.#port;
    out.family = this.bytes.length === 4 ? AF_INET : AF_INET6;
    out.flowlabel = this.#flowLabel;
    return out;
  }

  legacyDetail(out: Record<string, unknown>): Record<string, unknown> {
    out.address = text(this.bytes);
    out.port = this.#port;
    out.family = this.bytes.length === 4 ? 'IPv4' : 'IPv6';
    return out;
  }

  flowlabel(): number {
    return this.#flowLabel;
  }

  get plain(): PlainAddress {
    return { bytes: this.bytes, port: this.#port, flowLabel: this.#flowLabel };
  }
}

interface PlainAddress { bytes: Uint8Array; port: number; flowLabel: number }
interface PlainList { addresses: Uint8Array[]; subnets: Subnet[]; ranges: Range[] }
interface Range { start: Uint8Array; end: Uint8Array }
interface Subnet { network: Uint8Array; prefix: number }

class BlockList {
  readonly #addresses: Uint8Array[] = [];
  readonly #subnets: Subnet[] = [];
  readonly #ranges: Range[] = [];

  static of({ addresses, subnets, ranges }: PlainList): BlockList {
    const list = new BlockList();
    list.#addresses.push(...addresses);
    list.#subnets.push(...subnets);
    list.#ranges.push(...ranges);
    return list;
  }

  get plain(): PlainList {
    return { addresses: this.#addresses, subnets: this.#subnets, ranges: this.#ranges };
  }

  addAddress({ bytes }: SocketAddress): void {
    this.#addresses.push(bytes);
  }

  addAddresses(addresses: SocketAddress[]): void {
    for (const address of addresses) this.addAddress(address);
  }

  removeAddress({ bytes }: SocketAddress): void {
    remove(this.#addresses, (address) => compare(address, bytes) === 0);
  }

  /** Answers false if `start` comes after `end`. */
  addRange({ bytes: start }: SocketAddress, { bytes: end }: SocketAddress): boolean {
    if ((compare(start, end) ?? 1) > 0) return false;
    this.#ranges.unshift({ start, end });
    return true;
  }

  removeRange({ bytes: start }: SocketAddress, { bytes: end }: SocketAddress): void {
    remove(this.#ranges, (range) => compare(range.start, start) === 0 && compare(range.end, end) === 0);
  }

  addSubnet({ bytes: network }: SocketAddress, prefix: number): void {
    this.#subnets.unshift({ network, prefix });
  }

  removeSubnet({ bytes: network }: SocketAddress, prefix: number): void {
    remove(this.#subnets, (subnet) => subnet.prefix === prefix && compare(subnet.network, network) === 0);
  }

  check({ bytes }: SocketAddress): boolean {
    return this.#matches(bytes);
  }

  /** An address that cannot be read is on no list. */
  checkString(address: string, family: number): boolean {
    const bytes = family === AF_INET6 ? parseIpv6(address) : parseIpv4(address);
    return bytes !== undefined && this.#matches(bytes);
  }

  getSize(): number {
    return this.#addresses.length + this.#subnets.length + this.#ranges.length;
  }

  clear(): void {
    for (const rules of [this.#addresses, this.#subnets, this.#ranges]) rules.length = 0;
  }

  getRules(): string[] {
    return [
      ...this.#addresses.map((bytes) => `Address: ${family(bytes)} ${text(bytes)}`),
      ...this.#subnets.map(({ network, prefix }) => `Subnet: ${family(network)} ${text(network)}/${prefix}`),
      ...this.#ranges.map(({ start, end }) => `Range: ${family(start)} ${text(start)}-${text(end)}`),
    ];
  }

  #matches(bytes: Uint8Array): boolean {
    return (
      this.#addresses.some((address) => compare(address, bytes) === 0) ||
      this.#subnets.some((subnet) => isWithin(bytes, subnet)) ||
      this.#ranges.some(({ start, end }) => (compare(start, bytes) ?? 1) <= 0 && (compare(bytes, end) ?? 1) <= 0)
    );
  }
}

export function create(env: Environment): Record<string, unknown> {
  // Clones share their rules within a thread, as Node's do everywhere; another thread gets the rules of that moment.
  registerNativeType(env, {
    name: 'block_list:BlockList',
    is: (object) => object instanceof BlockList,
    transferable: false,
    write: (list) => list,
    read: (list) => list as BlockList,
    pack: (list: BlockList) => list.plain,
    unpack: BlockList.of,
  });
  registerNativeType(env, {
    name: 'block_list:SocketAddress',
    is: (object) => object instanceof SocketAddress,
    transferable: false,
    write: (address) => address,
    read: (address) => address as SocketAddress,
    pack: (address: SocketAddress) => address.plain,
    unpack: SocketAddress.of,
  });
  return { SocketAddress, BlockList, AF_INET, AF_INET6 };
}

function family(bytes: Uint8Array): string {
  return bytes.length === 4 ? 'IPv4' : 'IPv6';
}

function text(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes);
}

/** The two addresses in one family, or nothing if one is IPv4 and the other an IPv6 address that does not hold one. */
function alike(a: Uint8Array, b: Uint8Array): [Uint8Array, Uint8Array] | undefined {
  if (a.length === b.length) return [a, b];
  const [x, y] = [unmapped(a), unmapped(b)];
  return x.length === y.length ? [x, y] : undefined;
}

function unmapped(bytes: Uint8Array): Uint8Array {
  const isMapped = bytes.length === 16 && bytes.subarray(0, MAPPED_PREFIX).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  return isMapped ? bytes.subarray(MAPPED_PREFIX) : bytes;
}

/** Negative, 0 or positive; nothing if they cannot be compared. */
function compare(a: Uint8Array, b: Uint8Array): number | undefined {
  const pair = alike(a, b);
  if (pair === undefined) return undefined;
  const [x, y] = pair;
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at < 0 ? 0 : x[at] - y[at];
}

function isWithin(bytes: Uint8Array, { network, prefix }: Subnet): boolean {
  const pair = alike(bytes, network);
  if (pair === undefined) return false;
  const [x, y] = pair;
  // The prefix of a mapped network counts the bits in front of its IPv4 part.
  const bits = Math.max(0, prefix - 8 * (network.length - y.length));
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (x[i] !== y[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (x[whole] ^ y[whole]) >> (8 - rest) === 0;
}

function remove<T>(rules: T[], matches: (rule: T) => boolean): void {
  const at = rules.findIndex(matches);
  if (at >= 0) rules.splice(at, 1);
}
