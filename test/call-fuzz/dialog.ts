// A dialog as one user agent has it (§12), with the offers and answers in it (RFC 3264).
import { present } from '../../container/base/present.js';
import { type Headers, parameter, type Sip, uriIn } from '../fuzz/text.js';
import { CONTAINER, type Transport } from '../fuzz/wires.js';
import type { Client, Hop, Server } from './transactions.js';

/** Which description each side is bound to. */
export class Offers {
  /** Of the last exchange that was completed; '' when there was none. */
  local = '';
  remote = '';
  /** Ours that waits for an answer; theirs that waits for ours. */
  sent = '';
  received = '';

  get isPending(): boolean {
    return this.sent !== '' || this.received !== '';
  }

  answered(text: string): void {
    this.local = this.sent;
    this.remote = text;
    this.sent = '';
  }

  answer(text: string): void {
    this.local = text;
    this.remote = this.received;
    this.received = '';
  }
}

export class Dialog {
  state: 'early' | 'confirmed' | 'over' = 'early';
  sequence: number;
  remoteSequence = 0;
  /** CSeq numbers that came. */
  readonly numbers = new Set<number>();
  routes: readonly string[];
  target: string;
  /** Ours: what is in force, and all that were ever given. */
  contact: string;
  readonly contacts = new Set<string>();
  /** A callee has the ACK to its 2xx. */
  acknowledged = false;
  /** INVITEs under way in it. */
  asking: Client | undefined;
  asked: Server | undefined;
  readonly offers = new Offers();
  /** All descriptions of ours. */
  readonly given = new Set<string>();
  /** The description in a provisional response before the answer (§13.2.1). */
  preview = '';
  /** ACKs to 2xx, by the number of the INVITE. */
  readonly acks = new Map<number, { wire: string; hop: Hop }>();
  /** The last RSeq: seen as a caller, sent as a callee. */
  reliable = 0;
  /** A reliable provisional response of ours that waits for PRACK. */
  unacknowledged = 0;
  /** REFERs of ours, by CSeq number. */
  readonly refers = new Set<number>();

  constructor(
    readonly callId: string,
    /** Values of From and To, tags included. */
    readonly local: string,
    readonly remote: string,
    contact: string,
    parts: { sequence: number; target: string; routes: readonly string[] },
  ) {
    this.contact = contact;
    this.contacts.add(contact);
    this.sequence = parts.sequence;
    this.target = parts.target;
    this.routes = parts.routes;
  }

  get localTag(): string {
    return present(parameter(this.local, 'tag'));
  }

  get remoteTag(): string {
    return present(parameter(this.remote, 'tag'));
  }

  /** The descriptions that both sides have agreed on, or may have: they cannot be compared while one is open. */
  get isSettled(): boolean {
    return (
      this.state === 'confirmed' && !this.offers.isPending && this.asking === undefined && this.asked === undefined
    );
  }

  /** §12.2.1.1. */
  headers(method: string, sequence: number): Headers {
    return [
      ...this.routes.map((route): [string, string] => ['Route', route]),
      ['From', this.local],
      ['To', this.remote],
      ['Call-ID', this.callId],
      ['CSeq', `${sequence} ${method}`],
    ];
  }

  get hop(): Hop {
    const next = this.routes[0] === undefined ? this.target : uriIn(this.routes[0]);
    const host = /(?:@|sip:)([\d.]+)/.exec(next)?.[1] ?? CONTAINER;
    const transport: Transport = /;transport=tcp/i.test(next) ? 'TCP' : 'UDP';
    return { host, transport: host === CONTAINER ? transport : 'UDP' };
  }

  /** §12.1.2, §13.2.2.4: route set and target of a response; the 2xx has the last word. */
  follow(response: Sip, ownProxy: string | undefined): void {
    const routes = response.all('record-route').reverse();
    // The agent's own proxy would take the request first, and remove itself.
    this.routes = ownProxy === undefined ? routes : routes.filter((route) => !route.includes(ownProxy));
    const contact = response.header('contact');
    if (contact !== undefined) this.target = uriIn(contact);
  }
}
