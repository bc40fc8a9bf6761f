// What caller and callees have in common: they send, send again until an answer stops them, and end dialogs.
import { type Headers, parameter, request, responseTo, Sip, uriIn } from './text.js';
import type { Line, Link, Reach, Station, Transport, Wires } from './wires.js';

export const T1 = 500;
const T2 = 4000;
const LIFETIME = 64 * T1;

/** A message that is sent again and again. */
export class Repeat {
  stopped = false;
}

/** A dialog as one side of it has it (§12.1). */
export interface Dialog {
  readonly local: string;
  readonly remote: string;
  readonly target: string;
  readonly routes: readonly string[];
  readonly callId: string;
  sequence: number;
  /** BYE is on its way, or was answered, whichever side sent it. */
  state: 'stands' | 'ending' | 'over';
  /** Of a BYE of ours. */
  repeat: Repeat | undefined;
  branch: string;
}

export abstract class Peer implements Station {
  reach: Reach;
  protected readonly lines = new Set<Line>();
  readonly dialogs: Dialog[] = [];
  #branches = 0;

  constructor(
    readonly wires: Wires,
    readonly address: string,
    readonly link: Link,
    reach: Reach,
  ) {
    this.reach = reach;
  }

  abstract take(message: Sip, transport: Transport, line: Line | undefined): void;

  receive(wire: string, transport: Transport, line: Line | undefined): void {
    if (line !== undefined) this.lines.add(line);
    if (wire.trim() !== '') this.take(new Sip(wire), transport, line);
  }

  protected newBranch(): string {
    return `z9hG4bK-${this.address}-${++this.#branches}`;
  }

  protected via(transport: Transport, branch: string): [string, string] {
    return ['Via', `SIP/2.0/${transport} ${this.address}:5060;branch=${branch}`];
  }

  /** Over TCP on a connection that stands, or a new one. */
  send(wire: string, transport: Transport, line?: Line): void {
    if (this.reach !== 'open') return;
    if (transport === 'UDP') {
      this.wires.submit(this, wire);
      return;
    }
    const way = line?.isOpen ? line : ([...this.lines].find((one) => one.isOpen) ?? this.wires.dial(this));
    this.lines.add(way);
    way.answer(wire);
  }

  /**
   * Sends, and again with the intervals of timers A (`bound` infinite), E or G until it is stopped or 64*T1 are over.
   */
  repeated(wire: string, transport: Transport, bound = T2, line?: Line): Repeat {
    const repeat = new Repeat();
    const since = this.wires.clock.now();
    let interval = T1;
    const again = (): void => {
      if (repeat.stopped || this.reach !== 'open' || this.wires.clock.now() - since + interval > LIFETIME) return;
      this.wires.after(interval, () => {
        if (repeat.stopped || this.reach !== 'open') return;
        this.send(wire, transport, line);
        interval = Math.min(2 * interval, bound);
        again();
      });
    };
    this.send(wire, transport, line);
    again();
    return repeat;
  }

  // Dialogs ----------------------------------------------------------------------------------------

  protected inDialog(dialog: Dialog, method: string, transport: Transport, branch: string): string {
    const headers: Headers = [
      this.via(transport, branch),
      ...dialog.routes.map((route): [string, string] => ['Route', route]),
      ['From', dialog.local],
      ['To', dialog.remote],
      ['Call-ID', dialog.callId],
      ['CSeq', `${dialog.sequence} ${method}`],
    ];
    return request(method, dialog.target, headers);
  }

  /** To the first Route, else straight to the other side. */
  protected transmit(dialog: Dialog, make: (transport: Transport) => string, repeats: boolean): Repeat | undefined {
    const [first] = dialog.routes;
    const next = first === undefined ? dialog.target : uriIn(first);
    const transport: Transport = parameter(next, 'transport')?.toLowerCase() === 'tcp' ? 'TCP' : 'UDP';
    const wire = make(transport);
    if (first === undefined) {
      const other = this.wires.stations.get(/@([\d.]+)/.exec(dialog.target)?.[1] ?? '');
      if (other?.reach === 'open')
        this.wires.after(this.wires.delay(other), () => other.receive(wire, 'UDP', undefined));
      return undefined;
    }
    if (repeats && transport === 'UDP') return this.repeated(wire, transport);
    this.send(wire, transport);
    return undefined;
  }

  hangUp(dialog: Dialog): void {
    if (dialog.state === 'over' || this.reach !== 'open') return;
    dialog.state = 'ending';
    dialog.sequence++;
    dialog.branch = this.newBranch();
    if (dialog.repeat !== undefined) dialog.repeat.stopped = true;
    dialog.repeat = this.transmit(dialog, (transport) => this.inDialog(dialog, 'BYE', transport, dialog.branch), true);
    if (dialog.routes.length === 0) dialog.state = 'over';
  }

  /** A final response to a BYE of ours. */
  protected hungUp(response: Sip): void {
    const dialog = this.dialogs.find(({ branch }) => branch === response.branch);
    if (dialog === undefined || response.status < 200) return;
    dialog.state = 'over';
    if (dialog.repeat !== undefined) dialog.repeat.stopped = true;
  }

  /** A BYE to us. */
  protected byeReceived(bye: Sip, transport: Transport, line: Line | undefined): void {
    for (const dialog of this.dialogs) {
      if (parameter(dialog.local, 'tag') !== bye.toTag || parameter(dialog.remote, 'tag') !== bye.fromTag) continue;
      dialog.state = 'over';
      if (dialog.repeat !== undefined) dialog.repeat.stopped = true;
    }
    // Without a Via of the container it came straight from the other side, which does not wait for an answer.
    if (bye.all('via').length > 1) this.send(responseTo(bye, { status: 200, tag: '' }), transport, line);
  }
}
