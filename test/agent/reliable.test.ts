// Reliable provisional responses, sent and received by an application (RFC 3262).
import {
  Invite,
  Message,
  NoPrackReceived,
  OnTimer,
  Prack,
  ProvisionalResponse,
  SipFactory,
  Siplet,
  type SipRequest,
  type SipResponse,
  type SipTimer,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ClientRequest } from '../world/outgoing.js';
import { left, stage } from '../world/stage.js';
import type { TextMessage } from '../world/text-message.js';

const OFFER = 'v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\n';
const ANSWER = 'v=0\r\no=b 1 1 IN IP4 10.0.0.2\r\n';
const seen: string[] = [];
let answer: (request: SipRequest) => void;
let later: (request: SipRequest) => void;
let whenPracked: ((request: SipRequest) => void) | undefined;

@Siplet({ name: 'ringing', sessionTimeout: 0 })
class Ringing {
  #request!: SipRequest;

  @Invite()
  ring(request: SipRequest) {
    this.#request = request;
    answer(request);
  }

  @Prack()
  prack(request: SipRequest) {
    seen.push(`PRACK ${request.headers.get('RAck')} ${request.text.length}`);
    whenPracked?.(this.#request);
  }

  @NoPrackReceived()
  lost(response: SipResponse) {
    seen.push(`no PRACK to ${response.status}`);
  }

  @OnTimer()
  fired(_timer: SipTimer) {
    later(this.#request);
  }
}

/** A reliable provisional response. */
function ring(request: SipRequest, status: number, body?: string) {
  const response = request.createResponse(status);
  if (body !== undefined) response.setBody(body, 'application/sdp');
  response.sendReliably();
  return response;
}

function ok(request: SipRequest, body = ANSWER) {
  const response = request.createResponse(200);
  response.setBody(body, 'application/sdp');
  response.send();
}

async function start(run: typeof answer, then: typeof later = () => {}) {
  answer = run;
  later = then;
  seen.length = 0;
  return stage(Ringing);
}

const SUPPORTED = { headers: { Supported: '100rel' }, body: OFFER };

const rack = (response: TextMessage) => `${response.header('RSeq')} ${response.header('CSeq')}`;

const prack = (call: ClientRequest, response: TextMessage, headers: Record<string, string> = {}, body = '') =>
  call.dialogOf(response).request('PRACK', { headers: { RAck: rack(response), ...headers }, body });

test('RFC 3262 §3 sendReliably: RSeq and Require; the PRACK is shown to its handler and answered 200', async () => {
  const { world, alice, ends } = await start(
    (request) => {
      expect(ring(request, 183, ANSWER).isReliable).toBe(true);
      request.applicationSession.setTimer('ok', 3000);
    },
    (request) => ok(request),
  );
  const call = alice.invite('sip:bob@siplet', SUPPORTED);
  const progress = await call.response(183);
  expect(progress.header('Require')).toBe('100rel');
  expect(Number(progress.header('RSeq'))).toBeGreaterThan(0);
  expect(Number(progress.header('RSeq'))).toBeLessThan(2 ** 31);
  await prack(call, progress).response(200);
  await call.response(200);
  call.ack();
  expect(seen).toEqual([`PRACK ${rack(progress)} 0`]);
  await call.bye().response(200);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                    siplet
        |--INVITE---------------->|
        |<--100 Trying------------|
        |<--183 Session Progress--|
        |--PRACK----------------->|
        |<--200 OK (PRACK)--------|
        |<--200 OK----------------|
        |--ACK------------------->|
        |--BYE------------------->|
        |<--200 OK (BYE)----------|"
  `);
  await ends();
});

test('RFC 3262 §3 sendReliably throws when the caller does not know 100rel, for a final response, and for another method', async () => {
  const { alice, ends } = await start((request) => {
    for (const status of [183, 200]) {
      try {
        request.createResponse(status).sendReliably();
      } catch (error) {
        seen.push((error as Error).message);
      }
    }
    ok(request);
  });
  const call = alice.invite('sip:bob@siplet', { body: OFFER });
  await call.response(200);
  call.ack();
  await call.bye().response(200);
  expect(seen).toEqual([
    expect.stringMatching(/cannot send a 183 to the INVITE .* reliably: the caller does not support 100rel/),
    expect.stringMatching(/cannot send a 200 to the INVITE .* reliably: only a 101 to 199/),
  ]);
  await ends();
});

test('RFC 3262 §3 it comes again with T1 doubling without a bound; never acknowledged, the INVITE gets a 5xx after 64*T1', async () => {
  const { world, alice, ends } = await start((request) => void ring(request, 180));
  const call = alice.invite('sip:bob@siplet', SUPPORTED);
  const at: number[] = [];
  const began = world.clock.now();
  while (!call.responses.some(({ status }) => status >= 200)) {
    const count = call.responses.filter(({ status }) => status === 180).length;
    while (at.length < count) at.push(Math.round((world.clock.now() - began) / 100) / 10);
    await world.run(100);
  }
  expect(at).toEqual([0.1, 0.6, 1.6, 3.6, 7.6, 15.6, 31.6]);
  expect(call.last?.status).toBe(500);
  expect(seen).toEqual(['no PRACK to 180']);
  expect(world.clock.now() - began).toBeLessThan(32_300);
  await ends(['Ringing.ring has taken a request and neither answered nor proxied it']);
});

test('RFC 3262 §3 the second waits for the PRACK of the first, with the next RSeq', async () => {
  const { world, alice, ends } = await start((request) => {
    ring(request, 180);
    ring(request, 183);
  });
  const call = alice.invite('sip:bob@siplet', SUPPORTED);
  const first = await call.response(180);
  await world.run(400);
  expect(call.responses.some(({ status }) => status === 183)).toBe(false);
  await prack(call, first).response(200);
  const second = await call.response(183);
  expect(Number(second.header('RSeq'))).toBe(Number(first.header('RSeq')) + 1);
  await prack(call, second).response(200);
  await call.cancel().response(200);
  await call.response(487);
  await ends();
});

test('RFC 3262 §3 a 2xx waits for the PRACK of a description; without a description it does not, and the PRACK is still answered', async () => {
  const held = await start((request) => {
    ring(request, 183, ANSWER);
    ok(request);
    expect(() => request.createResponse(486).send()).toThrow(/final response/);
  });
  const one = held.alice.invite('sip:bob@siplet', SUPPORTED);
  const progress = await one.response(183);
  await held.world.run(400);
  expect(one.responses.some(({ status }) => status >= 200)).toBe(false);
  await prack(one, progress).response(200);
  await one.response(200);
  one.ack();
  await one.bye().response(200);
  await held.ends();

  const free = await start((request) => {
    ring(request, 180);
    ok(request);
  });
  const two = free.alice.invite('sip:bob@siplet', SUPPORTED);
  const ringing = await two.response(180);
  await two.response(200);
  two.ack();
  await prack(two, ringing).response(200);
  await free.world.run(5000);
  expect(two.responses.filter(({ status }) => status === 180).length).toBe(1);
  await two.bye().response(200);
  await free.ends();
});

test('RFC 3262 §3 a 2xx that is held back gives way to a CANCEL, and to the 5xx when no PRACK comes', async () => {
  const run = (request: SipRequest) => {
    ring(request, 183, ANSWER);
    ok(request);
  };
  const first = await start(run);
  const one = first.alice.invite('sip:bob@siplet', SUPPORTED);
  await one.response(183);
  await one.cancel().response(200);
  await one.response(487);
  await first.ends();

  const second = await start(run);
  const two = second.alice.invite('sip:bob@siplet', SUPPORTED);
  await two.response(500, 40_000);
  expect(seen).toEqual(['no PRACK to 183']);
  await second.ends();
});

test('RFC 3262 §3 a PRACK that acknowledges nothing gets 481, one that cannot be read 400', async () => {
  const { alice, ends } = await start((request) => void ring(request, 180));
  const call = alice.invite('sip:bob@siplet', SUPPORTED);
  const ringing = await call.response(180);
  const number = Number(ringing.header('RSeq'));
  await prack(call, ringing, { RAck: `${number + 1} 1 INVITE` }).response(481);
  await prack(call, ringing, { RAck: `${number} 2 INVITE` }).response(481);
  await prack(call, ringing, { RAck: `${number} 1 UPDATE` }).response(481);
  await prack(call, ringing, { RAck: 'x' }).response(400);
  await prack(call, ringing).response(200);
  await prack(call, ringing).response(481);
  await call.cancel().response(200);
  await call.response(487);
  expect(seen.length).toBe(1);
  await ends();
});

test('RFC 3262 §3 to an INVITE that requires 100rel every provisional response but 100 is reliable', async () => {
  const { alice, ends } = await start((request) => request.createResponse(180).send());
  const call = alice.invite('sip:bob@siplet', { headers: { Require: '100rel' }, body: OFFER });
  const ringing = await call.response(180);
  expect(ringing.header('RSeq')).toBeDefined();
  await prack(call, ringing).response(200);
  await call.cancel().response(200);
  await call.response(487);
  await ends();
});

// The application calls ----------------------------------------------------------------------------

let task: (factory: SipFactory, request: SipRequest) => Promise<unknown>;

@Siplet({ name: 'calling', sessionTimeout: 0 })
class Calling {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  async start(request: SipRequest) {
    const response = request.createResponse(200);
    response.setBody(String(await task(this.factory, request)), 'text/plain');
    response.send();
  }

  @ProvisionalResponse()
  ringing(response: SipResponse) {
    seen.push(`${response.status} ${response.isReliable}`);
  }
}

async function calls(run: typeof task) {
  task = run;
  seen.length = 0;
  const on = await stage(Calling);
  const done = on.alice.request('MESSAGE', 'sip:agent@siplet');
  const invite = await on.bob.receive('INVITE');
  return { ...on, done, invite };
}

/** Calls Bob, and hangs up when he has answered. */
async function call(factory: SipFactory, request: SipRequest, offer?: string, take?: (response: SipResponse) => void) {
  const invite = factory.createRequest(request.applicationSession, 'INVITE', 'sip:agent@siplet', 'sip:bob@10.0.0.2');
  invite.headers.set('Supported', '100rel');
  if (offer !== undefined) invite.setBody(offer, 'application/sdp');
  const ok = await invite.send(take && { onProvisional: take });
  if (ok.status >= 300) return ok.status;
  await ok.createAck().send();
  return (await ok.session.createRequest('BYE').send()).status;
}

const reliably = (sequence: number) => ({ headers: { Require: '100rel', RSeq: String(sequence) } });

test('RFC 3262 §4 the container acknowledges a reliable provisional response when its handler has not', async () => {
  const { bob, invite, done, ends } = await calls((factory, request) => call(factory, request, OFFER));
  invite.reply(183, { ...reliably(7), body: ANSWER });
  const prack = await bob.receive('PRACK');
  expect(prack.header('RAck')).toBe('7 1 INVITE');
  expect(prack.header('CSeq')).toBe('2 PRACK');
  prack.reply(200);
  invite.reply(200, { body: ANSWER });
  await invite.ack();
  bob.answerBye = true;
  await done.response(200);
  expect(seen).toEqual(['183 true']);
  await ends();
});

test('RFC 3262 §4 copies and what has overtaken another are neither shown nor acknowledged; each To tag has its own order', async () => {
  const { bob, invite, done, world, ends } = await calls((factory, request) => call(factory, request, OFFER));
  const pracks: string[] = [];
  bob.on('PRACK', (prack) => {
    pracks.push(present(prack.header('RAck')));
    prack.reply(200);
  });
  invite.reply(180, { ...reliably(10), toTag: 'one' });
  await world.run(50);
  invite.reply(180, { ...reliably(10), toTag: 'one' });
  invite.reply(183, { ...reliably(12), toTag: 'one' });
  // The INVITE's offer is open on each fork: this is its answer, and no offer.
  invite.reply(180, { ...reliably(500), toTag: 'two', body: ANSWER });
  await world.run(50);
  invite.reply(181, { ...reliably(11), toTag: 'one' });
  await world.run(50);
  expect(pracks).toEqual(['10 1 INVITE', '500 1 INVITE', '11 1 INVITE']);
  expect(seen).toEqual(['180 true', '180 true', '181 true']);
  invite.reply(486);
  expect((await done.response(200)).body).toBe('486');
  await ends();
});

test('RFC 3262 §5 an offer in a reliable provisional response waits for the PRACK of the application, which answers it', async () => {
  const held: SipResponse[] = [];
  const { bob, invite, done, world, ends } = await calls((factory, request) =>
    call(factory, request, undefined, (response) => void held.push(response)),
  );
  invite.reply(183, { ...reliably(1), body: ANSWER });
  await world.run(1000);
  expect(bob.received.some(({ message }) => message.method === 'PRACK')).toBe(false);
  const prack = present(held[0]).createPrack();
  prack.setBody(OFFER, 'application/sdp');
  void prack.send();
  const received = await bob.receive('PRACK');
  expect([received.header('RAck'), received.body]).toEqual(['1 1 INVITE', OFFER]);
  received.reply(200);
  expect(() => present(held[0]).createPrack()).toThrow(/has its PRACK/);
  invite.reply(200);
  await invite.ack();
  bob.answerBye = true;
  await done.response(200);
  await ends();
});

test('RFC 3262 §3 the PRACK is answered before the next provisional response goes', async () => {
  const { alice, ends } = await start((request) => void ring(request, 180));
  whenPracked = (request) => {
    whenPracked = undefined;
    ring(request, 183);
  };
  const call = alice.invite('sip:bob@siplet', SUPPORTED);
  await prack(call, await call.response(180)).response(200);
  await prack(call, await call.response(183)).response(200);
  const order = alice.received.map(({ message }) => `${message.status} ${message.method}`);
  expect(order.indexOf('200 PRACK')).toBeLessThan(order.indexOf('183 INVITE'));
  await call.cancel().response(200);
  await call.response(487);
  await ends();
});

test('RFC 3262 §3 the provisional responses of a proxy are not reliable', async () => {
  const { alice, bob, ends } = await start((request) => {
    const proxy = request.proxy();
    request.createResponse(183).send();
    expect(() => request.createResponse(183).sendReliably()).toThrow(/it proxies it/);
    proxy.proxyTo('sip:bob@10.0.0.2');
  });
  const call = alice.invite('sip:bob@siplet', { headers: { Require: '100rel' }, body: OFFER });
  expect((await call.response(183)).header('RSeq')).toBeUndefined();
  (await bob.receive('INVITE')).reply(486);
  await call.response(486);
  await ends();
});

test('RFC 3262 §3 no more than 32 wait for a PRACK, whatever the application does', async () => {
  const { alice, ends } = await start((request) => {
    let sent = 0;
    try {
      for (; sent < 100; sent++) ring(request, 180);
    } catch (error) {
      seen.push(`${sent}: ${(error as Error).message}`);
    }
    request.createResponse(486).send();
  });
  await alice.invite('sip:bob@siplet', SUPPORTED).response(486);
  expect(seen).toEqual(['33: 32 reliable provisional responses wait for a PRACK already']);
  await ends();
});

test('RFC 3262 §3 over a network that loses every fourth message the call is answered or refused, and nothing is left', async () => {
  const ended: string[] = [];
  for (let seed = 1; seed <= 25; seed++) {
    answer = (request) => {
      ring(request, 180);
      ring(request, 183, ANSWER);
      ok(request);
    };
    seen.length = 0;
    const { world, alice, container } = await stage(Ringing, { seed });
    Object.assign(alice, { reliable: true, answerBye: true });
    world.network.rule({ loss: 0.25 });
    const call = alice.invite('sip:bob@siplet', SUPPORTED);
    const acknowledged = new Set<string>();
    for (let steps = 0; steps < 800 && !call.responses.some(({ status }) => status >= 200); steps++) {
      await world.run(100);
      for (const response of call.responses) {
        const sequence = response.header('RSeq');
        if (sequence === undefined || acknowledged.has(sequence)) continue;
        acknowledged.add(sequence);
        prack(call, response);
      }
    }
    const final = call.responses.find(({ status }) => status >= 200);
    ended.push(String(final?.status));
    if (final?.status === 200) {
      call.ack();
      expect(acknowledged.size, `seed ${seed}`).toBe(2);
      call.bye();
    }
    await world.runUntilIdle();
    expect(left(container), `seed ${seed}`).toEqual({});
  }
  expect(ended.filter((status) => status === '200').length).toBeGreaterThan(20);
});
