/** The part of MessagePack that snapshots use: nil, booleans, numbers, strings, binaries, arrays and maps; written are strings, binaries and maps. */

/** Bytes the first buffer has room for; it doubles. */
const FIRST_SIZE = 64 * 1024;

/** Reads one value. */
export class MessagePackReader {
  private offset = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): unknown {
    const type = this.unsigned(1);
    if (type <= 0x7f) return type;
    if (type <= 0x8f) return this.map(type & 0x0f);
    if (type <= 0x9f) return this.array(type & 0x0f);
    if (type <= 0xbf) return this.text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.binary(this.unsigned(1));
      case 0xc5: return this.binary(this.unsigned(2));
      case 0xc6: return this.binary(this.unsigned(4));
      case 0xcc: return this.unsigned(1);
      case 0xcd: return this.unsigned(2);
      case 0xce: return this.unsigned(4);
      case 0xd9: return this.text(this.unsigned(1));
      case 0xda: return this.text(this.unsigned(2));
      case 0xdb: return this.text(this.unsigned(4));
      case 0xdc: return this.array(this.unsigned(2));
      case 0xdd: return this.array(this.unsigned(4));
      case 0xde: return this.map(this.unsigned(2));
      case 0xdf: return this.map(this.unsigned(4));
      default: throw new TypeError(`Invalid snapshot: MessagePack type 0x${type.toString(16)} at ${this.offset - 1}`);
    }
  }

  private unsigned(size: 1 | 2 | 4): number {
    const at = this.take(size);
    return size === 1 ? this.view.getUint8(at) : size === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }

  private take(size: number): number {
    const at = this.offset;
    if (at + size > this.bytes.length) throw new TypeError(`Invalid snapshot: it ends in the middle (${this.bytes.length} bytes)`);
    this.offset += size;
    return at;
  }

  private binary(size: number): Uint8Array {
    const at = this.take(size);
    return this.bytes.slice(at, at + size);
  }

  private text(size: number): string {
    return new TextDecoder().decode(this.binary(size));
  }

  private array(size: number): unknown[] {
    return Array.from({ length: size }, () => this.read());
  }

  private map(size: number): Record<string, unknown> {
    const result: Record<string, unknown> = Object.create(null);
    for (let i = 0; i < size; i++) {
      const key = this.read();
      if (typeof key !== 'string') throw new TypeError('Invalid snapshot: a name is not a string');
      result[key] = this.read();
    }
    return result;
  }
}

/** Writes values one behind the other. */
export class MessagePackWriter {
  private bytes = new Uint8Array(FIRST_SIZE);
  private length = 0;

  write(value: unknown): void {
    if (typeof value === 'string') {
      const text = new TextEncoder().encode(value);
      if (text.length < 32) this.unsigned(0xa0 | text.length, 1);
      else this.sized(text.length, [0xd9, 0xda, 0xdb]);
      this.append(text);
    } else if (value instanceof Uint8Array) {
      this.sized(value.length, [0xc4, 0xc5, 0xc6]);
      this.append(value);
    } else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value);
      if (entries.length < 16) this.unsigned(0x80 | entries.length, 1);
      else this.sized(entries.length, [undefined, 0xde, 0xdf]);
      for (const [key, child] of entries) {
        this.write(key);
        this.write(child);
      }
    } else {
      throw new TypeError(`cannot write ${typeof value} as MessagePack`);
    }
  }

  /** What was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  /** A type byte and a length of 1, 2 or 4 bytes: the shortest type that there is and that takes it. */
  private sized(length: number, [one, two, four]: [number | undefined, number, number]): void {
    if (one !== undefined && length < 0x100) {
      this.unsigned(one, 1);
      this.unsigned(length, 1);
    } else if (length < 0x10000) {
      this.unsigned(two, 1);
      this.unsigned(length, 2);
    } else {
      this.unsigned(four, 1);
      this.unsigned(length, 4);
    }
  }

  private unsigned(value: number, size: 1 | 2 | 4): void {
    this.reserve(size);
    for (let i = size - 1; i >= 0; i--) this.bytes[this.length++] = (value >>> (8 * i)) & 0xff;
  }

  private append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private reserve(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + size));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
