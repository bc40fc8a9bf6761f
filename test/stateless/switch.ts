// A stateless siplet, and what is to be left when messages have passed it: nothing (§16.11).
import { type ReadonlySipRequest, StatelessRoute, Siplet as siplet } from '@siplet/sdk';
import { expect } from 'vitest';
import type { Phone } from '../world/phone.js';
import type { Transport } from '../world/phone-wire.js';
import { type ApplicationClass, left, over, type Stage, type StageOptions, stage } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';

export const OWN_BRANCH = /^z9hG4bKs-[0-9a-z]{28}$/;

export type Route = (request: ReadonlySipRequest) => unknown;

/** A stateless siplet with this routing function. */
export function switchOf(route: Route): ApplicationClass {
  @siplet({ name: 'switch', stateless: true })
  class Switch {
    @StatelessRoute()
    route(request: ReadonlySipRequest): string {
      return route(request) as string;
    }
  }
  return Switch;
}

/** A stage whose application routes by this function. */
export function switched(route: Route, options: StageOptions = {}): Promise<Stage> {
  return stage({ switch: { Switch: switchOf(route) } }, options);
}

/** Nothing is under way, and neither a timer nor anything else was left by what has passed; connections apart. */
export async function nothingHeld({ world, container, transport }: Stage): Promise<void> {
  await world.deliver();
  expect(left(container)).toEqual({});
  if (transport === 'UDP') expect(world.clock.pending).toBe(0);
}

/** Everything to Bob. */
export function toBob(transport: Transport = 'UDP'): Route {
  return () => `sip:bob@10.0.0.2${over(transport)}`;
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
