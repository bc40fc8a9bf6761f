// Responses that belong to no transaction (RFC 6026 §8.9, which replaces what §16.7 said of them): dropped and counted.
import { describe, expect, test } from 'vitest';
import { BOB, SIPLET, stage } from '../world/stage.js';
import { TextMessage } from '../world/text-message.js';
import { locationService } from './location-service.js';

async function counting() {
  const on = await stage(locationService({ 'sip:bob@example.com': [BOB] }));
  return { ...on, strays: () => on.container.engine.counters.strays };
}

describe('RFC 6026 §8.9', () => {
  test.each([100, 180, 200, 302, 486, 603])('P53-01 a stray %i goes nowhere', async (status) => {
    const s = await counting();
    for (const branch of ['z9hG4bKnobody', 'nobody', '']) {
      const message = new TextMessage(`SIP/2.0 ${status} Stray`);
      message.add('Via', `SIP/2.0/UDP ${SIPLET}:5060;branch=${branch}`, 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1');
      message.add('From', '<sip:a@b>;tag=1').add('To', '<sip:c@d>;tag=2').add('Call-ID', 'x').add('CSeq', '1 INVITE');
      s.bob.send(message, SIPLET);
    }
    await s.alice.receivesNothing(1000);
    expect(s.strays()).toBeGreaterThanOrEqual(2);
    await s.ends();
  });

  test('P53-01 the response to another method than was sent under that branch', async () => {
    const s = await counting();
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    const answer = invite.reply(180);
    await call.response(180);
    s.bob.send(`${answer}`.replace('180 Ringing', '200 OK').replace('1 INVITE', '1 MESSAGE'), SIPLET);
    await s.world.deliver();
    expect(call.responses.map(({ status }) => status)).toEqual([100, 180]);
    expect(s.strays()).toBe(1);
  });

  test('P53-02 a 2xx that comes when the transaction has ended, 64*T1 after the first', async () => {
    const s = await counting();
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    await s.world.run(31_000);
    invite.resend();
    await s.world.deliver();
    expect(call.responses.filter(({ status }) => status === 200)).toHaveLength(2);
    await s.world.run(2000);
    for (let i = 0; i < 3; i++) invite.resend();
    await s.world.deliver();
    expect(call.responses.filter(({ status }) => status === 200)).toHaveLength(2);
    expect(s.strays()).toBe(3);
    await s.ends();
  });

  test('P53-02 a late 200 to another method', async () => {
    const s = await counting();
    const request = s.alice.request('MESSAGE', 'sip:bob@example.com', { via: SIPLET });
    const message = await s.bob.receive('MESSAGE');
    await s.world.run(40_000);
    message.reply(200);
    await s.world.deliver();
    expect(request.responses.filter(({ status }) => status >= 200)).toEqual([]);
    expect(s.strays()).toBe(1);
    await s.ends();
  });
});
