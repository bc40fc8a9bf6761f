// A container with one stateless siplet and three phones around it, over UDP or TCP (contract section 6, §16.11).
import { type ReadonlySipRequest, StatelessRoute, Siplet as siplet } from '@siplet/sdk';
import { expect } from 'vitest';
import type { RequestOptions } from '../world/compose.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import type { Transport } from '../world/phone-wire.js';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import { TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';

export const BOTH: readonly Transport[] = ['UDP', 'TCP'];
export const SIPLET = '10.0.0.9';
export const OWN_BRANCH = /^z9hG4bKs-[0-9a-z]{28}$/;

export type Route = (request: ReadonlySipRequest) => unknown;

/** A stateless siplet with this routing function. */
export function switchOf(route: Route): Function {
  @siplet({ name: 'switch', stateless: true })
  class Switch {
    @StatelessRoute()
    route(request: ReadonlySipRequest): string {
      return route(request) as string;
    }
  }
  return Switch;
}

export interface StageOptions extends SipletOptions {
  /** Of alice's requests, and of the target. */
  readonly transport?: Transport;
  /** Where bob, carol and the container are, when it matters. */
  readonly world?: World;
}

export class Stage {
  readonly alice: Phone;
  readonly bob: Phone;
  readonly carol: Phone;

  constructor(
    readonly world: World,
    readonly container: Siplet,
    readonly transport: Transport,
  ) {
    this.alice = world.phone('alice', '10.0.0.1', { transport });
    this.bob = world.phone('bob', '10.0.0.2', { transport });
    this.carol = world.phone('carol', '10.0.0.3', { transport });
  }

  invite(options: RequestOptions = {}, uri = 'sip:bob@example.com'): ClientRequest {
    return this.alice.invite(uri, { via: SIPLET, ...options });
  }

  request(method: string, options: RequestOptions = {}, uri = 'sip:bob@example.com'): ClientRequest {
    return this.alice.request(method, uri, { via: SIPLET, ...options });
  }

  /** Nothing is under way, and neither a timer nor anything else was left by what has passed; connections apart. */
  async nothingHeld(): Promise<void> {
    await this.world.deliver();
    expect(Object.values(this.container.alive)).toEqual(Object.values(this.container.alive).map(() => 0));
    if (this.transport === 'UDP') expect(this.world.clock.pending).toBe(0);
  }
}

export function over(transport: Transport): string {
  return transport === 'TCP' ? ';transport=tcp' : '';
}

export async function stage(route: Route, options: StageOptions = {}): Promise<Stage> {
  const world = options.world ?? new World();
  const container = await Siplet.start(world, { switch: { Switch: switchOf(route) } }, options);
  return new Stage(world, container, options.transport ?? 'UDP');
}

/** Everything to bob. */
export function toBob(transport: Transport = 'UDP'): Route {
  return () => `sip:bob@10.0.0.2${over(transport)}`;
}

/** The octets of the requests of this method that came to a phone, in order. */
export function wires(phone: Phone, method: string): string[] {
  return phone.received.filter(({ message }) => message.isRequest && message.method === method).map(({ wire }) => wire);
}

/** The responses that came to a phone. */
export function statuses(phone: Phone): number[] {
  return phone.received.filter(({ message }) => !message.isRequest).map(({ message }) => message.status);
}

/** The branch of each request that came to a phone. */
export function branches(phone: Phone): string[] {
  return phone.received.filter(({ message }) => message.isRequest).map(({ message }) => message.branch ?? '');
}

/** A request of an RFC 2543 peer: its Via has a branch of its own kind, or none. */
export function old(method: string, options: { branch?: string; toTag?: string; number?: number; uri?: string } = {}) {
  const message = new TextMessage(`${method} ${options.uri ?? 'sip:bob@example.com'} SIP/2.0`);
  message.add('Via', `SIP/2.0/UDP 10.0.0.1:5060${options.branch === undefined ? '' : `;branch=${options.branch}`}`);
  message.add('Max-Forwards', '70').add('From', '<sip:alice@10.0.0.1>;tag=old');
  message.add('To', `<sip:bob@example.com>${options.toTag === undefined ? '' : `;tag=${options.toTag}`}`);
  message.add('Call-ID', 'old@alice').add('CSeq', `${options.number ?? 1} ${method}`);
  message.add('Contact', '<sip:alice@10.0.0.1>').add('Content-Length', '0');
  return message;
}
