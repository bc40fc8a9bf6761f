// The caller of a sequence: sends the request, acknowledges, cancels, hangs up, or vanishes, as its script says.

import { present } from '../../container/base/present.js';
import { type Dialog, Peer, type Repeat } from './peer.js';
import type { CallerScript } from './script.js';
import { type Headers, request, type Sip, uriIn } from './text.js';
import type { Line, Transport, Wires } from './wires.js';

export const CALL_ID = 'fuzz@10.0.0.1';

export class Caller extends Peer {
  readonly branch = this.newBranch();
  wire = '';
  #repeat: Repeat | undefined;
  #cancel: Repeat | undefined;
  #cancelBranch = '';
  #provisional = false;
  #wantsToCancel = false;
  #final = false;
  readonly #acks = new Map<string, string>();

  constructor(
    wires: Wires,
    readonly script: CallerScript,
  ) {
    super(wires, script.address, script.link, script.reach);
  }

  get #isInvite(): boolean {
    return this.script.method === 'INVITE';
  }

  start(): void {
    const { method, transport, bodySize, cancelAt, vanishesAt } = this.script;
    const headers: Headers = [
      ...this.#headers(transport, this.branch, method),
      ['Contact', `<sip:alice@${this.address}${transport === 'TCP' ? ';transport=tcp' : ''}>`],
    ];
    this.wire = request(method, 'sip:bob@example.com', headers, 'x'.repeat(bodySize));
    if (transport === 'UDP')
      this.#repeat = this.repeated(this.wire, 'UDP', this.#isInvite ? Number.POSITIVE_INFINITY : undefined);
    else this.send(this.wire, 'TCP');
    if (cancelAt !== undefined) this.wires.after(cancelAt, () => this.#cancelNow(this.script.cancelsEarly));
    if (vanishesAt !== undefined) this.wires.after(vanishesAt, () => this.#vanish());
  }

  #headers(transport: Transport, branch: string, method: string): Headers {
    return [
      this.via(transport, branch),
      ['From', '<sip:alice@example.com>;tag=a1'],
      ['To', '<sip:bob@example.com>'],
      ['Call-ID', CALL_ID],
      ['CSeq', `1 ${method}`],
    ];
  }

  #vanish(): void {
    this.reach = 'deaf';
    for (const line of this.lines) line.reset();
  }

  /** §9.1: once a provisional response has come, and only while no final one has. */
  #cancelNow(early: boolean): void {
    this.#wantsToCancel = true;
    if (this.#final || this.#cancelBranch !== '' || !(early || this.#provisional)) return;
    this.#cancelBranch = this.branch;
    const { transport } = this.script;
    const headers: Headers = [
      ...this.#headers(transport, this.branch, 'CANCEL'),
      ['Reason', 'SIP;cause=798;text="caller"'],
    ];
    const wire = request('CANCEL', 'sip:bob@example.com', headers);
    if (transport === 'UDP') this.#cancel = this.repeated(wire, 'UDP');
    else this.send(wire, 'TCP');
  }

  take(message: Sip, transport: Transport, line: Line | undefined): void {
    if (message.isRequest) {
      if (message.method === 'BYE') this.byeReceived(message, transport, line);
      return;
    }
    if (message.method === 'BYE') this.hungUp(message);
    else if (message.method === 'CANCEL') {
      if (this.#cancel !== undefined) this.#cancel.stopped = true;
    } else if (message.method === this.script.method) this.#response(message);
  }

  #response(response: Sip): void {
    const { status } = response;
    if (status < 200) {
      this.#provisional = true;
      if (this.#isInvite && this.#repeat !== undefined) this.#repeat.stopped = true;
      if (this.#wantsToCancel) this.#cancelNow(false);
      return;
    }
    this.#final = true;
    if (this.#repeat !== undefined) this.#repeat.stopped = true;
    if (!this.#isInvite) return;
    if (status >= 300) this.#acknowledge(response);
    else this.#confirm(response);
  }

  /** §17.1.1.3. */
  #acknowledge(response: Sip): void {
    const { transport } = this.script;
    const headers = this.#headers(transport, this.branch, 'ACK').map(([name, value]): [string, string] => [
      name,
      name === 'To' ? present(response.header('to')) : value,
    ]);
    this.send(request('ACK', 'sip:bob@example.com', headers), transport);
  }

  /** §13.2.2.4: each To tag is a dialog, and each 2xx is acknowledged. */
  #confirm(response: Sip): void {
    const tag = response.toTag;
    let dialog = this.dialogs.find(({ remote }) => remote === response.header('to'));
    if (dialog === undefined) {
      const contact = response.header('contact');
      dialog = {
        local: present(response.header('from')),
        remote: present(response.header('to')),
        target: contact === undefined ? 'sip:nobody@10.0.7.8' : uriIn(contact),
        routes: response.all('record-route').reverse(),
        callId: CALL_ID,
        sequence: 1,
        state: 'stands',
        repeat: undefined,
        branch: '',
      };
      this.dialogs.push(dialog);
      const { bye } = this.script;
      const made: Dialog = dialog;
      if (bye !== undefined) this.wires.after(bye, () => this.hangUp(made));
    }
    const acked = dialog;
    this.transmit(
      dialog,
      (transport) => {
        // The same ACK again for a 2xx that comes again.
        const known =
          this.#acks.get(tag) ?? this.inDialog({ ...acked, sequence: 1 }, 'ACK', transport, this.newBranch());
        this.#acks.set(tag, known);
        return known;
      },
      false,
    );
  }
}
