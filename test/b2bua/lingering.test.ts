// What stays of a call in which the application was a user agent, while its transactions linger (§13.2.2.4, RFC 6026,
// JSR 289 §6.2.4).
import { ApplicationSessionDestroyed, Invite, SessionDestroyed, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { arrivals } from '../world/arrivals.js';
import { type BridgingStage, bridging, doesAsTold } from './bridging.js';
import { ALICE, BOB, talking } from './legs.js';

const notes: string[] = [];

@Siplet({ name: 'noted' })
class Noted {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }

  @SessionDestroyed()
  sessionDestroyed() {
    notes.push('session destroyed');
  }

  @ApplicationSessionDestroyed()
  destroyed() {
    notes.push('destroyed');
  }
}

const left = ({ container: { alive } }: BridgingStage) => alive.applicationSessions;

async function noted(does?: (request: SipRequest) => unknown) {
  notes.length = 0;
  return bridging(does, Noted);
}

test('W-14 JSR 289 §6.2.4 the sessions of a bridge end with the answer to its BYE, from either side', async () => {
  for (const side of ['alice', 'bob'] as const) {
    const on = await noted();
    const call = await talking(on);
    expect(left(on)).toBe(1);
    const bye = call[side].request('BYE');
    const other = await on[side === 'alice' ? 'bob' : 'alice'].receive('BYE');
    await bye.response(200);
    expect(notes).not.toContain('destroyed');
    other.reply(200);
    await on.world.run(10);
    expect(notes).toEqual(['session destroyed', 'session destroyed', 'destroyed']);
    expect(left(on)).toBe(0);
    const { inviteServer, inviteClient, nonInviteServer } = on.container.alive;
    expect([inviteServer, inviteClient, nonInviteServer]).toEqual([1, 1, 1]);
    await on.over();
  }
});

test('W-14 §8.2.7 a call that the application refuses leaves no session behind', async () => {
  const on = await noted((request) => request.createResponse(486).send());
  const call = on.alice.invite('sip:bob@siplet');
  await call.response(486);
  await on.world.run(10);
  expect(left(on)).toBe(0);
  expect(notes).toEqual(['session destroyed', 'destroyed']);
  await on.over();
});

test('W-14 a bridged call that is busy leaves no session behind', async () => {
  const on = await noted();
  const call = on.alice.invite('sip:bob@siplet');
  (await on.bob.receive('INVITE')).reply(486);
  await call.response(486);
  await on.world.run(10);
  expect(left(on)).toBe(0);
  await on.over();
});

test('W-14 §13.2.2.4 a 2xx that comes again after the call has ended gets its ACK again', async () => {
  const on = await noted();
  const { alice, invite } = await talking(on);
  const bye = alice.request('BYE');
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.world.run(10);
  expect(left(on)).toBe(0);
  const before = arrivals(on.bob).length;
  invite.reply(200);
  invite.reply(200);
  await on.world.run(1000);
  const after = arrivals(on.bob).slice(before);
  expect(after.length).toBe(2);
  for (const line of after) expect(line).toMatch(/ACK/);
  await on.over();
});

test('W-14 §13.2.2.4 the 2xx of another fork after the call has ended gets an ACK and a BYE', async () => {
  const on = await noted();
  const { alice, invite } = await talking(on);
  const bye = alice.request('BYE');
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.world.run(10);
  expect(left(on)).toBe(0);
  invite.reply(200, { toTag: 'another' });
  const ended = await on.bob.receive('BYE');
  expect(ended.message.toTag).toBe('another');
  ended.reply(200);
  invite.reply(200, { toTag: 'another' });
  await on.world.run(1000);
  expect(
    arrivals(on.bob)
      .slice(-3)
      .map((line) => /ACK|BYE/.exec(line)?.[0]),
  ).toEqual(['ACK', 'BYE', 'ACK']);
  await on.over();
});

test('W-14 §13.2.2.4 the INVITE had no offer: the ACK to another fork refuses its offer, before the call has ended and after', async () => {
  for (const isOver of [false, true]) {
    const on = await noted();
    const call = on.alice.invite('sip:bob@siplet');
    const invite = await on.bob.receive('INVITE');
    const offer = `${BOB}m=audio 4000 RTP/AVP 0 8\r\na=sendrecv\r\nm=video 4002 RTP/AVP 96\r\n`;
    invite.reply(200, { body: offer, toTag: 'one' });
    await call.response(200);
    call.ack({ body: ALICE });
    await on.bob.receive('ACK');
    if (isOver) {
      const bye = call.dialog.request('BYE');
      (await on.bob.receive('BYE')).reply(200);
      await bye.response(200);
      await on.world.run(10);
    }
    invite.reply(200, { body: offer, toTag: 'another' });
    const ack = await on.bob.receive((request) => request.method === 'ACK' && request.message.toTag === 'another');
    expect(ack.header('Content-Type')).toBe('application/sdp');
    expect(ack.body.match(/^m=.*/gm)).toEqual(['m=audio 0 RTP/AVP 0 8', 'm=video 0 RTP/AVP 96']);
    (await on.bob.receive('BYE')).reply(200);
    if (!isOver) {
      const bye = call.dialog.request('BYE');
      (await on.bob.receive('BYE')).reply(200);
      await bye.response(200);
    }
    await on.over();
  }
});

test('W-14 §17.2.2 a BYE that comes again after the call has ended is answered again', async () => {
  const on = await noted();
  const { alice } = await talking(on);
  const bye = alice.request('BYE');
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.world.run(10);
  const had = arrivals(on.alice).length;
  bye.send();
  await on.world.run(100);
  expect(arrivals(on.alice).slice(had)).toEqual([expect.stringMatching(/ 200$/)]);
  await on.over();
});

test('W-14 §13.2.2.4 with forks that never answer the sessions end with the call all the same', async () => {
  const on = await noted();
  const call = on.alice.invite('sip:bob@siplet');
  const invite = await on.bob.receive('INVITE');
  invite.reply(180, { toTag: 'one' });
  invite.reply(180, { toTag: 'two' });
  await on.world.run(10);
  invite.reply(200, { toTag: 'two' });
  await call.response(200);
  call.ack();
  await on.bob.receive('ACK');
  const bye = call.dialog.request('BYE');
  (await on.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await on.world.run(10);
  expect(left(on)).toBe(0);
  await on.over();
});
