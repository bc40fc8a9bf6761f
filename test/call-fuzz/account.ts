// An account of every dialog at the container's edge, from what went in and out alone: what the container sends of its
// own there has the right target, route set and number (§12.2.1.1), and its answers come in the right order (§17.2).
import { type Sip, uriIn } from '../fuzz/text.js';
import { CONTAINER } from '../fuzz/wires.js';

/** A dialog as the container has it with one peer. */
interface Leg {
  target: string;
  /** When the message came that brought it: a refresh that came earlier and was accepted later changes nothing. */
  since: number;
  /** Contacts of refreshes that were not accepted, or not yet. */
  readonly perhaps: Set<string>;
  readonly former: Set<string>;
  routes: string;
  /** The highest CSeq number that went to the peer. */
  highest: number;
}

/** RFC 5057 §5: what may move the target of a dialog. */
const REFRESHES = new Set(['INVITE', 'UPDATE', 'REFER', 'NOTIFY']);

interface Beginning {
  readonly target: string;
  readonly routes: string;
}

export class Account {
  readonly #legs = new Map<string, Leg>();
  /** INVITEs of peers that begin a dialog, by Call-ID and From tag. */
  readonly #beginnings = new Map<string, Beginning>();
  /** Contacts of refreshes of peers, by branch: the key of the leg, and the Contact. */
  readonly #refreshes = new Map<string, { leg: Leg; contact: string; at: number }>();
  #count = 0;
  readonly #sent = new Set<string>();
  readonly #taken = new Set<string>();
  /** By branch and method: the final response that went, or came. */
  readonly #answers = new Map<string, Sip>();
  readonly #finals = new Set<string>();
  readonly #progress = new Set<string>();
  /** INVITEs of peers, until a final response. */
  readonly unanswered = new Map<string, Sip>();

  constructor(
    private readonly fault: (text: string) => void,
    /** A slow handler holds up what others overtake: its application has not seen the newest Contact yet. */
    private readonly isSlow: boolean,
  ) {}

  received(sip: Sip): void {
    if (sip.isRequest) this.#request(sip);
    else this.#response(sip);
  }

  sent(sip: Sip, to: string): void {
    if (!sip.isRequest) this.#answer(sip, to);
    else if (!this.#sent.has(`${sip.method} ${sip.branch}`)) {
      this.#sent.add(`${sip.method} ${sip.branch}`);
      this.#forth(sip);
    }
  }

  // What comes -------------------------------------------------------------------------------------

  #request(sip: Sip): void {
    const { method, toTag } = sip;
    if (method === 'INVITE' && !this.#answers.has(`INVITE ${sip.branch}`)) this.unanswered.set(sip.branch, sip);
    if (method === 'ACK' || this.#taken.has(`${method} ${sip.branch}`)) return;
    this.#taken.add(`${method} ${sip.branch}`);
    const contact = sip.header('contact');
    if (contact === undefined) return;
    if (toTag === '') {
      if (method === 'INVITE')
        this.#beginnings.set(`${sip.header('call-id')} ${sip.fromTag}`, {
          target: uriIn(contact),
          routes: behindContainer(sip.all('record-route')),
        });
      return;
    }
    const leg = this.#legs.get(`${sip.header('call-id')} ${sip.fromTag} ${toTag}`);
    if (leg === undefined || !REFRESHES.has(method)) return;
    leg.perhaps.add(uriIn(contact));
    this.#refreshes.set(`${method} ${sip.branch}`, { leg, contact: uriIn(contact), at: ++this.#count });
  }

  #response(sip: Sip): void {
    const { status, method, branch } = sip;
    if (status < 200) this.#progress.add(`${method} ${branch}`);
    else this.#finals.add(`${method} ${branch}`);
    const contact = sip.header('contact');
    if (status <= 100 || status >= 300 || contact === undefined || sip.toTag === '') return;
    const key = `${sip.header('call-id')} ${sip.toTag} ${sip.fromTag}`;
    const leg = this.#legs.get(key);
    if (leg === undefined) {
      if (method === 'INVITE') this.#legs.set(key, this.#called(sip, uriIn(contact)));
      return;
    }
    if (!REFRESHES.has(method) || this.#taken.has(`${key} ${branch} ${status}`)) return;
    if (status < 200) {
      leg.perhaps.add(uriIn(contact));
      return;
    }
    this.#taken.add(`${key} ${branch} ${status}`);
    this.#refresh(leg, uriIn(contact), ++this.#count);
  }

  #refresh(leg: Leg, contact: string, at: number): void {
    if (at < leg.since) {
      leg.perhaps.add(contact); // both may be in force: the messages have crossed
      return;
    }
    leg.former.add(leg.target);
    leg.target = contact;
    leg.since = at;
    leg.perhaps.clear();
    // What has come since, and waits for its answer.
    for (const other of this.#refreshes.values())
      if (other.leg === leg && other.at > at) leg.perhaps.add(other.contact);
  }

  #called(sip: Sip, target: string): Leg {
    const routes = behindContainer(sip.all('record-route').reverse());
    return {
      target,
      since: ++this.#count,
      perhaps: new Set(),
      former: new Set(),
      routes,
      highest: parseInt(sip.cseq, 10),
    };
  }

  // What goes --------------------------------------------------------------------------------------

  #answer(sip: Sip, to: string): void {
    const { status, method, branch } = sip;
    const known = this.#answers.get(`${method} ${branch}`);
    if (known !== undefined && known.wire !== sip.wire) this.#behind(sip, known, to);
    if (status >= 200) {
      if (known === undefined) this.#answers.set(`${method} ${branch}`, sip);
      if (method === 'INVITE') this.unanswered.delete(branch);
    }
    const refresh = this.#refreshes.get(`${method} ${branch}`);
    if (refresh !== undefined && status >= 200) {
      this.#refreshes.delete(`${method} ${branch}`);
      if (status < 300) this.#refresh(refresh.leg, refresh.contact, refresh.at);
    }
    this.#begun(sip);
  }

  #behind(sip: Sip, known: Sip, to: string): void {
    const further = sip.method === 'INVITE' && isSuccess(known) && isSuccess(sip);
    if (!further) this.fault(`${sip} to the ${sip.method} of ${to} behind ${known} (§17.2)`);
  }

  #begun(sip: Sip): void {
    if (sip.method !== 'INVITE' || sip.status <= 100 || sip.status >= 300) return;
    const beginning = this.#beginnings.get(`${sip.header('call-id')} ${sip.fromTag}`);
    const key = `${sip.header('call-id')} ${sip.fromTag} ${sip.toTag}`;
    if (beginning === undefined || this.#legs.has(key)) return;
    this.#legs.set(key, {
      ...beginning,
      since: 0,
      perhaps: new Set(),
      former: new Set(),
      highest: 0,
    });
  }

  #forth(sip: Sip): void {
    const { method, branch } = sip;
    if (method === 'CANCEL') this.#cancel(sip);
    if (sip.toTag === '' || method === 'CANCEL') return;
    if (method === 'ACK' && this.#sent.has(`INVITE ${branch}`)) return; // to a non-2xx: §17.1.1.3
    const leg = this.#legs.get(`${sip.header('call-id')} ${sip.toTag} ${sip.fromTag}`);
    const isOwn = sip.all('via').every((via) => via.includes(CONTAINER));
    if (isOwn) this.#own(sip, leg);
    if (leg !== undefined && method !== 'ACK') leg.highest = Math.max(leg.highest, parseInt(sip.cseq, 10));
  }

  /** §9.1. */
  #cancel(sip: Sip): void {
    const key = `INVITE ${sip.branch}`;
    if (!this.#sent.has(key)) this.fault(`a CANCEL without an INVITE: ${sip.branch} (§9.1)`);
    else if (!this.#progress.has(key)) this.fault(`a CANCEL before a provisional response: ${sip} (§9.1)`);
    else if (this.#finals.has(key)) this.fault(`a CANCEL after the final response: ${sip} (§9.1)`);
  }

  /** A request of the container's own: it is not one that a peer made in its own dialog. */
  #own(sip: Sip, leg: Leg | undefined): void {
    if (leg === undefined) {
      this.fault(`${sip} in a dialog that there is not (§12.2.1.1)`);
      return;
    }
    // A 2xx is acknowledged where its own Contact says, also when another request has come since.
    const isFormer = (this.isSlow || sip.method === 'ACK') && leg.former.has(sip.uri);
    if (sip.uri !== leg.target && !leg.perhaps.has(sip.uri) && !isFormer)
      this.fault(`${sip}: the target is ${leg.target} (§12.2.1.1)`);
    const routes = sip.all('route').join(', ');
    if (routes !== leg.routes) this.fault(`${sip} with Route ${routes}, which should be ${leg.routes} (§12.2.1.1)`);
    const number = parseInt(sip.cseq, 10);
    if (sip.method === 'ACK' ? number > leg.highest : number <= leg.highest && !this.isSlow)
      this.fault(`${sip} with CSeq ${number} after ${leg.highest} (§12.2.1.1)`);
  }
}

/** What is left of a route when the container has been passed. */
function behindContainer(routes: readonly string[]): string {
  const last = routes.findLastIndex((route) => route.includes(CONTAINER));
  return routes.slice(last + 1).join(', ');
}

function isSuccess({ status }: Sip): boolean {
  return status >= 200 && status < 300;
}
