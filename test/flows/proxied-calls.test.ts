// The flows of a proxied call through the whole container in virtual time, each as the ladder that an operator would
// see.
import {
  Invite,
  ProvisionalResponse,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { stage } from '../world/stage.js';

async function ring() {
  const seen: string[] = [];
  @siplet({ name: 'ring' })
  class Ring {
    @Invite()
    ring(request: SipRequest) {
      request.proxy({ recordRoute: true }).proxyTo('sip:desk@10.0.0.2');
    }

    @ProvisionalResponse()
    ringing(response: SipResponse) {
      seen.push(`${response.status}`);
    }

    @SuccessResponse()
    answered(response: SipResponse) {
      seen.push(`${response.status} to ${response.method}${response.isRetransmission ? ' again' : ''}`);
    }
  }
  return { ...(await stage(Ring, { phones: { alice: '10.0.0.1', desk: '10.0.0.2' } })), seen };
}

describe('a proxied call', () => {
  test('§16.7 C-10 is answered with 200, record-routed, and ended by the caller', async () => {
    const { world, alice, desk, container, seen } = await ring();
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await desk.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    await world.run(1000);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = call.bye();
    (await desk.receive('BYE')).reply(200);
    await bye.response(200);
    expect(seen).toEqual(['180', '200 to INVITE', '200 to BYE']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice            siplet             desk
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
      proxiedDialogs: 0,
      applicationSessions: 0,
      sessionIds: 0,
    });
    expect(container.problems()).toEqual([]);
  });

  test('C-34 is ended by the callee', async () => {
    const { world, alice, desk, seen } = await ring();
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await desk.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = invite.bye();
    (await alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(seen).toEqual(['200 to INVITE', '200 to BYE']);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice            siplet             desk
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

  test('C-29 §9.1 CANCEL before a 1xx waits for it', async () => {
    const { world, alice, desk } = await ring();
    desk.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await desk.receive('INVITE');
    await call.cancel().response(200);
    await world.run(300);
    invite.reply(180);
    await call.response(487);
    await world.deliver();
    expect(world.ladder()).toMatchInlineSnapshot(`
      "          alice                      siplet                       desk
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

  test('C-34 re-INVITE from the callee goes through the application', async () => {
    const { world, alice, desk, seen } = await ring();
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await desk.receive('INVITE');
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
      "  alice          siplet           desk
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
    const { world, alice, desk, seen } = await ring();
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    const invite = await desk.receive('INVITE');
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
      "          alice          siplet           desk
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
});
