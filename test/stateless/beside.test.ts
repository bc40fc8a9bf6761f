// A stateless siplet and stateful ones in one container: each has its own requests, dialogs and CANCELs (RULES.md
// sections 5 and 6).
import { Invite, Message, Notify, SipFactory, type SipRequest, Siplet as siplet } from '@siplet/sdk';
import { inject } from 'inversify';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { statuses } from '../world/arrivals.js';
import type { Transport } from '../world/phone-wire.js';
import { type ApplicationClass, BOTH, over, SIPLET, stage } from '../world/stage.js';
import { nothingHeld, OWN_BRANCH, switched, switchOf, toBob } from './switch.js';

/**
 * `proxy` takes INVITE (or MESSAGE) with state and sends it to bob; all the rest is for `switch`, which sends it to
 * carol.
 */
async function both(method: 'INVITE' | 'MESSAGE', transport: Transport, router = `${method}: [proxy], '*': [switch]`) {
  const take = method === 'INVITE' ? Invite() : Message();
  @siplet({ name: 'proxy' })
  class Forwarder {
    @take
    ring(request: SipRequest) {
      request.proxy({ recordRoute: true }).proxyTo(`sip:bob@10.0.0.2${over(transport)}`);
    }
  }
  const Switch = switchOf(() => `sip:carol@10.0.0.3${over(transport)}`);
  const configuration = `router: { ${router} }`;
  return stage({ proxy: { Forwarder }, switch: { Switch } }, { configuration, transport });
}

describe.each(BOTH)('over %s', (transport) => {
  test('a call of the stateful application is its own from INVITE to BYE', async () => {
    const s = await both('INVITE', transport);
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    await call.response(100);
    expect(invite.message.branch).not.toMatch(OWN_BRANCH);
    invite.reply(180);
    await call.response(180);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const other = s.request('MESSAGE');
    const message = await s.carol.receive('MESSAGE');
    expect(message.message.branch).toMatch(OWN_BRANCH);
    message.reply(200);
    await other.response(200);
    for (const from of [call, invite]) {
      const update = from.dialog.request('UPDATE');
      const to = from === call ? s.bob : s.alice;
      (await to.receive('UPDATE')).reply(200);
      await update.response(200);
    }
    const bye = invite.bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(s.carol.received.map(({ message }) => message.method)).toEqual(['MESSAGE']);
    await s.world.runUntilIdle();
    await nothingHeld(s);
    expect(s.container.problems()).toEqual([]);
  });

  test('its CANCEL and its ACKs to 487 and 486 find their transactions', async () => {
    const s = await both('INVITE', transport);
    s.bob.answerCancel = true;
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    await call.cancel().response(200);
    await call.response(487);
    const busy = s.call();
    (await s.bob.receive('INVITE')).reply(486);
    await busy.response(486);
    await s.world.run(40_000);
    expect(s.carol.received).toEqual([]);
    expect(statuses(s.alice).filter((status) => status >= 300)).toEqual([487, 486]); // acknowledged: not sent again
    await s.world.runUntilIdle();
    await nothingHeld(s);
  });

  test('an INVITE of the stateless one beside a stateful MESSAGE: CANCEL, ACK and BYE go its way', async () => {
    const s = await both('MESSAGE', transport);
    s.carol.answerCancel = true;
    const call = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    await call.response(180);
    await call.cancel().response(200);
    await call.response(487);
    const text = s.request('MESSAGE');
    const message = await s.bob.receive('MESSAGE');
    expect(message.message.branch).not.toMatch(OWN_BRANCH);
    message.reply(200);
    await text.response(200);
    await s.world.deliver();
    expect(s.carol.received.map(({ message }) => message.method)).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(s.bob.received.map(({ message }) => message.method)).toEqual(['MESSAGE']);
  });
});

test.each(BOTH)(
  'RULES.md section 5: what a stateful application proxies goes on to a stateless one over %s',
  async (transport) => {
    const s = await both('INVITE', transport, 'INVITE: [proxy, switch]');
    s.carol.answerCancel = true;
    const call = s.call();
    const invite = await s.carol.receive('INVITE');
    expect(invite.list('Via')).toHaveLength(3);
    expect(invite.message.branch).toMatch(OWN_BRANCH);
    invite.reply(180);
    await call.response(180);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    for (const from of [call, invite]) {
      const update = from.dialog.request('UPDATE');
      (await (from === call ? s.carol : s.alice).receive('UPDATE')).reply(200);
      await update.response(200);
    }
    const bye = invite.bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    const given = s.call();
    (await s.carol.receive('INVITE')).reply(180);
    await given.response(180);
    await given.cancel().response(200);
    await given.response(487);
    expect(s.bob.received).toEqual([]);
    await s.world.runUntilIdle();
    await nothingHeld(s);
    expect(s.container.problems()).toEqual([]);
  },
);

/**
 * `agent` takes INVITE and joins the caller to bob as a B2BUA; all the rest is for `switch`, which sends it to carol.
 */
async function besideAgent(transport: Transport) {
  @siplet({ name: 'agent' })
  class Agent {
    @Invite()
    async answer(request: SipRequest) {
      await request.b2bua().bridge({ to: `sip:bob@10.0.0.2${over(transport)}` });
    }
  }
  const Switch = switchOf(() => `sip:carol@10.0.0.3${over(transport)}`);
  const configuration = "router: { INVITE: [agent], '*': [switch] }";
  return stage({ agent: { Agent }, switch: { Switch } }, { configuration, transport });
}

test.each(BOTH)(
  'RULES.md section 6: a request in the dialog of a user agent, called or calling, reaches it and not the stateless siplet over %s',
  async (transport) => {
    const s = await besideAgent(transport);
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    for (const method of ['INFO', 'MESSAGE', 'UPDATE']) {
      for (const from of [call, invite]) {
        const sent = from.dialog.request(method);
        (await (from === call ? s.bob : s.alice).receive(method)).reply(200);
        await sent.response(200);
      }
    }
    const again = invite.dialog.request('INVITE');
    const reinvite = await s.alice.receive('INVITE');
    reinvite.reply(200);
    await again.response(200);
    again.ack();
    await reinvite.ack();
    const bye = invite.bye();
    (await s.alice.receive('BYE')).reply(200);
    await bye.response(200);
    expect(s.carol.received).toEqual([]);
    await s.world.runUntilIdle();
    await nothingHeld(s);
    expect(s.container.problems()).toEqual([]);
  },
);

describe('what is in no dialog of a user agent any more, or not yet, and is its own all the same', () => {
  /** `agent` takes INVITE, MESSAGE and NOTIFY; all the rest is for `switch`. */
  async function beside(agent: ApplicationClass) {
    const Switch = switchOf(() => 'sip:carol@10.0.0.3');
    const configuration = "router: { INVITE: [agent], MESSAGE: [agent], SUBSCRIBE: [], '*': [switch] }";
    return stage({ agent: { agent }, switch: { Switch } }, { configuration });
  }

  test('§15.1.2 a BYE that crosses with the BYE of the user agent is answered 200', async () => {
    @siplet({ name: 'agent' })
    class Hasty {
      @Invite()
      async answer(request: SipRequest) {
        request.createResponse(200).send();
        await request.session.terminate();
      }
    }
    const s = await beside(Hasty);
    const call = s.call();
    await call.response(200);
    call.ack();
    const theirs = await s.alice.receive('BYE');
    await call.bye().response(200);
    theirs.reply(200);
    expect(s.carol.received).toEqual([]);
    await s.world.runUntilIdle();
    await nothingHeld(s);
  });

  test('§17.2.2 a BYE that comes again, because its 200 was lost, is answered again', async () => {
    @siplet({ name: 'agent' })
    class Answering {
      @Invite()
      answer(request: SipRequest) {
        request.createResponse(200).send();
      }
    }
    const s = await beside(Answering);
    const call = s.call();
    await call.response(200);
    call.ack();
    const bye = call.bye();
    await bye.response(200);
    bye.resend();
    await s.world.deliver();
    expect(bye.responses.map(({ status }) => status)).toEqual([200, 200]);
    expect(s.carol.received).toEqual([]);
    await s.world.runUntilIdle();
    await nothingHeld(s);
  });

  test('RFC 6665 §4.1.2.4 a NOTIFY that overtakes the answer to the SUBSCRIBE of the user agent makes the dialog', async () => {
    @siplet({ name: 'agent' })
    class Watcher {
      constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

      @Message()
      async watch(request: SipRequest) {
        request.createResponse(200).send();
        const subscribe = this.factory.createRequest(
          request.applicationSession,
          'SUBSCRIBE',
          'sip:agent@siplet',
          'sip:bob@10.0.0.2',
        );
        subscribe.headers.set('Event', 'presence');
        await subscribe.send();
      }

      @Notify()
      told(request: SipRequest) {
        request.createResponse(200).send();
      }
    }
    const s = await beside(Watcher);
    await s.request('MESSAGE').response(200);
    const subscribe = await s.bob.receive('SUBSCRIBE');
    const notify = s.bob.request('NOTIFY', `sip:${SIPLET}`, {
      fromTag: '',
      from: `${subscribe.message.header('To')};tag=bob`,
      to: present(subscribe.message.header('From')),
      callId: subscribe.message.callId,
      headers: { Event: 'presence', 'Subscription-State': 'terminated' },
    });
    await notify.response(200);
    subscribe.reply(200, { toTag: 'bob', headers: { Expires: '0' } });
    expect(s.carol.received).toEqual([]);
    await s.world.runUntilIdle();
    await nothingHeld(s);
  });
});

test('RULES.md section 6: a request of no dialog here goes by the stateless siplet, though a user agent has one of that Call-ID', async () => {
  const s = await besideAgent('UDP');
  const call = s.call();
  (await s.bob.receive('INVITE')).reply(200);
  await call.response(200);
  call.ack();
  const { callId } = call.message;
  const stray = s.request('INFO', { callId, to: '<sip:bob@example.com>;tag=nobody' });
  (await s.carol.receive('INFO')).reply(200);
  await stray.response(200);
});

describe('requests inside a dialog', () => {
  test.each(BOTH)('§16.5 what a Route value of ours has brought goes to its Request-URI over %s', async (transport) => {
    const asked: string[] = [];
    const s = await switched(
      (request) => {
        asked.push(request.method);
        return `sip:bob@10.0.0.2${over(transport)}`;
      },
      { transport },
    );
    // Preloaded, and put into the dialog by bob as if we had record-routed.
    const us = `<sip:${SIPLET}${over(transport)};lr>`;
    const call = s.call({ route: [us] });
    const invite = await s.bob.receive('INVITE');
    expect(invite.list('Route')).toEqual([]);
    invite.reply(200, { headers: { 'Record-Route': us } });
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = call.bye();
    const request = await s.bob.receive('BYE');
    expect(request.uri).toBe(s.bob.contactFor(transport));
    expect(request.list('Route')).toEqual([]);
    request.reply(200);
    await bye.response(200);
    expect(asked).toEqual(['INVITE']);
    await nothingHeld(s);
  });

  test('§16.11 without a Route they are routed by the function, as an outbound proxy does', async () => {
    const s = await switched((request) => `${request.uri}`.replace('example.com', '10.0.0.2'));
    const call = s.call();
    const invite = await s.bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack({ via: SIPLET });
    await invite.ack();
    const bye = call.bye({ via: SIPLET });
    (await s.bob.receive('BYE')).reply(200);
    await bye.response(200);
  });

  test('§16.4 a strict router before us: the real Request-URI is the last Route value', async () => {
    const s = await switched(toBob());
    const us = `sip:${SIPLET};lr`;
    s.request('BYE', { route: ['<sip:10.0.0.3;lr>', '<sip:bob@10.0.0.2>'], to: '<sip:bob@x>;tag=1' }, us);
    const bye = await s.carol.receive('BYE');
    expect(bye.uri).toBe('sip:bob@10.0.0.2');
    expect(bye.list('Route')).toEqual(['<sip:10.0.0.3;lr>']);
  });

  test('§16.6 step 6 a strict router behind us becomes the Request-URI', async () => {
    const s = await switched(toBob());
    s.call({ route: [`<sip:${SIPLET};lr>`, '<sip:10.0.0.3>'] });
    const invite = await s.carol.receive('INVITE');
    expect(invite.uri).toBe('sip:10.0.0.3');
    expect(invite.list('Route')).toEqual(['<sip:bob@10.0.0.2>']);
  });
});
