/** One question to name servers, as c-ares asks it: by UDP, each server in turn, with longer and longer waits. */

import { POLLIN } from '../../syscalls';
import type { Environment, Watcher } from '../environment';
import { decodeResponse, encodeQuery, type DnsRecord, type RecordType } from './message';

/** `ARES_OPT_TIMEOUTMS`: how long the first wait is, in milliseconds, when nobody says. */
const DEFAULT_TIMEOUT = 2000;

/** c-ares' names of response codes; the others are `ESERVFAIL`. */
const CODES: Record<number, string> = { 1: 'EFORMERR', 2: 'ESERVFAIL', 3: 'ENOTFOUND', 4: 'ENOTIMP', 5: 'EREFUSED' };
/** Those that are the name's, whoever is asked. */
const FINAL_CODES = new Set([1, 3]);

export interface NameServer { family: 4 | 6; address: string; port: number }

export interface QueryOptions {
  servers: readonly NameServer[];
  /** First wait in milliseconds; not above 0 for the default. */
  timeout: number;
  /** How often each server is asked. */
  tries: number;
  /** Longest wait in milliseconds; 0 for no limit. */
  maxTimeout: number;
  /** Addresses to ask from, by family. */
  local: { 4?: string; 6?: string };
}

/** Called once, in a turn of the loop or from {@link DnsQuery.cancel}: with c-ares' code of an error, or with the records. */
export type QueryDone = (error: string | null, records: DnsRecord[]) => void;

export class DnsQuery {
  private attempt = 0;
  private fd = -1;
  private watcher: Watcher | undefined;
  private timer: unknown;
  private over = false;
  private error = 'ECONNREFUSED';
  private readonly id: number;
  private readonly question: Uint8Array | undefined;

  constructor(private readonly env: Environment, private readonly options: QueryOptions, name: string, type: RecordType, private readonly done: QueryDone) {
    this.id = env.host.crypto.getRandomValues(new Uint16Array(1))[0];
    this.question = encodeQuery(this.id, name, type);
    env.loop.ref();
  }

  /** Asks. */
  start(): void {
    if (this.question === undefined) this.finish('EBADNAME');
    else this.ask(this.question);
  }

  cancel(): void {
    this.finish('ECANCELLED');
  }

  private ask(question: Uint8Array): void {
    const { servers, tries } = this.options;
    // A server that refuses is known at once, so this goes on to the next until one may answer.
    for (; this.attempt < tries * servers.length; this.attempt += 1) {
      const server = servers[this.attempt % servers.length];
      if (this.send(server, question) < 0) {
        this.hangUp();
        this.error = 'ECONNREFUSED';
        continue;
      }
      this.watcher = this.env.loop.watch(this.fd, POLLIN, () => this.onReady(question));
      this.timer = this.env.requireBuiltin('timers').setTimeout(() => this.next(question, 'ETIMEOUT'), this.wait());
      return;
    }
    this.finish(this.error);
  }

  /** Answers an error number, or what was sent. */
  private send({ family, address, port }: NameServer, question: Uint8Array): number {
    const { sys } = this.env;
    this.fd = sys.socket(family === 4 ? 'udp4' : 'udp6');
    if (this.fd < 0) return this.fd;
    const local = this.options.local[family];
    const bound = local === undefined ? 0 : sys.bind(this.fd, { family, address: local, port: 0 });
    if (bound < 0) return bound;
    const connected = sys.connect(this.fd, { family, address, port }, true);
    return connected < 0 ? connected : sys.sendTo(this.fd, question, null);
  }

  /** Milliseconds to wait for an answer: twice as long in each round. */
  private wait(): number {
    const { servers, timeout, maxTimeout } = this.options;
    const first = timeout > 0 ? timeout : DEFAULT_TIMEOUT;
    const wait = first * 2 ** Math.floor(this.attempt / servers.length);
    return maxTimeout > 0 ? Math.min(wait, maxTimeout) : wait;
  }

  private onReady(question: Uint8Array): void {
    const datagram = this.env.sys.receiveFrom(this.fd, true);
    if (typeof datagram === 'number') {
      this.next(question, 'ECONNREFUSED');
      return;
    }
    const response = decodeResponse(datagram.bytes);
    // What is malformed, or answers somebody else's question, may be forged: the true answer may still come.
    if (response === undefined || response.id !== this.id) return;
    // The whole would come by TCP, where nobody listens: servers are programs in this container.
    if (response.truncated) this.finish('ECONNREFUSED');
    else if (response.code === 0) this.finish(null, response.records);
    else if (FINAL_CODES.has(response.code)) this.finish(CODES[response.code]);
    else this.next(question, CODES[response.code] ?? 'ESERVFAIL');
  }

  private next(question: Uint8Array, error: string): void {
    if (this.over) return;
    this.hangUp();
    this.error = error;
    this.attempt += 1;
    this.ask(question);
  }

  private hangUp(): void {
    this.watcher?.close();
    this.watcher = undefined;
    if (this.timer !== undefined) this.env.requireBuiltin('timers').clearTimeout(this.timer);
    this.timer = undefined;
    if (this.fd >= 0) this.env.sys.close(this.fd);
    this.fd = -1;
  }

  private finish(error: string | null, records: DnsRecord[] = []): void {
    if (this.over) return;
    this.over = true;
    this.hangUp();
    this.env.loop.unref();
    this.done(error, records);
  }
}
