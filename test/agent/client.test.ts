// The application as the user agent that calls (§8.1, §12.1.2, §13.2, §15.1.1).
import {
  type ApplicationSession,
  Invite,
  Message,
  OnTimer,
  ProvisionalResponse,
  SipFactory,
  Siplet,
  type SipRequest,
  type SipResponse,
  SuccessResponse,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';

/** A MESSAGE from Alice says what is to be done; the answer is 200 with what came of it. */
let task: (factory: SipFactory, request: SipRequest) => Promise<unknown>;
const seen: string[] = [];

@Siplet({ name: 'calling' })
class Calling {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  async start(request: SipRequest) {
    const result = await task(this.factory, request);
    const response = request.createResponse(200);
    response.setBody(String(result), 'text/plain');
    response.send();
  }

  @ProvisionalResponse()
  ringing(response: SipResponse) {
    seen.push(`handler ${response.status}`);
  }

  @SuccessResponse()
  answered(response: SipResponse) {
    seen.push(`handler ${response.status} ${response.session.id === response.request.session.id}`);
    void response.createAck().send();
  }
}

const CALL = (factory: SipFactory, session: ApplicationSession, to = 'sip:bob@10.0.0.2') =>
  factory.createRequest(session, 'INVITE', 'sip:agent@siplet', to);

async function start(run: typeof task) {
  task = run;
  seen.length = 0;
  const on = await stage(Calling);
  return { ...on, ask: () => on.alice.request('MESSAGE', 'sip:agent@siplet') };
}

test('§13.2 a call that an application makes reads from top to bottom: answer, ACK, BYE', async () => {
  const { ask, bob, world, ends } = await start(async (factory, request) => {
    const ok = await CALL(factory, request.applicationSession).send({
      onProvisional: (response) => void seen.push(`${response.status} ${response.session.state}`),
    });
    await ok.createAck().send();
    seen.push(ok.session.state);
    const bye = await ok.session.createRequest('BYE').send();
    return `${ok.status} ${bye.status}`;
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  expect(invite.message.header('Max-Forwards')).toBe('70');
  expect(invite.message.header('Contact')).toBe('<sip:10.0.0.9:5060>');
  invite.reply(180);
  invite.reply(200);
  await invite.ack();
  (await bob.receive('BYE')).reply(200);
  const ok = await message.response(200);
  expect(ok.body).toBe('200 200');
  expect(seen).toEqual(['180 early', 'confirmed']);
  expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
    "  alice                siplet              bob
        |--MESSAGE----------->|                 |
        |                     |--INVITE-------->|
        |                     |<--180 Ringing---|
        |                     |<--200 OK--------|
        |                     |--ACK----------->|
        |                     |--BYE----------->|
        |                     |<--200 OK (BYE)--|
        |<--200 OK (MESSAGE)--|                 |"
  `);
  await ends();
});

test('C-43 while a handler awaits its response the provisional ones have their turn in their handler', async () => {
  const { ask, bob, ends } = await start(async (factory, request) => {
    const ok = await CALL(factory, request.applicationSession).send();
    return `${ok.status} after ${seen.join()}`;
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  invite.reply(486);
  expect((await message.response(200)).body).toBe('486 after handler 180');
  await ends();
});

test('a final response that nobody awaits goes to the response handler', async () => {
  const { ask, bob, ends } = await start(async (factory, request) => {
    void CALL(factory, request.applicationSession).send();
    return 'sent';
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  expect((await message.response(200)).body).toBe('sent');
  invite.reply(200);
  await invite.ack();
  expect(seen).toEqual(['handler 200 true']);
  bob.answerBye = true;
  const bye = present(invite.dialog).request('BYE');
  await bye.response(200);
  await ends();
});

test('§13.2.2.4 a 2xx that comes again is acknowledged again, without the application', async () => {
  const { ask, bob, ends } = await start(async (factory, request) => {
    const ok = await CALL(factory, request.applicationSession).send();
    await ok.createAck().send();
    return ok.status;
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  invite.reply(200);
  await invite.ack();
  invite.reply(200);
  await invite.ack();
  expect((await message.response(200)).body).toBe('200');
  await present(invite.dialog).request('BYE').response(200);
  await ends();
});

test('§13.2.2.4 the 2xx of another fork goes to its handler, with a session of its own', async () => {
  const { ask, bob, ends } = await start(async (factory, request) => {
    const ok = await CALL(factory, request.applicationSession).send();
    await ok.createAck().send();
    return ok.status;
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  const one = invite.reply(200, { toTag: 'one' });
  await invite.ack();
  await message.response(200);
  const two = invite.reply(200, { toTag: 'two' });
  await invite.ack();
  expect(one).not.toBe(two);
  expect(seen).toEqual(['handler 200 false']);
  for (const tag of ['one', 'two']) {
    const bye = bob.request('BYE', 'sip:10.0.0.9', {
      fromTag: '',
      from: `${invite.message.header('To')};tag=${tag}`,
      to: present(invite.message.header('From')),
      callId: invite.message.callId,
      sequence: 7,
    });
    await bye.response(200);
  }
  await ends();
});

@Siplet({ name: 'plain' })
class Plain {
  constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

  @Message()
  async start(request: SipRequest) {
    seen.push(String(await task(this.factory, request)));
  }
}

test('§13.2.2.4 the 2xx of another fork is acknowledged and ended at once when no handler takes it', async () => {
  seen.length = 0;
  task = async (factory, request) => {
    request.createResponse(200).send();
    const ok = await CALL(factory, request.applicationSession).send();
    await ok.createAck().send();
    return ok.to.parameters.get('tag');
  };
  const { alice, bob, ends } = await stage(Plain);
  alice.request('MESSAGE', 'sip:agent@siplet');
  const invite = await bob.receive('INVITE');
  invite.reply(200, { toTag: 'one' });
  await invite.ack();
  invite.reply(200, { toTag: 'two' });
  await invite.ack();
  const unwanted = await bob.receive('BYE');
  expect(unwanted.message.header('To')).toContain(';tag=two');
  unwanted.reply(200);
  const bye = bob.request('BYE', 'sip:10.0.0.9', {
    fromTag: '',
    from: `${invite.message.header('To')};tag=one`,
    to: present(invite.message.header('From')),
    callId: invite.message.callId,
    sequence: 7,
  });
  await bye.response(200);
  await ends();
  expect(seen).toEqual(['one']);
});

test('§8.1.3.1 no response is a 408, an unreachable peer a 503; both have no remote', async () => {
  seen.length = 0;
  task = async (factory, request) => {
    request.createResponse(200).send();
    const silent = await CALL(factory, request.applicationSession, 'sip:nobody@10.0.0.77').send();
    const refused = await CALL(factory, request.applicationSession, 'sip:bob@10.0.0.2:5999;transport=tcp').send();
    return [silent.status, silent.remote, refused.status, refused.remote].join();
  };
  const { alice, ends } = await stage(Plain);
  alice.request('MESSAGE', 'sip:agent@siplet');
  await ends([expect.stringContaining('INVITE cannot be sent to sip:bob@10.0.0.2:5999;transport=tcp') as never]);
  expect(seen).toEqual(['408,,503,']);
});

test('RFC 3263 §4.3 a host that answers 503 is followed by the next, and is not the first to be tried for 30 s', async () => {
  const { ask, bob, carol, world, ends } = await start(
    async (factory, { applicationSession }) =>
      (await factory.createRequest(applicationSession, 'MESSAGE', 'sip:agent@siplet', 'sip:cluster.example').send())
        .status,
  );
  world.resolver.service(
    '_sip._udp.cluster.example',
    { name: 'bob', port: 5060, priority: 1, weight: 0 },
    { name: 'carol', port: 5060, priority: 2, weight: 0 },
  );
  bob.on('MESSAGE', (request) => void request.reply(503));
  carol.on('MESSAGE', (request) => void request.reply(200));
  const tried: number[] = [];
  for (const pause of [20_000, 11_000, 0]) {
    expect((await ask().response(200)).body).toBe('200');
    tried.push(bob.received.length);
    await world.run(pause);
  }
  expect(tried).toEqual([1, 1, 2]);
  await ends();
});

test('§9.1 a CANCEL waits for the first 1xx; the INVITE ends with 487', async () => {
  const { ask, bob, ends } = await start(async (factory, request) => {
    const invite = CALL(factory, request.applicationSession);
    const response = invite.send({ onProvisional: () => void invite.createCancel().send() });
    return (await response).status;
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  bob.answerCancel = true;
  invite.reply(180);
  expect((await message.response(200)).body).toBe('487');
  await ends();
});

test('§8.1.3.5 CNT-35 after a failure the session makes the request again, with the next CSeq', async () => {
  const { ask, bob, ends } = await start(async (factory, request) => {
    const first = factory.createRequest(request.applicationSession, 'REGISTER', 'sip:a@x', 'sip:a@10.0.0.2');
    first.headers.set('Contact', '<sip:a@10.0.0.9>');
    const refused = await first.send();
    const again = refused.session.createRequest('REGISTER');
    const response = await again.send();
    return `${refused.status} ${response.status} ${again.callId === first.callId} ${again.headers.get('Contact')}`;
  });
  const message = ask();
  (await bob.receive('REGISTER')).reply(401);
  const again = await bob.receive('REGISTER');
  expect(again.message.header('CSeq')).toBe('2 REGISTER');
  again.reply(200);
  expect((await message.response(200)).body).toBe('401 200 true <sip:a@10.0.0.9>');
  await ends();
});

@Siplet({ name: 'ending' })
class Ending {
  @Invite()
  answer(request: SipRequest) {
    request.createResponse(200).send();
    request.applicationSession.setTimer('end', 5000);
  }

  @OnTimer()
  async end(timer: { applicationSession: ApplicationSession }) {
    await present(timer.applicationSession.sessions[0]).terminate();
    seen.push('ended');
  }
}

test('§15.1.1 terminate() sends BYE and resolves when it was answered', async () => {
  const { alice, ends } = await stage(Ending);
  seen.length = 0;
  const call = alice.invite('sip:bob@siplet');
  await call.response(200);
  call.ack();
  const bye = await alice.receive('BYE');
  expect(seen).toEqual([]);
  bye.reply(200);
  await ends();
  expect(seen).toEqual(['ended']);
});

test('E-07 §12.2.1.2 the application calls by hand, and its INFO in the early dialog gets 481: the INVITE is cancelled', async () => {
  const { ask, bob, world, ends } = await start(async (factory, request) => {
    const statuses: number[] = [];
    const ok = await CALL(factory, request.applicationSession).send({
      onProvisional: async ({ session }) => {
        statuses.push((await session.createRequest('INFO').send()).status);
      },
    });
    return [...statuses, ok.status].join(' ');
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  (await bob.receive('INFO')).reply(481);
  (await bob.receive('CANCEL')).reply(200);
  invite.reply(487);
  expect((await message.response(200)).body).toBe('481 487');
  await world.run(40_000);
  await ends();
});

test('E-29 §9.1 the application calls by hand, and invalidates the session while the callee rings: CANCEL', async () => {
  const { ask, bob, world, ends } = await start(async (factory, request) => {
    const invite = CALL(factory, request.applicationSession);
    const rings = new Promise((ring) => void invite.send({ onProvisional: ring }).catch(() => {}));
    await rings;
    invite.session.invalidate();
  });
  const message = ask();
  const invite = await bob.receive('INVITE');
  invite.reply(180);
  (await bob.receive('CANCEL')).reply(200);
  invite.reply(487);
  await message.response(200);
  await world.run(40_000);
  await ends();
});
