/**
 * `internalBinding('cares_wrap')`: names and addresses. There is no name server in a browser: `localhost` and the names of `/etc/hosts` are in the
 * container, and for any other the kernel makes up an address that leads to the host's gateway. Queries for records answer what c-ares
 * answers when no server can be reached.
 */

import { AsyncWrap, completeRequest, RequestWrap } from '../async-wrap';
import type { Environment } from '../environment';
import { canonicalAddress, parseIpv4, parseIpv6 } from '../ip-address';
import { UV } from '../uv-errors';

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

/** The answer to every query: no server is there. */
const NO_SERVER = 'ECONNREFUSED';

const QUERIES = ['Any', 'A', 'Aaaa', 'Caa', 'Cname', 'Mx', 'Naptr', 'Ns', 'Ptr', 'Srv', 'Soa', 'Tlsa', 'Txt'];

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
    #servers: [string, number][] = [['127.0.0.1', 53]];

    constructor(_timeout: number, _tries: number, _maxTimeout: number) {
      super(env, 'DNSCHANNEL');
    }

    getServers(): [string, number][] {
      return this.#servers;
    }

    /** `servers` are `[family, address, port]`. */
    setServers(servers: [number, string, number][]): number {
      this.#servers = servers.map(([, address, port]) => [address, port]);
      return 0;
    }

    setLocalAddress(_ipv4: string, _ipv6?: string): void {}

    /** Nothing is ever under way. */
    cancel(): void {}

    getHostByAddr(req: QueryReqWrap, _address: string): number {
      completeRequest(env, req, NO_SERVER);
      return 0;
    }
  }
  for (const kind of QUERIES) {
    Object.defineProperty(ChannelWrap.prototype, `query${kind}`, {
      value(req: QueryReqWrap, _name: string): number {
        completeRequest(env, req, NO_SERVER);
        return 0;
      },
      writable: true,
      configurable: true,
    });
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
      const row = hosts(env).find((host) => host.address === wanted);
      completeRequest(env, req, null, row?.names[0] ?? (isLoopback(address) ? 'localhost' : address), String(port));
      return 0;
    },

    canonicalizeIP: canonicalAddress,

    convertIpv6StringToBuffer(address: string): Uint8Array | undefined {
      const bytes = parseIpv6(address);
      return bytes === undefined ? undefined : env.requireBuiltin('buffer').Buffer.from(bytes);
    },

    strerror: (code: number): string => ARES_TEXTS[code] ?? 'unknown',

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
