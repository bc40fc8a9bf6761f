// A callee of a sequence: answers each request by the plan of its target, right or wrong, and its CANCELs.

import { present } from '../../container/base/present.js';
import { type Dialog, Peer, type Repeat } from './peer.js';
import type { Party, Plan, Step, Target } from './script.js';
import { responseTo, Sip } from './text.js';
import type { Line, Transport, Wires } from './wires.js';

/** The index of a target by any spelling of its URI; -1 when it is not the URI of a target. */
export function targetOf(uri: string): number {
  const match = /^sip:(?:c|%63)(\d+)@/i.exec(uri) ?? /^tel:\+4930123(\d+)/.exec(uri);
  return match === null ? -1 : Number(match[1]);
}

/** A request that came, with what was answered. */
interface Leg {
  readonly request: Sip;
  readonly transport: Transport;
  readonly line: Line | undefined;
  readonly plan: Plan;
  readonly name: string;
  last: string[];
  final: boolean;
  cancelled: boolean;
  /** By To tag. */
  readonly repeats: Map<string, Repeat>;
}

export class Callee extends Peer {
  readonly #legs = new Map<string, Leg>();
  #ids = 0;

  constructor(
    wires: Wires,
    party: Party,
    readonly targets: readonly Target[],
    readonly fault: (text: string) => void,
  ) {
    super(wires, party.address, party.link, party.reach);
  }

  take(message: Sip, transport: Transport, line: Line | undefined): void {
    if (!message.isRequest) {
      if (message.method === 'BYE') this.hungUp(message);
      return;
    }
    const { method, branch } = message;
    if (method === 'ACK') {
      this.#acknowledged(message);
      return;
    }
    if (method === 'BYE') {
      this.byeReceived(message, transport, line);
      return;
    }
    if (method === 'CANCEL') {
      this.#cancel(message, transport, line);
      return;
    }
    const leg = this.#legs.get(branch);
    if (leg === undefined) {
      this.#begin(message, transport, line);
      return;
    }
    for (const wire of leg.last) this.send(wire, transport, line);
  }

  #begin(message: Sip, transport: Transport, line: Line | undefined): void {
    const target = this.targets[targetOf(message.uri)];
    const hop = target?.addresses.indexOf(this.address) ?? -1;
    if (target === undefined || hop < 0) {
      this.fault(`${message} came to ${this.address}`);
      return;
    }
    const plan = present(target.plans[hop]);
    const leg: Leg = {
      request: message,
      transport,
      line,
      plan,
      name: target.name,
      last: [],
      final: false,
      cancelled: false,
      repeats: new Map(),
    };
    this.#legs.set(message.branch, leg);
    this.#follow(leg, 0);
    if (plan.breaks !== undefined && line !== undefined) this.wires.after(plan.breaks, () => line.reset());
  }

  #follow(leg: Leg, at: number): void {
    const step = leg.plan.steps[at];
    if (step === undefined) return;
    this.wires.after(step.after, () => {
      if (leg.cancelled) return;
      this.#respond(leg, step);
      this.#follow(leg, at + 1);
    });
  }

  #respond(leg: Leg, step: Omit<Step, 'after'>): void {
    const { status, tag, copies } = step;
    const headers: [string, string][] = [['X-Id', `${leg.name}.${this.address.slice(7)}.${++this.#ids}`]];
    for (const [name, value] of step.headers) headers.push([name, value]);
    if (status > 100 && status < 300) headers.push(['Contact', `<sip:${leg.name}@${this.address}>`]);
    const wire = responseTo(leg.request, { status, tag, headers });
    leg.last = status < 300 && leg.final ? [...leg.last, wire] : [wire];
    const isInvite = leg.request.method === 'INVITE';
    for (let i = 1; i < copies; i++) this.send(wire, leg.transport, leg.line);
    if (status < 200 || !isInvite) {
      if (status >= 200) leg.final = true;
      this.send(wire, leg.transport, leg.line);
      return;
    }
    leg.final = true;
    if (status < 300) this.#dialog(wire);
    if (!leg.plan.repeats || (status >= 300 && leg.transport === 'TCP')) {
      this.send(wire, leg.transport, leg.line);
      return;
    }
    leg.repeats.set(tag, this.repeated(wire, leg.transport, undefined, leg.line));
  }

  #dialog(wire: string): void {
    const response = new Sip(wire);
    if (this.dialogs.some(({ local }) => local === response.header('to'))) return;
    this.dialogs.push({
      local: present(response.header('to')),
      remote: present(response.header('from')),
      target: 'sip:alice@10.0.0.1',
      routes: response.all('record-route'),
      callId: present(response.header('call-id')),
      sequence: 100,
      state: 'stands',
      repeat: undefined,
      branch: '',
    });
  }

  #acknowledged(ack: Sip): void {
    const leg = this.#legs.get(ack.branch);
    if (leg !== undefined) {
      for (const repeat of leg.repeats.values()) repeat.stopped = true;
      return;
    }
    const dialog = this.dialogs.find(({ local }) => local === ack.header('to'));
    if (dialog === undefined) return;
    for (const one of this.#legs.values()) {
      const repeat = one.repeats.get(ack.toTag);
      if (repeat === undefined || repeat.stopped) continue;
      repeat.stopped = true;
      const { bye } = one.plan;
      if (bye !== undefined) this.wires.after(bye, () => this.hangUp(dialog as Dialog));
    }
  }

  #cancel(cancel: Sip, transport: Transport, line: Line | undefined): void {
    const leg = this.#legs.get(cancel.branch);
    const reply = (status: number): void => {
      this.send(responseTo(cancel, { status, tag: 'cancel' }), transport, line);
    };
    if (leg === undefined) {
      reply(481);
      return;
    }
    const { onCancel, cancelDelay } = leg.plan;
    if (onCancel === 'ignore') return;
    if (onCancel === 'unknown') {
      reply(481);
      return;
    }
    this.wires.after(cancelDelay, () => {
      reply(200);
      if (leg.final || leg.cancelled) return;
      if (onCancel !== 'answer') leg.cancelled = true;
      const status = onCancel === 'terminate' ? 487 : onCancel === 'answer' ? 200 : 486;
      this.#respond(leg, { status, tag: `${leg.name}x`, headers: [], copies: 1 });
    });
  }

  /** The dialogs that nobody has ended and that go through the container. */
  get standing(): Dialog[] {
    return this.dialogs.filter(({ state, routes }) => state !== 'over' && routes.length > 0);
  }
}
