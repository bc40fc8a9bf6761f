// The flows of a proxied call through the whole container in virtual time, each as the ladder that an operator would see.
import { BestResponse, Invite, ProvisionalResponse, type SipRequest, type SipResponse, Siplet as siplet, SuccessResponse } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { Siplet } from '../world/siplet.js';
import { World } from '../world/world.js';

/** Proxies with what the test sets; voicemail is added when the best response is not a decline. */
function application(options: { targets: string[]; voicemail?: string; parallel?: boolean; supervised?: boolean; timeout?: number; recordRoute?: boolean }) {
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
});
