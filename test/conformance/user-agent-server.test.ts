// The user agent server (UAS-01 … UAS-15), with applications that answer (§8.2, §11, §12, §14).
import { Info, Invite, Message, Options, Siplet, type SipRequest, Subsequent } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';

@Siplet({ name: 'answering' })
class Answering {
  @Invite()
  answer(request: SipRequest) {
    request.createResponse(183).send();
    request.createResponse(200).send();
  }

  @Message()
  message(request: SipRequest) {
    request.createResponse(request.text === 'busy' ? 486 : 200).send();
  }
}

test('UAS-01 §8.2.1 a method that no application takes gets 405 with Allow', async () => {
  const { alice, ends } = await stage(Answering);
  const refused = await alice.request('PUBLISH', 'sip:bob@siplet').response(405);
  expect(refused.header('Allow')).toBe('INVITE, MESSAGE');
  await ends();
});

test('UAS-02 §8.2.2.1 a Request-URI of a scheme that is not understood gets 416', async () => {
  const { alice, ends } = await stage(Answering);
  await alice.request('MESSAGE', 'nobodyKnowsThisScheme:x', { via: 'siplet', to: 'sip:bob@siplet' }).response(416);
  await ends();
});

test('UAS-05 UAS-06 §8.2.6.2 every response but 100 has the same To tag, and the fields of the request in order', async () => {
  const { alice, ends } = await stage(Answering);
  const call = alice.invite('sip:bob@siplet', { headers: { Via: 'SIP/2.0/UDP p1.example.com;branch=z9hG4bKp1' } });
  await call.response(200);
  call.ack();
  const responses = alice.received.map(({ message }) => message).filter((message) => !message.isRequest);
  const [trying, progress, ok] = responses;
  expect([trying?.status, progress?.status, ok?.status]).toEqual([100, 183, 200]);
  expect(present(trying).header('To')).not.toContain(';tag=');
  expect(present(progress).header('To')).toMatch(/;tag=/);
  expect(present(ok).header('To')).toBe(present(progress).header('To'));
  for (const response of responses) {
    for (const name of ['From', 'Call-ID', 'CSeq']) expect(response.header(name)).toBe(call.message.header(name));
    expect(response.list('Via').map((via) => via.split(';')[0])).toEqual(
      call.message.list('Via').map((via) => via.split(';')[0]),
    );
  }
  await call.bye().response(200);
  await ends();
});

@Siplet({ name: 'optional' })
class Optional {
  @Options()
  options(request: SipRequest) {
    request.createResponse(486).send();
  }
}

test('UAS-07 §11.2 OPTIONS to the container itself gets 200 with what it can; to a user, what an INVITE would get', async () => {
  const { alice, ends } = await stage(Optional);
  const own = await alice.request('OPTIONS', 'sip:10.0.0.9').response(200);
  for (const name of ['Allow', 'Accept', 'Supported', 'Accept-Encoding', 'Accept-Language'])
    expect(own.header(name), name).toBeDefined();
  await alice.request('OPTIONS', 'sip:bob@siplet').response(486);
  await ends();
});

@Siplet({ name: 'slow-to-answer' })
class SlowToAnswer {
  @Invite()
  answer(request: SipRequest) {
    request.createResponse(200).send();
  }

  @Subsequent('INVITE')
  keep(request: SipRequest) {
    request.createResponse(180).send();
  }

  @Info()
  async invite(request: SipRequest) {
    request.createResponse(200).send();
    const response = await request.session.createRequest('INVITE').send();
    if (response.status < 300) await response.createAck().send();
  }
}

test('UAS-12 §14.2 a re-INVITE while another of the peer is pending gets 500 with Retry-After, while one of ours is, 491', async () => {
  const { alice, ends } = await stage(SlowToAnswer);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  call.ack();
  const first = present(call.dialog).request('INVITE');
  await first.response(180);
  const second = await present(call.dialog).request('INVITE').response(500);
  expect(Number(second.header('Retry-After'))).toBeGreaterThanOrEqual(0);
  expect(Number(second.header('Retry-After'))).toBeLessThanOrEqual(10);
  await call.bye().response(200);
  await first.response(487);

  const other = alice.invite('sip:bob@siplet');
  await other.response(200);
  other.ack();
  await present(other.dialog).request('INFO').response(200);
  const ours = await alice.receive('INVITE');
  await present(other.dialog).request('INVITE').response(491);
  ours.reply(200);
  await ours.ack();
  await other.bye().response(200);
  await ends();
});

@Siplet({ name: 'asking' })
class Asking {
  @Message()
  async ask(request: SipRequest) {
    const leg = request.b2bua().createRequest({ to: 'sip:bob@10.0.0.2' });
    const response = await leg.send();
    request.createResponse(response.status).send();
  }
}

test('UAS-14 §8.1.3.3 a response with more than one Via, which was meant for somebody else, is dropped', async () => {
  const { alice, bob, ends } = await stage(Asking);
  const asked = alice.request('MESSAGE', 'sip:agent@siplet');
  const message = await bob.receive('MESSAGE');
  const foreign = present(message.message.header('Via'));
  message.reply(480, { headers: { Via: [foreign, 'SIP/2.0/UDP 10.0.0.3;branch=z9hG4bKx'] } });
  // For the application nobody has answered.
  await asked.response(408);
  await ends();
});
