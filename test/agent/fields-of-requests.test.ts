// W-03, §19.1.1 table 1: which parts of a URI are in From, To, Contact and Request-URI of requests that we create.
import { Invite, Message, SipFactory, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { bridging } from '../b2bua/bridging.js';
import type { ServerRequest } from '../world/incoming.js';
import { stage } from '../world/stage.js';

const FULL = 'sip:bob@10.0.0.2:5060;lr;maddr=10.0.0.2;ttl=1;transport=udp;method=INVITE;user=phone;x=1?Subject=a';
const PARTY = '<sip:bob@10.0.0.2:5060;user=phone;x=1>';
const REQUEST_URI = 'sip:bob@10.0.0.2:5060;lr;maddr=10.0.0.2;ttl=1;transport=udp;user=phone;x=1';

const withoutTag = (value: string | undefined) => value?.replace(/;tag=.*$/, '');

async function refused(invite: ServerRequest): Promise<void> {
  invite.reply(486);
  await invite.ack();
}

@Siplet({ name: 'calling' })
class Calling {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  call(request: SipRequest) {
    const invite = this.factory.createRequest(request.applicationSession, 'INVITE', FULL.replace('bob', 'us'), FULL);
    void invite.send();
    request.createResponse(200).send();
  }
}

test('W-03 §19.1.1 table 1 From and To of a created request have no lr, maddr, ttl, transport, method, headers', async () => {
  const { alice, bob, ends } = await stage(Calling);
  alice.request('MESSAGE', 'sip:agent@siplet');
  const invite = await bob.receive('INVITE');
  expect(withoutTag(invite.header('From'))).toBe(PARTY.replace('bob', 'us'));
  expect(invite.header('To')).toBe(PARTY);
  expect(invite.message.startLine).toBe(`INVITE ${REQUEST_URI} SIP/2.0`);
  await refused(invite);
  await ends();
});

test('W-03 §19.1.1 table 1 the same holds for the leg of a bridge to and from such URIs', async () => {
  const s = await bridging((request) => request.b2bua().bridge({ to: FULL, from: FULL.replace('bob', 'us') }));
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(withoutTag(invite.header('From'))).toBe(PARTY.replace('bob', 'us'));
  expect(invite.header('To')).toBe(PARTY);
  expect(invite.message.startLine).toBe(`INVITE ${REQUEST_URI} SIP/2.0`);
  await refused(invite);
  await call.response(486);
  await s.over();
});

test('W-03 §19.1.1 table 1 a caller that writes them in From and To: the other leg has neither, nor what its URI must not have', async () => {
  const s = await bridging((request) =>
    request.b2bua().createRequest({ uri: 'sip:bob@10.0.0.2;method=INVITE?a=b' }).send(),
  );
  const from = '"A" <sip:a@10.0.0.1;transport=tcp;x=1>';
  s.alice.invite('sip:b@siplet', { from, to: '<sip:b@siplet:5070;LR;maddr=10.0.0.9>' });
  const invite = await s.bob.receive('INVITE');
  expect(withoutTag(invite.header('From'))).toBe('A <sip:a@10.0.0.1;x=1>');
  expect(invite.header('To')).toBe('<sip:b@siplet:5070>');
  expect(invite.message.startLine).toBe('INVITE sip:bob@10.0.0.2 SIP/2.0');
  await refused(invite);
  await s.world.run(1000);
});

@Siplet({ name: 'taking' })
class Taking {
  @Invite()
  answer(request: SipRequest) {
    request.session.contact.user = 'us';
    request.createResponse(200).send();
  }
}

test('W-03 §19.1.1 table 1 Contact of a user agent has no method and no headers', async () => {
  const s = await stage(Taking);
  const call = s.call();
  expect((await call.response(200)).header('Contact')).toBe('<sip:us@10.0.0.9:5060>');
  call.ack();
  await call.bye().response(200);
  await s.ends();
});
