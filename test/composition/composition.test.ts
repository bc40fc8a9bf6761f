// RULES.md section 5: several applications in one process, as if over the wire but without a socket.
import {
  BestResponse,
  Bye,
  Invite,
  Message,
  ProvisionalResponse,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { type Applications, Siplet, type SipletOptions } from '../world/siplet.js';
import { BOB, stage } from '../world/stage.js';
import { World } from '../world/world.js';

/** An application that stays on the path and notes what it sees; proxies to `target`, or where the request is going. */
function passed(name: string, seen: string[], target?: string) {
  @siplet({ name })
  class Passed {
    @Invite()
    invite(request: SipRequest) {
      seen.push(`${name} ${request.method} ${request.maxForwards}`);
      request.headers.add('X-Passed', name);
      request.proxy({ recordRoute: true }).proxyTo(target ?? request.uri);
    }
    @Bye()
    bye(request: SipRequest) {
      seen.push(`${name} BYE`);
      request.headers.add('X-Passed', name);
    }
    @ProvisionalResponse()
    ringing(response: SipResponse) {
      seen.push(`${name} ${response.status}`);
    }
    @SuccessResponse()
    answered(response: SipResponse) {
      seen.push(`${name} ${response.status} to ${response.method}`);
    }
    @BestResponse()
    failed(response: SipResponse) {
      seen.push(`${name} best ${response.status}`);
    }
  }
  return Passed;
}

async function chain(options: SipletOptions = {}, more: (seen: string[]) => Applications = () => ({})) {
  const seen: string[] = [];
  const applications = {
    forward: { Forward: passed('forward', seen, BOB) },
    'reach-me': { ReachMe: passed('reach-me', seen) },
    screen: { Screen: passed('screen', seen) },
    ...more(seen),
  };
  const configuration = "router: { INVITE: [screen, forward, reach-me], '*': [forward] }";
  return { ...(await stage(applications, { configuration, ...options })), seen };
}

/** a, b and c in one container. */
async function inOne(world: World, seen: string[]): Promise<void> {
  const applications = {
    a: { A: passed('a', seen) },
    b: { B: passed('b', seen) },
    c: { C: passed('c', seen, BOB) },
  };
  await Siplet.start(world, applications, { name: 'siplet', addresses: ['10.0.0.9'] });
}

/** Each in a container of its own. */
async function inARow(world: World, seen: string[]): Promise<void> {
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    const target = i < 2 ? `sip:somebody@10.0.0.${8 - i}` : BOB;
    const options = { name: i === 0 ? 'siplet' : name, addresses: [`10.0.0.${9 - i}`] };
    await Siplet.start(world, { [name]: { Passed: passed(name, seen, target) } }, options);
  }
}

/** The octets of a message without what differs from hop to hop and from run to run. */
function plain(text: string): string {
  return text
    .replaceAll(/10\.0\.0\.[789]/g, '10.0.0.N')
    .replaceAll(/;sid=[^;>]*/g, ';sid=…')
    .replaceAll(/branch=z9hG4bK[^;\r]*/g, 'branch=…')
    .replaceAll(/;received=10\.0\.0\.N;rport=5060|;rport=5060;received=10\.0\.0\.N|;rport(=5060)?(?=\r)/g, '')
    .replaceAll(/(tag=|Call-ID: )[^;\r]*/g, '$1…');
}

describe('composition', () => {
  test('section 5 each application gets the request once, in order; responses and subsequent requests walk the same path', async () => {
    const { world, seen, alice, bob, ends } = await chain();
    const call = alice.invite('sip:somebody@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    expect(invite.header('Max-Forwards')).toBe('67');
    expect(invite.list('X-Passed')).toEqual(['screen', 'forward', 'reach-me']);
    expect(invite.list('Via')).toHaveLength(4);
    expect(invite.list('Record-Route')).toHaveLength(3);
    invite.reply(180);
    await call.response(180);
    invite.reply(200);
    const ok = await call.response(200);
    expect(ok.list('Via')).toHaveLength(1);
    call.ack();
    await invite.ack();
    const bye = call.bye();
    const ended = await bob.receive('BYE');
    expect(ended.list('X-Passed')).toEqual(['screen', 'forward', 'reach-me']);
    expect(ended.list('Route')).toEqual([]);
    ended.reply(200);
    await bye.response(200);
    expect(seen).toEqual([
      'screen INVITE 70',
      'forward INVITE 69',
      'reach-me INVITE 68',
      ...['reach-me 180', 'forward 180', 'screen 180'],
      ...['reach-me 200 to INVITE', 'forward 200 to INVITE', 'screen 200 to INVITE'],
      ...['screen BYE', 'forward BYE', 'reach-me BYE'],
      ...['reach-me 200 to BYE', 'forward 200 to BYE', 'screen 200 to BYE'],
    ]);
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
    await ends();
  });

  test('section 5 the callee hangs up: the same path from the other side', async () => {
    const { seen, alice, bob } = await chain();
    const call = alice.invite('sip:somebody@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    seen.length = 0;
    const bye = invite.bye();
    (await alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(seen.slice(0, 3)).toEqual(['reach-me BYE', 'forward BYE', 'screen BYE']);
  });

  test('section 5 a CANCEL walks the path, and the 487 comes back on it', async () => {
    const { seen, alice, bob, ends } = await chain();
    bob.answerCancel = true;
    const call = alice.invite('sip:somebody@example.com', { via: 'siplet' });
    (await bob.receive('INVITE')).reply(180);
    await call.response(180);
    await call.cancel().response(200);
    await call.response(487);
    expect(seen.slice(-3)).toEqual(['reach-me best 487', 'forward best 487', 'screen best 487']);
    await ends();
  });

  test('section 5 one that answers ends the chain, one without a handler for the method is passed over', async () => {
    const { alice, bob } = await chain({ configuration: "router: { '*': [screen, postman, forward] }" }, () => {
      @siplet()
      class Postman {
        @Message()
        take(request: SipRequest) {
          request.createResponse(202).send();
        }
      }
      return { postman: { Postman } };
    });
    const message = alice.request('MESSAGE', 'sip:somebody@example.com', { via: 'siplet' });
    await message.response(202);
    const call = alice.invite('sip:somebody@example.com', { via: 'siplet' });
    const invite = await bob.receive('INVITE');
    expect(invite.list('X-Passed')).toEqual(['screen', 'forward']);
    invite.reply(486);
    await call.response(486);
  });

  test('section 5 with no order, every application, alphabetically', async () => {
    const { alice, bob } = await chain({ configuration: '' });
    alice.invite(BOB, { via: 'siplet' });
    expect((await bob.receive('INVITE')).list('X-Passed')).toEqual(['forward', 'reach-me', 'screen']);
  });

  test('issue: the same messages on both outer sides as three containers in a row, except the hops between', async () => {
    const outer = async (compose: boolean) => {
      const world = new World();
      const seen: string[] = [];
      const alice = world.phone('alice', '10.0.0.1');
      const bob = world.phone('bob', '10.0.0.2');
      await (compose ? inOne(world, seen) : inARow(world, seen));
      const call = alice.invite('sip:somebody@10.0.0.9', { via: 'siplet' });
      const invite = await bob.receive('INVITE');
      invite.reply(180);
      await call.response(180);
      invite.reply(200);
      await call.response(200);
      call.ack();
      await invite.ack();
      const bye = call.bye();
      (await bob.receive('BYE')).reply(200);
      await bye.response(200);
      return {
        seen,
        alice: call.responses.map((response) => plain(String(response))),
        bob: bob.received.map((request) => plain(String(request.message))),
      };
    };
    const composed = await outer(true);
    const separate = await outer(false);
    expect(composed.seen).toEqual(separate.seen);
    expect(composed.bob).toEqual(separate.bob);
    expect(composed.alice.filter((text) => !text.includes('100 Trying'))).toEqual(
      separate.alice.filter((text) => !text.includes('100 Trying')),
    );
  });
});
