// The flows of a proxied call through the whole container in virtual time, each as the ladder that an operator would see.
import {
  BestResponse,
  Invite,
  ProvisionalResponse,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { Siplet } from '../world/siplet.js';
import { World } from '../world/world.js';

/** Proxies with what the test sets; voicemail is added when the best response is not a decline. */
function application(options: {
  targets: string[];
  voicemail?: string;
  parallel?: boolean;
  supervised?: boolean;
  timeout?: number;
  recordRoute?: boolean;
}) {
  const seen: string[] = [];
  @siplet({ name: 'ring' })
  class Ring {
    @Invite()
    ring(request: SipRequest) {
      request
        .proxy({
          recordRoute: options.recordRoute ?? true,
          parallel: options.parallel ?? true,
          supervised: options.supervised ?? true,
          timeout: options.timeout ?? 180,
        })
        .proxyTo(options.targets);
    }

    @ProvisionalResponse()
    ringing(response: SipResponse) {
      seen.push(`${response.status}`);
    }

    @SuccessResponse()
    answered(response: SipResponse) {
      seen.push(`${response.status} to ${response.method}${response.isRetransmission ? ' again' : ''}`);
    }

    @BestResponse()
    failed(response: SipResponse) {
      seen.push(`best ${response.status}`);
      if (options.voicemail !== undefined && response.status < 600) response.proxy!.proxyTo(options.voicemail);
    }
  }
  return { seen, Ring };
}

async function stage(options: Parameters<typeof application>[0]) {
  const world = new World();
  const alice = world.phone('alice', '10.0.0.1');
  const { seen, Ring } = application(options);
  const container = await Siplet.start(world, { ring: { Ring } });
  const phone = (name: string, n: number) => world.phone(name, `10.0.0.${n}`);
  return { world, alice, container, seen, bob: phone('bob', 2), carol: phone('carol', 3) };
}

const BOB = 'sip:bob@10.0.0.2';
const CAROL = 'sip:carol@10.0.0.3';

describe('a proxied call', () => {
  test('§16.7 C-10 is answered with 200, record-routed, and ended by the caller', async () => {
    const { world, alice, bob, container, seen } = await stage({ targets: [BOB] });
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    await world.run(1000);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = call.bye();
    (await bob.receive('BYE')).reply(200);
    await bye.response(200);
    expect(seen).toEqual(['180', '200 to INVITE', '200 to BYE']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice            siplet              bob
          |--INVITE-------->|                 |
          |<--100 Trying----|                 |
          |                 |--INVITE-------->|
          |                 |<--180 Ringing---|
          |<--180 Ringing---|                 |
          |                 |<--200 OK--------|
          |<--200 OK--------|                 |
          |--ACK----------->|                 |
          |                 |--ACK----------->|
          |--BYE----------->|                 |
          |                 |--BYE----------->|
          |                 |<--200 OK (BYE)--|
          |<--200 OK (BYE)--|                 |"
    `);
    await world.runUntilIdle();
    expect(container.alive).toEqual({
      inviteClient: 0,
      inviteServer: 0,
      nonInviteClient: 0,
      nonInviteServer: 0,
      dialogSets: 0,
      applicationSessions: 0,
    });
    expect(container.problems()).toEqual([]);
  });

  test('C-34 is ended by the callee', async () => {
    const { world, alice, bob, seen } = await stage({ targets: [BOB] });
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = invite.bye();
    (await alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(seen).toEqual(['200 to INVITE', '200 to BYE']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice            siplet              bob
          |--INVITE-------->|                 |
          |<--100 Trying----|                 |
          |                 |--INVITE-------->|
          |                 |<--200 OK--------|
          |<--200 OK--------|                 |
          |--ACK----------->|                 |
          |                 |--ACK----------->|
          |                 |<--BYE-----------|
          |<--BYE-----------|                 |
          |--200 OK (BYE)-->|                 |
          |                 |--200 OK (BYE)-->|"
    `);
  });

  test('C-10 §16.7 step 10 forks: the first 200 cancels the other branch, whose 487 is acknowledged', async () => {
    const { world, alice, bob, carol, seen } = await stage({ targets: [BOB, CAROL] });
    carol.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    invite.reply(180);
    (await carol.receive('INVITE')).reply(180);
    await world.deliver();
    invite.reply(200);
    await call.response(200);
    call.ack();
    await world.deliver();
    expect(seen).toEqual(['180', '180', '200 to INVITE']);
    expect(world.ladder({ times: false, headers: ['Reason'] })).toMatchInlineSnapshot(`
      "  alice           siplet             bob            carol
          |--INVITE------->|                |               |
          |<--100 Trying---|                |               |
          |                |--INVITE------->|               |
          |                |--INVITE----------------------->|
          |                |<--180 Ringing--|               |
          |                |<--180 Ringing------------------|
          |<--180 Ringing--|                |               |
          |<--180 Ringing--|                |               |
          |                |<--200 OK-------|               |
          |                |--CANCEL----------------------->|
          |                |                |               |  Reason: SIP;cause=200;text="Call completed elsewhere"
          |<--200 OK-------|                |               |
          |                |<--200 OK (CANCEL)--------------|
          |                |<--487 Request Terminated-------|
          |--ACK---------->|                |               |
          |                |--ACK-------------------------->|
          |                |--ACK---------->|               |"
    `);
  });

  test('C-16 C-17 busy, then a branch that the best-response handler adds', async () => {
    const { world, alice, bob, carol, seen } = await stage({ targets: [BOB], voicemail: CAROL });
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await bob.receive('INVITE')).reply(486);
    (await carol.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await world.deliver();
    expect(seen).toEqual(['best 486', '200 to INVITE']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice          siplet               bob            carol
          |--INVITE------>|                  |               |
          |<--100 Trying--|                  |               |
          |               |--INVITE--------->|               |
          |               |<--486 Busy Here--|               |
          |               |--ACK------------>|               |
          |               |--INVITE------------------------->|
          |               |<--200 OK-------------------------|
          |<--200 OK------|                  |               |
          |--ACK--------->|                  |               |
          |               |--ACK---------------------------->|"
    `);
  });

  test('C-13 a 6xx cancels the other branch and goes upstream when that has ended', async () => {
    const { world, alice, bob, carol, seen } = await stage({
      targets: [BOB, CAROL],
      voicemail: 'sip:voicemail@10.0.0.4',
    });
    carol.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    (await carol.receive('INVITE')).reply(180);
    await call.response(180);
    invite.reply(603);
    await call.response(603);
    await world.deliver();
    expect(seen).toEqual(['180', 'best 603']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice           siplet             bob            carol
          |--INVITE------->|                |               |
          |<--100 Trying---|                |               |
          |                |--INVITE------->|               |
          |                |--INVITE----------------------->|
          |                |<--180 Ringing------------------|
          |<--180 Ringing--|                |               |
          |                |<--603 Decline--|               |
          |                |--ACK---------->|               |
          |                |--CANCEL----------------------->|
          |                |<--200 OK (CANCEL)--------------|
          |                |<--487 Request Terminated-------|
          |                |--ACK-------------------------->|
          |<--603 Decline--|                |               |
          |--ACK---------->|                |               |"
    `);
  });

  test('C-29 §9.1 CANCEL after a 1xx', async () => {
    const { world, alice, bob, container } = await stage({ targets: [BOB] });
    bob.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await bob.receive('INVITE')).reply(180);
    await call.response(180);
    const cancel = call.cancel({ headers: { Reason: 'SIP;cause=200;text="Call completed elsewhere"' } });
    await cancel.response(200);
    await call.response(487);
    await world.deliver();
    expect(world.ladder({ times: false, headers: ['Reason'] })).toMatchInlineSnapshot(`
      "  alice                      siplet                        bob
          |--INVITE------------------>|                           |
          |<--100 Trying--------------|                           |
          |                           |--INVITE------------------>|
          |                           |<--180 Ringing-------------|
          |<--180 Ringing-------------|                           |
          |--CANCEL------------------>|                           |
          |                           |                           |  Reason: SIP;cause=200;text="Call completed elsewhere"
          |<--200 OK (CANCEL)---------|                           |
          |                           |--CANCEL------------------>|
          |                           |                           |  Reason: SIP;cause=200;text="Call completed elsewhere"
          |                           |<--200 OK (CANCEL)---------|
          |                           |<--487 Request Terminated--|
          |                           |--ACK--------------------->|
          |<--487 Request Terminated--|                           |
          |--ACK--------------------->|                           |"
    `);
    await world.runUntilIdle();
    expect(Object.values(container.alive).every((count) => count === 0)).toBe(true);
  });

  test('C-29 §9.1 CANCEL before a 1xx waits for it', async () => {
    const { world, alice, bob } = await stage({ targets: [BOB] });
    bob.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    await call.cancel().response(200);
    await world.run(300);
    invite.reply(180);
    await call.response(487);
    await world.deliver();
    expect(world.ladder()).toMatchInlineSnapshot(`
      "          alice                      siplet                        bob
         0.000    |--INVITE------------------>|                           |
         0.001    |<--100 Trying--------------|                           |
         0.001    |                           |--INVITE------------------>|
         0.002    |--CANCEL------------------>|                           |
         0.003    |<--200 OK (CANCEL)---------|                           |
         0.304    |                           |<--180 Ringing-------------|
         0.305    |                           |--CANCEL------------------>|
         0.305    |<--180 Ringing-------------|                           |
         0.306    |                           |<--200 OK (CANCEL)---------|
         0.306    |                           |<--487 Request Terminated--|
         0.307    |                           |--ACK--------------------->|
         0.307    |<--487 Request Terminated--|                           |
         0.308    |--ACK--------------------->|                           |"
    `);
  });

  test('§16.7 step 6 nobody answers: the INVITE is sent again until Timer B, then 408', async () => {
    const { world, alice, bob, seen } = await stage({ targets: [BOB] });
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    await call.response(408, 40_000);
    await world.deliver();
    expect(bob.received).toHaveLength(7);
    expect(seen).toEqual(['best 408']);
    expect(world.ladder()).toMatchInlineSnapshot(`
      "          alice                   siplet            bob
         0.000    |--INVITE--------------->|               |
         0.001    |<--100 Trying-----------|               |
         0.001    |                        |--INVITE------>|
         0.501    |                        |--INVITE #2--->|
         1.501    |                        |--INVITE #3--->|
         3.501    |                        |--INVITE #4--->|
         7.501    |                        |--INVITE #5--->|
        15.501    |                        |--INVITE #6--->|
        31.501    |                        |--INVITE #7--->|
        32.001    |<--408 Request Timeout--|               |
        32.002    |--ACK------------------>|               |"
    `);
  });

  test('C-22 rings until the timeout: cancelled, and 408 upstream', async () => {
    const { world, alice, bob, seen } = await stage({ targets: [BOB], timeout: 20 });
    bob.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await bob.receive('INVITE')).reply(180);
    await call.response(408, 40_000);
    await world.deliver();
    expect(seen).toEqual(['180', 'best 408']);
    expect(world.ladder()).toMatchInlineSnapshot(`
      "          alice                   siplet                        bob
         0.000    |--INVITE--------------->|                           |
         0.001    |<--100 Trying-----------|                           |
         0.001    |                        |--INVITE------------------>|
         0.002    |                        |<--180 Ringing-------------|
         0.003    |<--180 Ringing----------|                           |
        20.001    |                        |--CANCEL------------------>|
        20.002    |                        |<--200 OK (CANCEL)---------|
        20.002    |                        |<--487 Request Terminated--|
        20.003    |                        |--ACK--------------------->|
        20.003    |<--408 Request Timeout--|                           |
        20.004    |--ACK------------------>|                           |"
    `);
  });

  test('C-34 re-INVITE from the callee goes through the application', async () => {
    const { world, alice, bob, seen } = await stage({ targets: [BOB] });
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const again = invite.dialog.request('INVITE', { body: 'v=0\r\ns=hold\r\n' });
    const held = await alice.receive('INVITE');
    expect(held.body).toBe('v=0\r\ns=hold\r\n');
    held.reply(200);
    await again.response(200);
    again.ack();
    await held.ack();
    expect(seen).toEqual(['200 to INVITE', '200 to INVITE']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice          siplet            bob
          |--INVITE------>|               |
          |<--100 Trying--|               |
          |               |--INVITE------>|
          |               |<--200 OK------|
          |<--200 OK------|               |
          |--ACK--------->|               |
          |               |--ACK--------->|
          |               |<--INVITE------|
          |               |--100 Trying-->|
          |<--INVITE------|               |
          |--200 OK------>|               |
          |               |--200 OK------>|
          |               |<--ACK---------|
          |<--ACK---------|               |"
    `);
  });

  test('C-10b RFC 6026 §7.2 a retransmitted 2xx goes through the handler and upstream again', async () => {
    const { world, alice, bob, seen } = await stage({ targets: [BOB] });
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    await world.run(500);
    invite.resend();
    await world.deliver();
    call.ack();
    await invite.ack();
    expect(seen).toEqual(['200 to INVITE', '200 to INVITE again']);
    expect(call.responses.filter((response) => response.status === 200).map(String)).toHaveLength(2);
    expect(new Set(call.responses.filter((response) => response.status === 200).map(String)).size).toBe(1);
    expect(world.ladder()).toMatchInlineSnapshot(`
      "          alice          siplet            bob
         0.000    |--INVITE------>|               |
         0.001    |<--100 Trying--|               |
         0.001    |               |--INVITE------>|
         0.002    |               |<--200 OK------|
         0.003    |<--200 OK------|               |
         0.504    |               |<--200 OK #2---|
         0.505    |<--200 OK #2---|               |
         0.506    |--ACK--------->|               |
         0.507    |               |--ACK--------->|"
    `);
  });

  test('C-2 C-3 unsupervised: the container chooses, and the application sees what comes in the dialog', async () => {
    const { world, alice, bob, carol, seen } = await stage({
      targets: [BOB, CAROL],
      supervised: false,
      voicemail: 'sip:voicemail@10.0.0.4',
    });
    carol.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    (await carol.receive('INVITE')).reply(486);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    expect(seen).toEqual([]);
    const bye = call.bye();
    (await bob.receive('BYE')).reply(200);
    await bye.response(200);
    expect(seen).toEqual(['200 to BYE']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice            siplet              bob            carol
          |--INVITE-------->|                 |               |
          |<--100 Trying----|                 |               |
          |                 |--INVITE-------->|               |
          |                 |--INVITE------------------------>|
          |                 |<--486 Busy Here-----------------|
          |                 |<--200 OK--------|               |
          |                 |--ACK--------------------------->|
          |<--200 OK--------|                 |               |
          |--ACK----------->|                 |               |
          |                 |--ACK----------->|               |
          |--BYE----------->|                 |               |
          |                 |--BYE----------->|               |
          |                 |<--200 OK (BYE)--|               |
          |<--200 OK (BYE)--|                 |               |"
    `);
  });
});
