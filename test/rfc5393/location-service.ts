// Containers whose application is a location service with a table (RFC 5393 §3): every AOR forks to its contacts.
import { Initial, type ProxyOptions, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import type { ApplicationClass } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';
import type { World } from '../world/world.js';

export type Contacts = Readonly<Record<string, readonly string[]>>;

/** Forwards each request to the contacts of its Request-URI; answers 404 where there are none. */
export function locationService(contacts: Contacts, options: ProxyOptions = {}): ApplicationClass {
  @siplet({ name: 'location' })
  class Location {
    @Initial()
    async locate(request: SipRequest) {
      const targets = contacts[`${request.uri}`];
      if (targets === undefined) await request.createResponse(404).send();
      else request.proxy(options).proxyTo(targets);
    }
  }
  return Location;
}

export function location(
  world: World,
  contacts: Contacts,
  options: SipletOptions & { proxy?: ProxyOptions } = {},
): Promise<Siplet> {
  return Siplet.start(world, { location: { Location: locationService(contacts, options.proxy) } }, options);
}

/** The requests of this method that travelled as datagrams from one address to another, each once, in order. */
export function travelled(world: World, method: string, from?: string, to?: string): TextMessage[] {
  const seen = new Set<string>();
  const found: TextMessage[] = [];
  for (const one of world.network.record) {
    if (one.kind !== 'datagram' || !one.wire.startsWith(`${method} `)) continue;
    if ((from !== undefined && one.from.address !== from) || (to !== undefined && one.to.address !== to)) continue;
    const message = TextMessage.read(one.wire);
    const key = `${one.to.address} ${message.branch}`;
    if (!seen.has(key)) found.push(message);
    seen.add(key);
  }
  return found;
}

export function breadths(messages: readonly TextMessage[]): number[] {
  return messages.map((message) => Number(message.header('Max-Breadth')));
}

export const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
