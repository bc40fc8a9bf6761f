// E-06: an application that proxies a dialog answers a request in it by itself (C-34, §13.3.1.4).
import { Invite, NoAckReceived, Siplet, type SipRequest, type SipResponse, Subsequent } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { requests, statuses } from '../world/arrivals.js';
import { BOB, established, type Stage, stage } from '../world/stage.js';

const seen: string[] = [];
/** The methods that the application answers. */
let takes: readonly string[] = [];

@Siplet({ name: 'holding' })
class Holding {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(BOB, { recordRoute: true });
  }

  @Subsequent()
  take(request: SipRequest) {
    seen.push(request.method);
    if (takes.includes(request.method)) request.createResponse(200).send();
  }

  @NoAckReceived()
  lost(response: SipResponse) {
    seen.push(`no ACK to ${response.status}`);
  }
}

async function holding(...methods: string[]): Promise<Stage> {
  seen.length = 0;
  takes = methods;
  return stage({ holding: { Holding } });
}

test('E-06 §13.3.1.4 its 2xx is repeated until the ACK, which goes no further; the dialog goes on', async () => {
  const s = await holding('INVITE');
  const { call } = await established(s);
  const again = call.dialog.request('INVITE', { contact: 'sip:moved@10.0.0.1' });
  const ok = await again.response(200);
  expect(ok.list('Contact')).toEqual(['<sip:bob@10.0.0.2:5060>']);
  await s.world.run(1600);
  expect(statuses(s.alice).filter((status) => status === 200)).toHaveLength(4);
  again.ack();
  await s.world.run(40_000);
  again.ack();
  await s.world.run(100);
  expect(seen).toEqual(['ACK', 'INVITE', 'ACK']);
  const bye = call.bye();
  const received = await s.bob.receive('BYE');
  expect([received.header('CSeq'), requests(s.bob)]).toEqual(['3 BYE', ['INVITE', 'ACK', 'BYE']]);
  received.reply(200);
  await bye.response(200);
  await s.ends();
});

test('E-06 §13.3.1.4 a missing ACK is told, and both sides get a BYE where they are by now', async () => {
  const s = await holding('INVITE');
  const { invite } = await established(s);
  invite.dialog.request('INVITE', { sequence: 5, contact: 'sip:desk@10.0.0.2' });
  const [toAlice, toBob] = [await s.alice.receive('BYE'), await s.bob.receive('BYE')];
  expect([toAlice.header('CSeq'), toBob.header('CSeq'), toBob.uri]).toEqual(['6 BYE', '2 BYE', 'sip:desk@10.0.0.2']);
  toAlice.reply(200);
  toBob.reply(200);
  expect(seen).toEqual(['ACK', 'INVITE', 'no ACK to 200']);
  expect(requests(s.alice)).toEqual(['BYE']);
  await s.ends();
});

test('E-06 RFC 3311 §5.2 its 2xx to an UPDATE names the Contact of the recipient, and moves the sender', async () => {
  const s = await holding('UPDATE');
  const { call } = await established(s);
  const update = call.dialog.request('UPDATE', { contact: 'sip:moved@10.0.0.1' });
  expect((await update.response(200)).list('Contact')).toEqual(['<sip:bob@10.0.0.2:5060>']);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(requests(s.bob)).toEqual(['INVITE', 'ACK', 'BYE']);
  await s.ends();
});

test('E-06 §15 a BYE ends the repetition of its 2xx', async () => {
  const s = await holding('INVITE');
  const { call, invite } = await established(s);
  await call.dialog.request('INVITE').response(200);
  const bye = invite.dialog.bye();
  (await s.alice.receive('BYE')).reply(200);
  await bye.response(200);
  const before = statuses(s.alice).length;
  await s.ends();
  expect(statuses(s.alice)).toHaveLength(before);
  expect(seen).toEqual(['ACK', 'INVITE', 'BYE']);
});

@Siplet({ name: 'holding-calls' })
class HoldingCalls {
  @Invite()
  ring(request: SipRequest) {
    request.proxyTo(BOB, { recordRoute: true });
  }

  @Subsequent('INVITE')
  take(request: SipRequest) {
    request.createResponse(200).send();
  }
}

test('E-06 §13.3.1.4 the ACK goes no further where the application has no handler for it', async () => {
  const s = await stage({ holding: { HoldingCalls } });
  const { call } = await established(s);
  const again = call.dialog.request('INVITE');
  await again.response(200);
  again.ack();
  await s.world.run(1000);
  expect(requests(s.bob)).toEqual(['INVITE', 'ACK']);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
});
