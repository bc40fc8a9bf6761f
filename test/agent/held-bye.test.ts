// A BYE of the application that waits for the ACK to its 2xx (§15).
import { Invite, Siplet, type SipRequest, type SipSession } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requests, statuses } from '../world/arrivals.js';
import { stage } from '../world/stage.js';

let session: SipSession | undefined;
let byes: number[] = [];

@Siplet({ name: 'cutting-off' })
class CuttingOff {
  @Invite()
  async answer(request: SipRequest) {
    session = request.session;
    byes = [];
    request.createResponse(200).send();
    byes.push((await request.session.createRequest('BYE').send()).status);
  }
}

test('E-12 §15 a BYE before the ACK to our 2xx waits for it, and the 2xx is sent again meanwhile', async () => {
  const { world, alice, ends } = await stage(CuttingOff);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  await world.run(3600);
  expect(requests(alice)).toEqual([]);
  expect(statuses(alice).filter((status) => status === 200).length).toBe(4);
  call.ack();
  (await alice.receive('BYE')).reply(200);
  await world.run(100);
  expect(byes).toEqual([200]);
  await ends();
});

test('E-12 §15 a BYE that no ACK allows is sent after 64*T1, once, whatever else ends the call', async () => {
  const { world, alice, ends } = await stage(CuttingOff);
  alice.answerBye = true;
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  await world.run(31_000);
  expect(requests(alice)).toEqual([]);
  void present(session).terminate();
  await world.run(10_000);
  expect(requests(alice).length).toBe(1);
  expect(byes).toEqual([200]);
  await ends();
});

test('E-12 §15.1.2 the BYE of the peer crosses with one that waits: that one is not sent', async () => {
  const { world, alice, ends } = await stage(CuttingOff);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  await call.bye().response(200);
  await world.run(100);
  expect(requests(alice)).toEqual([]);
  expect(byes).toEqual([481]);
  await ends();
});

test('E-12 §12.2.1.1 a BYE that has waited has a higher CSeq than what was sent meanwhile', async () => {
  const { alice, ends } = await stage(CuttingOff);
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  void present(session).createRequest('INFO').send();
  const info = await alice.receive('INFO');
  info.reply(200);
  call.ack();
  const bye = await alice.receive('BYE');
  expect(bye.message.sequence).toBeGreaterThan(info.message.sequence);
  bye.reply(200);
  await ends();
});
