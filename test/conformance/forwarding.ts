// A stage whose application forwards every request to its Request-URI unless told, over UDP or over TCP.
import type { SipRequest } from '@siplet/sdk';
import { expect } from 'vitest';
import type { Phone } from '../world/phone.js';
import type { Transport } from '../world/phone-wire.js';
import { type Script, type ScriptedStage, type ScriptOptions, scripted } from '../world/script.js';
import { over, PEOPLE, type Person, SIPLET } from '../world/stage.js';
import type { TextMessage } from '../world/text-message.js';

export interface ForwardingStage extends ScriptedStage {
  /** A Request-URI that a phone is reached by, over the transport of the stage. */
  uri(name: string, phone?: Person): string;
  /** The Route value of a phone that plays a proxy, over the transport of the stage. */
  route(phone: Person, lr?: string): string;
  /** Sends octets of Alice's to the container; gives the responses that came until nothing can come any more. */
  answersTo(wire: string): Promise<TextMessage[]>;
  /** Waits until nothing can come any more: not one of these got anything. */
  nothingReaches(...phones: Phone[]): Promise<void>;
  /** A request by way of the container is answered, whatever was before. */
  works(): Promise<void>;
}

/** Forwards to the Request-URI: what is to be done for a domain that is not ours (§16.5). */
export function transit(request: SipRequest): void {
  request.proxy().proxyTo(request.uri);
}

/** sip:NAME@address-of-the-phone, with the transport if it is TCP. */
export function uriOver(transport: Transport, name: string, phone = name as Person): string {
  return `sip:${name}@${PEOPLE[phone]}${over(transport)}`;
}

export async function forwarding(script: Script = {}, options: ScriptOptions = {}): Promise<ForwardingStage> {
  const { transport = 'UDP' } = options;
  const callee = uriOver(transport, 'bob');
  const on = await scripted({ initial: transit, ...script }, { callee, ...options });
  const { world, alice, bob } = on;
  return {
    ...on,
    uri: (name, phone) => uriOver(transport, name, phone),
    route: (phone, lr = ';lr') => `<sip:${PEOPLE[phone]}${over(transport)}${lr}>`,
    async answersTo(wire) {
      const before = alice.received.length;
      alice.send(wire, SIPLET);
      await world.run(40_000);
      return alice.received.slice(before).map(({ message }) => message);
    },
    async nothingReaches(...phones) {
      await world.run(200_000);
      const reached = phones.flatMap(({ name, received }) => received.map(({ message }) => [name, message.startLine]));
      expect(reached).toEqual([]);
    },
    async works() {
      const call = on.request('MESSAGE');
      (await bob.receive('MESSAGE')).reply(200);
      await call.response(200);
    },
  };
}

/** An INVITE as alice would write it, to be spoilt. */
export function inviteText(s: ForwardingStage, branch = 'z9hG4bK-raw'): string {
  return [
    `INVITE ${s.uri('bob')} SIP/2.0`,
    `Via: SIP/2.0/${s.transport} 10.0.0.1:5060;branch=${branch}`,
    'Max-Forwards: 70',
    'From: <sip:alice@10.0.0.1>;tag=a1',
    `To: <${s.uri('bob')}>`,
    'Call-ID: raw@10.0.0.1',
    'CSeq: 1 INVITE',
    `Contact: <${s.uri('alice')}>`,
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}
