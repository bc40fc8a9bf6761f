// RULES.md section 3: the Contact and the address that an application chooses for its side of a dialog (§8.1.1.8,
// §12.1.1), and when a session was made and last active.
import {
  type ApplicationSession,
  IllegalStateError,
  Invite,
  SipFactory,
  Siplet,
  type SipRequest,
  type SipSession,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { bridging, doesAsTold, tell } from '../b2bua/bridging.js';
import { ALICE as SDP_A, BOB as SDP_B, talking } from '../b2bua/legs.js';
import { responsesTo } from '../world/arrivals.js';
import { scripted, thrown, watch } from '../world/script.js';
import { BOB, stage } from '../world/stage.js';

/** An application whose INVITE handler has the factory. */
async function calling(does: (factory: SipFactory, session: ApplicationSession, request: SipRequest) => unknown) {
  @Siplet({ name: 'calling' })
  class Calling {
    constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

    @Invite()
    call(request: SipRequest): unknown {
      request.createResponse(486).send();
      return does(this.factory, request.applicationSession, request);
    }
  }
  return stage({ calling: { Calling } }, { addresses: ['10.0.0.9', '10.0.0.10'] });
}

function choose(session: SipSession): void {
  session.contact.user = 'sales';
  session.contact.parameters.set('Team', '7').set('ob', true);
}

const CHOSEN = '<sip:sales@10.0.0.9:5060;team=7;ob>';

test('§8.1.1.8 the INVITE of a caller has the chosen Contact, and so do its requests in the dialog', async () => {
  const s = await calling(async (factory, session) => {
    const invite = factory.createRequest(session, 'INVITE', 'sip:sales@siplet', BOB);
    choose(invite.session);
    const answer = await invite.send();
    await answer.createAck().send();
    await answer.session.createRequest('UPDATE').send();
    await answer.session.terminate();
  });
  await s.call().response(486);
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Contact')).toBe(CHOSEN);
  invite.reply(200);
  await invite.ack();
  const update = await s.bob.receive('UPDATE');
  expect(update.header('Contact')).toBe(CHOSEN);
  update.reply(200);
  (await s.bob.receive('BYE')).reply(200);
  await s.ends();
});

test('§12.1.1 provisional and final responses have the Contact that is chosen before the first of them is sent', async () => {
  const s = await scripted({
    invite(request) {
      const ringing = request.createResponse(180);
      choose(request.session);
      ringing.send();
      request.createResponse(200).send();
    },
    update: (request) => request.createResponse(200).send(),
  });
  const call = s.call();
  expect((await call.response(180)).header('Contact')).toBe(CHOSEN);
  expect((await call.response(200)).header('Contact')).toBe(CHOSEN);
  call.ack();
  expect((await call.dialog.request('UPDATE').response(200)).header('Contact')).toBe(CHOSEN);
  await call.bye().response(200);
  await s.ends();
});

test('§12.2.1.1 a request to the chosen Contact arrives: its parameters are those of the Request-URI', async () => {
  let read: unknown;
  const s = await scripted({
    invite(request) {
      choose(request.session);
      request.createResponse(200).send();
    },
    info(request) {
      read = [String(request.uri), request.parameter('team'), request.parameter('OB'), request.parameter('none')];
      request.createResponse(200).send();
    },
  });
  const call = s.call();
  await call.response(200);
  call.ack();
  await call.dialog.request('INFO').response(200);
  expect(read).toEqual(['sip:sales@10.0.0.9:5060;team=7;ob', '7', true, undefined]);
  await call.bye().response(200);
  await s.ends();
});

test('§8.1.3.5 a request that is sent again after a 401 has the same Contact', async () => {
  const s = await calling(async (factory, session) => {
    const invite = factory.createRequest(session, 'INVITE', 'sip:sales@siplet', BOB);
    choose(invite.session);
    await invite.send();
    await invite.session.createRequest('INVITE').send();
  });
  await s.call().response(486);
  for (let sent = 0; sent < 2; sent++) {
    const invite = await s.bob.receive('INVITE');
    expect(invite.header('Contact')).toBe(CHOSEN);
    invite.reply(486);
  }
  await s.ends();
});

test('§19.1.2 characters that are not allowed in a user part or a parameter are escaped', async () => {
  const s = await scripted({
    invite(request) {
      request.session.contact.user = 'a b@c';
      request.session.contact.parameters.set('x', 'a;b>');
      request.createResponse(200).send();
    },
  });
  const call = s.call();
  expect((await call.response(200)).header('Contact')).toBe('<sip:a%20b%40c@10.0.0.9:5060;x=a%3Bb%3E>');
  call.ack();
  await call.bye().response(200);
  await s.ends();
});

test('RULES.md section 3 once it was sent, changing the Contact throws; reading it does not', async () => {
  const errors: unknown[] = [];
  let read: unknown;
  const s = await scripted({
    invite(request) {
      const { contact } = request.session;
      contact.user = 'sales';
      contact.parameters.set('a', '1');
      request.createResponse(180).send();
      errors.push(
        thrown(() => Object.assign(contact, { user: 'x' })),
        thrown(() => contact.parameters.set('b', true)),
        thrown(() => contact.parameters.delete('a')),
        thrown(() => contact.parameters.clear()),
      );
      request.createResponse(200).send();
      read = [request.session.contact.user, [...request.session.contact.parameters]];
    },
  });
  const call = s.call();
  await call.response(200);
  call.ack();
  for (const error of errors) {
    expect(error).toBeInstanceOf(IllegalStateError);
    expect(String(error)).toMatch(
      /contact: the Contact of the session .+ has been sent and cannot be changed any more/,
    );
  }
  expect(errors).toHaveLength(4);
  expect(read).toEqual(['sales', [['a', '1']]]);
  await call.bye().response(200);
  await s.ends();
});

test('RULES.md section 3 the same where nobody had looked at it before it was sent', async () => {
  let error: unknown;
  const s = await scripted({
    invite(request) {
      request.createResponse(200).send();
      error = thrown(() => Object.assign(request.session.contact, { user: 'x' }));
    },
  });
  const call = s.call();
  expect((await call.response(200)).header('Contact')).toBe('<sip:10.0.0.9:5060>');
  call.ack();
  expect(error).toBeInstanceOf(IllegalStateError);
  await call.bye().response(200);
  await s.ends();
});

test.each(['transport', 'maddr', 'TTL', 'method', 'lr'])(
  "RULES.md section 3 the parameter %s is the container's",
  async (name) => {
    let error: unknown;
    const s = await scripted({
      invite(request) {
        error = thrown(() => request.session.contact.parameters.set(name, 'x'));
        request.createResponse(486).send();
      },
    });
    await s.call().response(486);
    expect(error).toEqual(
      new IllegalStateError(
        `contact.parameters: ${name.toLowerCase()} is the container's, an application cannot set it`,
      ),
    );
    await s.ends();
  },
);

test('RULES.md section 3 an empty user and a parameter without a name throw TypeError', async () => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite(request) {
      errors.push(thrown(() => Object.assign(request.session.contact, { user: '' })));
      errors.push(thrown(() => request.session.contact.parameters.set('', 'x')));
      request.createResponse(486).send();
    },
  });
  await s.call().response(486);
  expect(errors).toEqual([
    new TypeError('contact.user is empty: to have no user, set undefined'),
    new TypeError('contact.parameters: a parameter needs a name'),
  ]);
  await s.ends();
});

test('RULES.md section 3 a proxy has no Contact of its own, and chooses its address by its own option', async () => {
  const errors: unknown[] = [];
  const s = await scripted({
    invite(request) {
      request.proxyTo(BOB, { recordRoute: true });
      errors.push(thrown(() => request.session.contact));
      errors.push(thrown(() => Object.assign(request.session, { outboundInterface: '10.0.0.9' })));
    },
    info: ({ session }) => void errors.push(thrown(() => session.contact)),
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  const info = call.dialog.request('INFO');
  (await s.bob.receive('INFO')).reply(200);
  await info.response(200);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(errors.map((error) => error instanceof IllegalStateError)).toEqual([true, true, true]);
  expect(String(errors[0])).toMatch(/contact: the application is not a user agent in the session/);
  await s.ends();
});

test('RFC 7092 both legs of a call held by hand have a Contact of their own', async () => {
  const s = await scripted({
    async invite(request) {
      request.session.contact.user = 'to-alice';
      const b2bua = request.b2bua();
      const leg = b2bua.createRequest({ to: BOB });
      leg.session.contact.user = 'to-bob';
      const answer = await leg.send();
      request.createResponse(answer.status).send();
      await answer.createAck().send();
    },
    bye(request) {
      request.createResponse(200).send();
      void request.b2bua().linkedSession(request.session)?.terminate();
    },
  });
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Contact')).toBe('<sip:to-bob@10.0.0.9:5060>');
  invite.reply(200);
  expect((await call.response(200)).header('Contact')).toBe('<sip:to-alice@10.0.0.9:5060>');
  call.ack();
  await invite.ack();
  await s.alice.receivesNothing(100);
  const bye = call.bye();
  await bye.response(200);
  (await s.bob.receive('BYE')).reply(200);
  await s.ends();
});

@Siplet({ name: 'bridging' })
class Told {
  @Invite()
  call(request: SipRequest): unknown {
    return doesAsTold(request);
  }
}

test('RFC 7092 over a bridge the caller sees the Contact chosen for it in answers and in re-INVITEs', async () => {
  tell(watch);
  const s = await bridging((request) => {
    request.session.contact.user = 'support';
    return request.b2bua().bridge({ to: BOB });
  }, Told);
  const { alice, bob } = await talking(s);
  expect(responsesTo(s.alice, 'INVITE', 200)[0]?.message.header('Contact')).toBe('<sip:support@10.0.0.9:5060>');
  const again = bob.request('INVITE', { body: SDP_B.replace('bob 1 1', 'bob 1 2') });
  const reinvite = await s.alice.receive('INVITE');
  expect(reinvite.header('Contact')).toBe('<sip:support@10.0.0.9:5060>');
  reinvite.reply(200, { body: SDP_A.replace('alice 1 1', 'alice 1 2') });
  expect((await again.response(200)).header('Contact')).toBe('<sip:10.0.0.9:5060>');
  again.ack();
  await reinvite.ack();
  const bye = alice.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.over();
});

test('RULES.md section 3 requests leave from the outboundInterface of their session: INVITE, ACK, CANCEL and BYE', async () => {
  const s = await calling(async (factory, session) => {
    const invite = factory.createRequest(session, 'INVITE', 'sip:sales@siplet', BOB);
    invite.session.outboundInterface = 'udp:10.0.0.10:5060';
    expect(invite.session.outboundInterface).toBe('udp:10.0.0.10:5060');
    const answer = await invite.send();
    await answer.createAck().send();
    await answer.session.terminate();
  });
  await s.call().response(486);
  const invite = await s.bob.receive('INVITE');
  expect(invite.header('Contact')).toBe('<sip:10.0.0.10:5060>');
  expect(invite.header('Via')).toContain('10.0.0.10:5060');
  invite.reply(200);
  await invite.ack();
  (await s.bob.receive('BYE')).reply(200);
  await s.ends();
  expect(new Set(s.bob.received.map(({ from }) => from.address))).toEqual(new Set(['10.0.0.10']));
  expect(s.bob.received.map(({ message }) => message.method)).toEqual(['INVITE', 'ACK', 'BYE']);
});

test('RULES.md section 3 an outboundInterface that is not this container’s throws, and undefined leaves it to routing', async () => {
  const read: unknown[] = [];
  const s = await scripted({
    invite(request) {
      const { session } = request;
      read.push(thrown(() => Object.assign(session, { outboundInterface: 'udp:10.0.0.77:5060' })));
      session.outboundInterface = '10.0.0.9';
      session.outboundInterface = undefined;
      read.push(session.outboundInterface);
      request.createResponse(486).send();
    },
  });
  await s.call().response(486);
  expect(read).toEqual([
    new IllegalStateError('outboundInterface: the container does not listen on udp:10.0.0.77:5060'),
    undefined,
  ]);
  await s.ends();
});

test('RULES.md section 3 §13.2.2.4 the dialog of another fork leaves from the same address', async () => {
  const s = await calling(async (factory, session) => {
    const invite = factory.createRequest(session, 'INVITE', 'sip:x@siplet', BOB);
    invite.session.outboundInterface = '10.0.0.10';
    await (await invite.send()).createAck().send();
  });
  await s.call().response(486);
  const invite = await s.bob.receive('INVITE');
  invite.reply(200, { toTag: 'one' });
  await invite.ack();
  invite.reply(200, { toTag: 'two' });
  const bye = await s.bob.receive('BYE'); // nobody wants it
  expect(bye.message.toTag).toBe('two');
  expect(bye.arrival.from.address).toBe('10.0.0.10');
  bye.reply(200);
  await s.world.deliver();
});

test('RULES.md section 3 createdAt is when the session was made, lastActiveAt when its last message came or went', async () => {
  const held: SipSession[] = [];
  const s = await scripted({
    invite(request) {
      held.push(request.session);
      request.proxyTo(BOB, { recordRoute: true });
    },
  });
  const start = s.world.clock.wallTime();
  const read = () => [held[0]?.createdAt, held[0]?.lastActiveAt].map((date) => Number(date) - start);
  const call = s.call();
  const invite = await s.bob.receive('INVITE');
  expect(read()).toEqual([1, 1]);
  await s.world.run(2000);
  invite.reply(180);
  await call.response(180);
  expect(read()).toEqual([1, 2003]);
  await s.world.run(3000);
  invite.reply(200);
  await call.response(200);
  await s.world.run(1000);
  call.ack();
  await invite.ack();
  const [, acknowledged] = read();
  expect(acknowledged).toBeGreaterThan(6000);
  await s.world.run(60_000);
  expect(read()).toEqual([1, acknowledged]);
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  expect(read()[1]).toBeGreaterThan(66_000);
  await s.ends();
});

test('RULES.md section 3 as a user agent, too', async () => {
  const held: SipSession[] = [];
  const s = await scripted({
    async invite(request) {
      held.push(request.session);
      await s.after(4000);
      request.createResponse(200).send();
    },
  });
  const start = s.world.clock.wallTime();
  const active = () => Number(held[0]?.lastActiveAt) - start;
  const call = s.call();
  await call.response(200);
  expect(active()).toBe(4001);
  await s.world.run(500);
  call.ack();
  await s.world.deliver();
  expect(active()).toBeGreaterThan(4500);
  expect(present(held[0]).createdAt).toBeInstanceOf(Date);
  await call.bye().response(200);
  await s.ends();
});
