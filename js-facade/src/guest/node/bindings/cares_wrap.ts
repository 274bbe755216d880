/**
 * `internalBinding('cares_wrap')`: names and addresses. There is no name server in a browser: `localhost` and the names of `/etc/hosts` are in the
 * container, and for any other the kernel makes up an address that leads to the host's gateway. Queries for records go to name servers
 * that programs run inside the container; without one they answer what c-ares answers when no server can be reached.
 */

import { AsyncWrap, completeRequest, RequestWrap } from '../async-wrap';
import type { DnsRecord, RecordType } from '../dns/message';
import { DnsQuery, type NameServer } from '../dns/query';
import type { Environment } from '../environment';
import { canonicalAddress, parseIpv4, parseIpv6 } from '../ip-address';
import { codedError, UV } from '../uv-errors';

const AF_UNSPEC = 0, AF_INET = 2, AF_INET6 = 10;
const AI_V4MAPPED = 8, AI_ALL = 16, AI_ADDRCONFIG = 32;
const DNS_ORDER_VERBATIM = 0, DNS_ORDER_IPV4_FIRST = 1, DNS_ORDER_IPV6_FIRST = 2;

const HOSTS_FILE = '/etc/hosts';

/** `ares_strerror`, by number. */
const ARES_TEXTS = [
  'Successful completion', 'DNS server returned answer with no data', 'DNS server claims query was misformatted',
  'DNS server returned general failure', 'Domain name not found', 'DNS server does not implement requested operation',
  'DNS server refused query', 'Misformatted DNS query', 'Misformatted domain name', 'Unsupported address family',
  'Misformatted DNS reply', 'Could not contact DNS servers', 'Timeout while contacting DNS servers', 'End of file',
  'Error reading file', 'Out of memory', 'Channel is being destroyed', 'Misformatted string', 'Illegal flags specified',
  'Given hostname is not numeric', 'Illegal hints flags specified', 'c-ares library initialization not yet performed',
  'Error loading iphlpapi.dll', 'Could not find GetNetworkParams function', 'DNS query cancelled',
];

/** Node's own numbers beside c-ares' (`DNS_ESETSRVPENDING`). */
const ESETSRVPENDING = -1000;

/** The methods `query…`, and the record type that each asks for. */
const QUERIES: Record<string, RecordType> = {
  queryAny: 'ANY', queryA: 'A', queryAaaa: 'AAAA', queryCaa: 'CAA', queryCname: 'CNAME', queryMx: 'MX', queryNaptr: 'NAPTR', queryNs: 'NS',
  queryPtr: 'PTR', querySrv: 'SRV', querySoa: 'SOA', queryTlsa: 'TLSA', queryTxt: 'TXT',
};

export function create(env: Environment): Record<string, unknown> {
  class GetAddrInfoReqWrap extends RequestWrap {
    constructor() {
      super(env, 'GETADDRINFOREQWRAP');
    }
  }

  class GetNameInfoReqWrap extends RequestWrap {
    constructor() {
      super(env, 'GETNAMEINFOREQWRAP');
    }
  }

  class QueryReqWrap extends RequestWrap {
    constructor() {
      super(env, 'QUERYWRAP');
    }
  }

  class ChannelWrap extends AsyncWrap {
    #servers: NameServer[] = [{ family: 4, address: '127.0.0.1', port: 53 }];
    readonly #local: { 4?: string; 6?: string } = {};
    readonly #queries = new Set<DnsQuery>();
    readonly #times: { timeout: number; tries: number; maxTimeout: number };

    /** Times in milliseconds. */
    constructor(timeout: number, tries: number, maxTimeout: number) {
      super(env, 'DNSCHANNEL');
      this.#times = { timeout, tries, maxTimeout };
    }

    getServers(): [string, number][] {
      return this.#servers.map(({ address, port }) => [address, port]);
    }

    /** `servers` are `[family, address, port]`. Answers an error number for `strerror`. */
    setServers(servers: [4 | 6, string, number][]): number {
      if (this.#queries.size > 0) return ESETSRVPENDING;
      this.#servers = servers.map(([family, address, port]) => ({ family, address, port }));
      return 0;
    }

    setLocalAddress(first: string, second?: string): void {
      delete this.#local[4];
      delete this.#local[6];
      for (const address of second === undefined ? [first] : [first, second]) {
        const family = parseIpv4(address) !== undefined ? 4 : parseIpv6(address) !== undefined ? 6 : undefined;
        if (family === undefined) throw codedError('ERR_INVALID_ARG_VALUE', 'Invalid IP address.', TypeError);
        if (this.#local[family] !== undefined) throw codedError('ERR_INVALID_ARG_VALUE', `Cannot specify two IPv${family} addresses.`, TypeError);
        this.#local[family] = address;
      }
    }

    cancel(): void {
      for (const query of [...this.#queries]) query.cancel();
    }

    /** The names of an address. */
    getHostByAddr(req: QueryReqWrap, address: string): number {
      const reversed = reverseName(address);
      if (reversed === undefined) return UV.EINVAL;
      const names = hosts(env).filter((host) => host.address === canonicalAddress(address)).flatMap((host) => host.names);
      if (names.length > 0) completeRequest(env, req, null, names);
      else this.ask(req, reversed, 'PTR');
      return 0;
    }

    ask(req: QueryReqWrap, name: string, type: RecordType): void {
      const options = { ...this.#times, servers: this.#servers, local: this.#local };
      const query = new DnsQuery(env, options, name, type, (error, records) => {
        this.#queries.delete(query);
        if (error !== null) completeRequest(env, req, error);
        else complete(req, records, type);
      });
      this.#queries.add(query);
      query.start();
    }
  }
  for (const [method, type] of Object.entries(QUERIES)) {
    Object.defineProperty(ChannelWrap.prototype, method, {
      value(this: ChannelWrap, req: QueryReqWrap, name: string): number {
        this.ask(req, name, type);
        return 0;
      },
      writable: true,
      configurable: true,
    });
  }

  /** Calls back with the records of the type that was asked for. */
  function complete(req: QueryReqWrap, records: DnsRecord[], type: RecordType): void {
    const wanted = type === 'ANY' ? records : records.filter((record) => record.type === type);
    if (wanted.length === 0) completeRequest(env, req, 'ENODATA');
    else if (type === 'A' || type === 'AAAA') completeRequest(env, req, null, wanted.map(({ data }) => data.address), wanted.map(({ ttl }) => ttl));
    else completeRequest(env, req, null, resultOf(wanted, type));
  }

  return {
    GetAddrInfoReqWrap,
    GetNameInfoReqWrap,
    QueryReqWrap,
    ChannelWrap,

    /** getaddrinfo(3); `family` is 0, 4 or 6. */
    getaddrinfo(req: GetAddrInfoReqWrap, name: string, family: number, _hints: number, order: number): number {
      const addresses = inOrder(addressesOf(env, name), family, order);
      if (addresses.length === 0) completeRequest(env, req, UV.EAI_NONAME);
      else completeRequest(env, req, null, addresses);
      return 0;
    },

    getnameinfo(req: GetNameInfoReqWrap, address: string, port: number): number {
      const wanted = canonicalAddress(address);
      const name = hosts(env).find((host) => host.address === wanted)?.names[0] ?? (isLoopback(address) ? 'localhost' : undefined);
      if (name === undefined) completeRequest(env, req, UV.EAI_NONAME);
      else completeRequest(env, req, null, name, String(port));
      return 0;
    },

    canonicalizeIP: canonicalAddress,

    convertIpv6StringToBuffer(address: string): Uint8Array | undefined {
      const bytes = parseIpv6(address);
      return bytes === undefined ? undefined : env.requireBuiltin('buffer').Buffer.from(bytes);
    },

    strerror: (code: number): string => (code === ESETSRVPENDING ? 'There are pending queries.' : ARES_TEXTS[code] ?? 'unknown'),

    AF_INET,
    AF_INET6,
    AF_UNSPEC,
    AI_ADDRCONFIG,
    AI_ALL,
    AI_V4MAPPED,
    DNS_ORDER_VERBATIM,
    DNS_ORDER_IPV4_FIRST,
    DNS_ORDER_IPV6_FIRST,
  };
}

/** What `dns.resolve*` answers with for `records`, which are of `type`, or of any. */
function resultOf(records: DnsRecord[], type: RecordType): unknown {
  switch (type) {
    case 'ANY': return records.map((record) => ({ ...record.data, type: record.type }));
    case 'NS':
    case 'CNAME':
    case 'PTR': return records.map(({ data }) => data.value);
    case 'TXT': return records.map(({ data }) => data.entries);
    case 'SOA': return records[0].data;
    default: return records.map(({ data }) => data);
  }
}

/** The name that an address's names are asked for by; undefined if it is none. */
function reverseName(address: string): string | undefined {
  const ipv4 = parseIpv4(address);
  if (ipv4 !== undefined) return `${[...ipv4].reverse().join('.')}.in-addr.arpa`;
  const ipv6 = parseIpv6(address);
  const digits = ipv6 && [...ipv6].flatMap((byte) => [(byte >> 4).toString(16), (byte & 15).toString(16)]);
  return digits && `${digits.reverse().join('.')}.ip6.arpa`;
}

/** All addresses of `name`, in the order of the hosts file. */
function addressesOf(env: Environment, name: string): string[] {
  const numeric = canonicalAddress(name);
  if (numeric !== undefined) return [numeric];
  const wanted = name.toLowerCase().replace(/\.$/, '');
  const found = hosts(env).filter((host) => host.names.includes(wanted)).map((host) => host.address);
  // RFC 6761, but for names below it: browsers lead those to the user's own machine, which is outside.
  if (wanted === 'localhost') return [...new Set([...found, '127.0.0.1', '::1'])];
  if (found.length > 0) return found;
  const outside = env.sys.lookup(wanted);
  return typeof outside === 'string' ? [outside] : [];
}

function inOrder(addresses: string[], family: number, order: number): string[] {
  const ipv4 = addresses.filter((address) => parseIpv4(address) !== undefined);
  const ipv6 = addresses.filter((address) => parseIpv4(address) === undefined);
  if (family === 4) return ipv4;
  if (family === 6) return ipv6;
  if (order === DNS_ORDER_IPV4_FIRST) return [...ipv4, ...ipv6];
  if (order === DNS_ORDER_IPV6_FIRST) return [...ipv6, ...ipv4];
  return addresses;
}

/** The rows of the hosts file; none if it cannot be read. */
function hosts(env: Environment): { address: string; names: string[] }[] {
  let text: string;
  try {
    text = env.internalBinding('fs').readFileUtf8(HOSTS_FILE, 0);
  } catch (error) {
    if ((error as { syscall?: string }).syscall === undefined) throw error;
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const canonical = canonicalAddress(address);
    return canonical === undefined ? [] : [{ address: canonical, names: names.map((name) => name.toLowerCase()) }];
  });
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || canonicalAddress(address) === '::1';
}
