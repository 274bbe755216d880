/**
 * One end of a message channel, apart from the `MessagePort` that shows it: what travels when a port is transferred. While both ends
 * are in one thread, messages are handed over as they are. When one leaves, the channel becomes a pair of ports of the kernel, which any
 * thread reaches without the browser's help, so that a message can be received synchronously.
 */

import type { Environment } from '../environment';
import { UV } from '../uv-errors';
import { discard, type Message } from './message';
import { forgetPort, onPortNews } from './news';
import { type Attachments, encode, type Pending, decode } from './wire';

/** Whoever shows an end, and is to look at it. */
export interface Owner {
  /** There may be a message, or the other end may have been closed. */
  onNews(): void;
}

/** What `receive` answers. */
export type Received = Message | 'none' | 'closed' | 'not-yet';

export class PortEnd {
  owner: Owner | undefined;
  private readonly queue: Message[] = [];
  private peer: PortEnd | undefined;
  /** Number of the kernel's port; 0 while the channel is this thread's own. */
  private port = 0;
  /** A message that came with what the browser still has to bring. */
  private head: Pending | undefined;
  private closed = false;

  private constructor(private readonly env: Environment, private readonly attachments: Attachments) {}

  /** Two ends in this thread. */
  static pair(env: Environment, attachments: Attachments): [PortEnd, PortEnd] {
    const [first, second] = [new PortEnd(env, attachments), new PortEnd(env, attachments)];
    first.peer = second;
    second.peer = first;
    return [first, second];
  }

  /** The end behind a kernel's port that is this thread's. */
  static ofPort(env: Environment, attachments: Attachments, port: number): PortEnd {
    const end = new PortEnd(env, attachments);
    end.port = port;
    onPortNews(env, port, () => end.announce());
    return end;
  }

  /** Sends a message; answers whether the receiver itself was in it, which closes both. */
  send(message: Message): 'sent' | 'lost' {
    if (this.closed) return 'sent';
    if (this.port !== 0) return this.sendToKernel(message);
    const { peer } = this;
    if (!peer) return 'sent';
    if (message.objects.some((entry) => entry.kind === 'port' && entry.end === peer)) {
      peer.close();
      return 'lost';
    }
    peer.queue.push(message);
    peer.announce();
    return 'sent';
  }

  private sendToKernel(message: Message): 'sent' | 'lost' {
    const { bytes, ports, keys } = encode(this.env, this.attachments, message);
    const count = this.env.sys.portSend(this.port, bytes, ports);
    if (count === UV.ELOOP) return 'lost';
    // Also nobody is told, so that what nobody gets is not kept.
    for (const [key, value] of keys) this.attachments.give(key, value, Math.max(count, 0));
    return 'sent';
  }

  receive(): Received {
    if (this.closed) return 'closed';
    if (this.port === 0) return this.queue.shift() ?? (this.peer ? 'none' : 'closed');
    if (!this.head) {
      const bytes = this.env.sys.portReceive(this.port);
      if (bytes === UV.EAGAIN) return 'none';
      if (typeof bytes === 'number') return 'closed';
      this.head = decode(this.env, this.attachments, bytes, () => this.announce());
    }
    if (!this.head.complete()) return 'not-yet';
    const { message } = this.head;
    this.head = undefined;
    return message;
  }

  /** Whether something may have come before there was an owner. */
  get mayHaveNews(): boolean {
    return this.port !== 0 || this.queue.length > 0 || !this.peer;
  }

  /** Whether nothing waits here, and nothing will come any more. */
  get isOver(): boolean {
    if (this.port === 0) return this.queue.length === 0 && !this.peer;
    if (this.head) return false;
    const bytes = this.env.sys.portReceive(this.port);
    if (typeof bytes === 'number') return bytes !== UV.EAGAIN;
    this.head = decode(this.env, this.attachments, bytes, () => this.announce());
    return false;
  }

  announce(): void {
    this.owner?.onNews();
  }

  /** The other end hears of it once it has read what was sent before. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.owner = undefined;
    if (this.port !== 0) {
      forgetPort(this.env, this.port);
      this.env.sys.portClose(this.port);
      return;
    }
    for (const message of this.queue.splice(0)) discard(message);
    const { peer } = this;
    this.peer = undefined;
    if (!peer) return;
    peer.peer = undefined;
    peer.announce();
  }

  /**
   * Prepares this end for another thread: answers the kernel's port that stands for it, and a message that was already taken from that.
   * The end itself is of no use any more.
   */
  release(): { port: number; head: Uint8Array | undefined } {
    if (this.port === 0) this.moveToKernel();
    const { port, head } = this;
    forgetPort(this.env, port);
    this.closed = true;
    return { port, head: head?.bytes };
  }

  /** The kernel's port and the message that {@link release} told of, in their new thread. */
  static adopt(env: Environment, attachments: Attachments, port: number, head: Uint8Array<ArrayBuffer> | undefined): PortEnd {
    const end = PortEnd.ofPort(env, attachments, port);
    if (head) end.head = decode(env, attachments, head, () => end.announce());
    return end;
  }

  private moveToKernel(): void {
    const pair = this.env.sys.portPair();
    if (typeof pair === 'number') throw new Error(`no message ports: errno ${-pair}`);
    const [own, other] = pair;
    const { peer, queue } = this;
    this.port = own;
    onPortNews(this.env, own, () => this.announce());
    const sender = peer ?? new PortEnd(this.env, this.attachments);
    sender.port = other;
    sender.peer = undefined;
    this.peer = undefined;
    onPortNews(this.env, other, () => sender.announce());
    // What waits here is sent again, the other end's own first.
    const waiting = queue.splice(0);
    for (const message of sender.queue.splice(0)) this.sendToKernel(message);
    for (const message of waiting) sender.sendToKernel(message);
    if (!peer) sender.close();
  }
}
