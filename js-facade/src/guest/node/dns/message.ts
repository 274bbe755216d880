/** Messages of the domain name system (RFC 1035), as far as Node's resolver asks and answers by them. */

import { formatIpv6 } from '../ip-address';

/** Record types by name; `ANY` is for questions only. */
export const RECORD_TYPES = {
  A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, TLSA: 52, ANY: 255, CAA: 257,
} as const;

export type RecordType = keyof typeof RECORD_TYPES;

/** One answer. `data` has the properties that Node shows of a record of its type. */
export interface DnsRecord { type: RecordType; ttl: number; data: Record<string, unknown> }

export interface DnsResponse {
  id: number;
  /** Response code: 0 is success, 3 that there is no such name. */
  code: number;
  /** The whole did not fit a datagram. */
  truncated: boolean;
  records: DnsRecord[];
}

const CLASS_IN = 1;
const HEADER_SIZE = 12;
const RESPONSE = 0x8000, TRUNCATED = 0x0200, RECURSION_DESIRED = 0x0100, CODE = 0x000f;
const LABEL_MAX = 63, NAME_MAX = 255;
/** The two highest bits of a label's length: the rest of the name stands elsewhere. */
const POINTER = 0xc0;
const IPV4_SIZE = 4, IPV6_SIZE = 16;

const typeNames = new Map<number, RecordType>(Object.entries(RECORD_TYPES).map(([name, number]) => [number, name as RecordType]));

/** A question; undefined when `name` is no domain name. */
export function encodeQuery(id: number, name: string, type: RecordType): Uint8Array | undefined {
  const labels = name === '' || name === '.' ? [] : name.replace(/\.$/, '').split('.');
  const size = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  if (size > NAME_MAX || labels.some((label) => label === '' || label.length > LABEL_MAX || /[^\x00-\x7f]/.test(label))) return undefined;
  const bytes = new Uint8Array(HEADER_SIZE + size + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id);
  view.setUint16(2, RECURSION_DESIRED);
  view.setUint16(4, 1);
  let at = HEADER_SIZE;
  for (const label of labels) {
    bytes[at++] = label.length;
    for (let i = 0; i < label.length; i++) bytes[at++] = label.charCodeAt(i);
  }
  view.setUint16(at + 1, RECORD_TYPES[type]);
  view.setUint16(at + 3, CLASS_IN);
  return bytes;
}

/** Undefined when the message is malformed, or no response. Records of other types and classes are left out. */
export function decodeResponse(bytes: Uint8Array): DnsResponse | undefined {
  try {
    const reader = new MessageReader(bytes);
    const [id, flags, questions, answers] = [reader.uint16(), reader.uint16(), reader.uint16(), reader.uint16()];
    if ((flags & RESPONSE) === 0) return undefined;
    reader.skip(HEADER_SIZE - 8);
    for (let i = 0; i < questions; i++) {
      reader.name();
      reader.skip(4);
    }
    const records: DnsRecord[] = [];
    for (let i = 0; i < answers; i++) {
      const record = reader.record();
      if (record !== undefined) records.push(record);
    }
    return { id, code: flags & CODE, truncated: (flags & TRUNCATED) !== 0, records };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Reads a message; throws a `RangeError` when it is malformed. */
class MessageReader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint8(): number {
    return this.view.getUint8(this.at++);
  }

  uint16(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2);
  }

  uint32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4);
  }

  skip(length: number): void {
    this.at += length;
  }

  raw(length: number): Uint8Array {
    if (length < 0 || this.at + length > this.bytes.length) throw new RangeError('cut');
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  /** Bytes that their own length precedes, as text. */
  text(): string {
    return decodeText(this.raw(this.uint8()));
  }

  name(): string {
    const labels: string[] = [];
    let end = -1;
    // Pointers lead backwards only, so that they cannot go in circles.
    for (let lowest = this.at; ;) {
      const length = this.uint8();
      if (length === 0) break;
      if (length < POINTER) {
        labels.push(decodeText(this.raw(length)));
        continue;
      }
      const target = ((length & ~POINTER) << 8) | this.uint8();
      if (end < 0) end = this.at;
      if (target >= lowest) throw new RangeError('a pointer that does not lead back');
      lowest = target;
      this.at = target;
    }
    if (end >= 0) this.at = end;
    return labels.join('.');
  }

  record(): DnsRecord | undefined {
    this.name();
    const [type, recordClass, ttl, length] = [this.uint16(), this.uint16(), this.uint32(), this.uint16()];
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('cut');
    const known = recordClass === CLASS_IN ? typeNames.get(type) : undefined;
    const data = known === undefined ? undefined : this.data(known, ttl, end);
    this.at = end;
    return data === undefined ? undefined : { type: known!, ttl, data };
  }

  private data(type: RecordType, ttl: number, end: number): Record<string, unknown> | undefined {
    switch (type) {
      case 'A': return { address: this.raw(IPV4_SIZE).join('.'), ttl };
      case 'AAAA': return { address: formatIpv6(this.raw(IPV6_SIZE)), ttl };
      case 'NS':
      case 'CNAME':
      case 'PTR': return { value: this.name() };
      case 'MX': {
        const priority = this.uint16();
        return { exchange: this.name(), priority };
      }
      case 'TXT': {
        const entries: string[] = [];
        while (this.at < end) entries.push(this.text());
        return { entries };
      }
      case 'SOA': return {
        nsname: this.name(), hostmaster: this.name(), serial: this.uint32(), refresh: this.uint32(), retry: this.uint32(), expire: this.uint32(),
        minttl: this.uint32(),
      };
      case 'SRV': {
        const [priority, weight, port] = [this.uint16(), this.uint16(), this.uint16()];
        return { name: this.name(), port, priority, weight };
      }
      case 'NAPTR': {
        const [order, preference] = [this.uint16(), this.uint16()];
        return { flags: this.text(), service: this.text(), regexp: this.text(), replacement: this.name(), order, preference };
      }
      case 'CAA': {
        const critical = this.uint8();
        const tag = this.text();
        return { critical, [tag]: decodeText(this.raw(end - this.at)) };
      }
      case 'TLSA': return { certUsage: this.uint8(), selector: this.uint8(), match: this.uint8(), data: this.raw(end - this.at).buffer };
      default: return undefined;
    }
  }
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
