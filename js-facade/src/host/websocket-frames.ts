/** The frames of the WebSocket protocol (RFC 6455), as a server reads and writes them. */

/** Opcodes (section 5.2). */
export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;
const CONTINUATION = 0;

const FINAL = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f;
/** Values of the length that stand for a longer field behind it. */
const LENGTH_16 = 126, LENGTH_64 = 127;
/** Longest payload of a control frame (section 5.5). */
const CONTROL_MAX = 125;
const MASK_SIZE = 4;

/** Close codes of failures (section 7.4.1). */
export const PROTOCOL_ERROR = 1002, TOO_LARGE = 1009;

/** A whole message, or a control frame. */
export interface Message { opcode: number; payload: Uint8Array<ArrayBuffer> }

/** The client broke the protocol: the connection is to be closed with `code`. */
export class FrameError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** Puts messages together out of the bytes of a client, however they are cut. */
export class FrameReader {
  private buffer = new Uint8Array(4096);
  /** What was not taken yet: from `from` to `end` of the buffer. */
  private from = 0;
  private end = 0;
  private fragments: Uint8Array[] = [];
  private fragmentsLength = 0;
  /** Opcode of the message whose fragments come; 0 between messages. */
  private opcode = CONTINUATION;

  /** `limit` is the longest message in bytes. */
  constructor(private readonly limit: number) {}

  /** Takes more bytes. */
  push(bytes: Uint8Array): void {
    const { buffer, from, end } = this;
    if (end + bytes.length > buffer.length) {
      const length = end - from;
      // Twice what is needed, so that a long message is not copied at every push.
      if (length + bytes.length > buffer.length) this.buffer = new Uint8Array(2 * (length + bytes.length));
      this.buffer.set(buffer.subarray(from, end));
      this.from = 0;
      this.end = length;
    }
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** The next message, or null when more bytes are needed. Throws a {@link FrameError}. */
  next(): Message | null {
    for (;;) {
      const frame = this.frame();
      if (frame === null) return null;
      if (frame.opcode >= CLOSE) return frame;
      const message = this.assemble(frame);
      if (message !== null) return message;
    }
  }

  private frame(): (Message & { final: boolean }) | null {
    const bytes = this.buffer.subarray(this.from, this.end);
    if (bytes.length < 2) return null;
    const opcode = bytes[0] & OPCODE;
    const final = (bytes[0] & FINAL) !== 0;
    if ((bytes[0] & RESERVED) !== 0) throw new FrameError(PROTOCOL_ERROR, 'a reserved bit is set');
    if ((bytes[1] & MASKED) === 0) throw new FrameError(PROTOCOL_ERROR, 'a frame of the client is not masked');
    if ((opcode > BINARY && opcode < CLOSE) || opcode > PONG) throw new FrameError(PROTOCOL_ERROR, `opcode ${opcode}`);

    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let length = bytes[1] & LENGTH;
    if (opcode >= CLOSE && (!final || length > CONTROL_MAX)) throw new FrameError(PROTOCOL_ERROR, 'a control frame is cut or too long');
    const mask = length === LENGTH_64 ? 10 : length === LENGTH_16 ? 4 : 2;
    const start = mask + MASK_SIZE;
    if (bytes.length < start) return null;
    if (length === LENGTH_16) length = view.getUint16(2);
    else if (length === LENGTH_64) length = Number(view.getBigUint64(2));
    if (length + this.fragmentsLength > this.limit) throw new FrameError(TOO_LARGE, `a message is longer than ${this.limit} bytes`);
    if (bytes.length < start + length) return null;
    const payload = bytes.slice(start, start + length);
    for (let i = 0; i < length; i++) payload[i] ^= bytes[mask + (i & 3)];
    this.from += start + length;
    return { opcode, payload, final };
  }

  /** Adds a frame to its message; answers the message if that was its last. */
  private assemble({ opcode, payload, final }: Message & { final: boolean }): Message | null {
    if ((opcode === CONTINUATION) === (this.opcode === CONTINUATION)) throw new FrameError(PROTOCOL_ERROR, 'a fragment is out of place');
    if (opcode !== CONTINUATION) {
      if (final) return { opcode, payload };
      this.opcode = opcode;
    }
    this.fragments.push(payload);
    this.fragmentsLength += payload.length;
    if (!final) return null;
    const whole = new Uint8Array(this.fragmentsLength);
    let at = 0;
    for (const fragment of this.fragments) {
      whole.set(fragment, at);
      at += fragment.length;
    }
    const message = { opcode: this.opcode, payload: whole };
    this.fragments = [];
    this.fragmentsLength = 0;
    this.opcode = CONTINUATION;
    return message;
  }
}

/** One whole message as a frame of a server, which is not masked. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const header = length < LENGTH_16 ? 2 : length < 2 ** 16 ? 4 : 10;
  const frame = new Uint8Array(header + length);
  const view = new DataView(frame.buffer);
  frame[0] = FINAL | opcode;
  if (header === 2) {
    frame[1] = length;
  } else if (header === 4) {
    frame[1] = LENGTH_16;
    view.setUint16(2, length);
  } else {
    frame[1] = LENGTH_64;
    view.setBigUint64(2, BigInt(length));
  }
  frame.set(payload, header);
  return frame;
}
