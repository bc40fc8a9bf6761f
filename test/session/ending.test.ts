// JSR 289 §6.2, §6.4: how sessions of both kinds begin and end, and what the application is told of it.

import {
  type ApplicationSession,
  ApplicationSessionCreated,
  ApplicationSessionDestroyed,
  ApplicationSessionReadyToInvalidate,
  Bye,
  Invite,
  Message,
  ProvisionalResponse,
  SessionCreated,
  SessionDestroyed,
  SessionReadyToInvalidate,
  Sessions,
  Siplet,
  type SipRequest,
  type SipSession,
  SuccessResponse,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { BOB, established } from '../world/stage.js';
import { after, hangUp, message, noted, notes, noting } from './noting.js';

interface Script {
  readonly message?: (request: SipRequest) => unknown;
  readonly invite?: (request: SipRequest) => unknown;
  readonly bye?: (request: SipRequest) => unknown;
  readonly ready?: (session: SipSession) => unknown;
  readonly applicationReady?: (session: ApplicationSession) => unknown;
}

/** Notes every event of every session. */
async function watched(script: Script = {}) {
  @Siplet({ name: 'watched' })
  class Watched {
    constructor(@inject(Sessions) private readonly sessions: Sessions) {}

    @Message()
    async told(request: SipRequest) {
      notes.push('MESSAGE');
      request.createResponse(200).send();
      await script.message?.(request);
    }

    @Invite()
    async ring(request: SipRequest) {
      notes.push('INVITE');
      request.proxy({ recordRoute: true }).proxyTo(BOB);
      await script.invite?.(request);
    }

    @ProvisionalResponse()
    ringing() {
      notes.push('1xx');
    }

    @SuccessResponse()
    answered() {
      notes.push('2xx');
    }

    @Bye()
    bye(request: SipRequest) {
      notes.push('BYE');
      return script.bye?.(request);
    }

    @SessionCreated()
    created(session: SipSession) {
      notes.push(`session created ${this.sessions.session(session.id) === session}`);
    }

    @SessionReadyToInvalidate()
    ready(session: SipSession) {
      notes.push(`session ready ${session.isValid}`);
      return script.ready?.(session);
    }

    @SessionDestroyed()
    destroyed(session: SipSession) {
      const found = this.sessions.session(session.id) !== undefined;
      notes.push(`session destroyed ${session.isValid} ${found} ${JSON.stringify([...session.attributes])}`);
    }

    @ApplicationSessionCreated()
    applicationCreated(session: ApplicationSession) {
      notes.push(`application session created ${this.sessions.find(session.id) === session}`);
    }

    @ApplicationSessionReadyToInvalidate()
    applicationReady(session: ApplicationSession) {
      notes.push(`application session ready ${session.isValid}`);
      return script.applicationReady?.(session);
    }

    @ApplicationSessionDestroyed()
    applicationDestroyed(session: ApplicationSession) {
      notes.push(`application session destroyed ${session.isValid} ${JSON.stringify([...session.attributes])}`);
    }
  }
  return noting({ watched: { Watched } });
}

test('§6.2.4, §6.4 the events of a call in their order; attributes can be read in the last', async () => {
  const s = await watched({
    invite: (request) => {
      request.session.attributes.set('of', 'the call');
      request.applicationSession.attributes.set('of', 'all');
    },
  });
  const { call } = await established(s);
  await hangUp(s, call);
  await s.ends();
  expect(notes).toEqual([
    'application session created true',
    'session created true',
    'INVITE',
    '2xx',
    'BYE',
    '2xx',
    'session ready true',
    'session destroyed false false [["of","the call"]]',
    'application session ready true',
    'application session destroyed false [["of","all"]]',
  ]);
});

test('§6.2.4.1 a session that is not to be invalidated when ready stays, and ends with its application session', async () => {
  const s = await watched({
    ready: (session) => {
      session.invalidateWhenReady = false;
    },
  });
  await message(s, 'any');
  await s.world.run(60_000);
  expect(notes.slice(-1)).toEqual(['session ready true']);
  await s.ends();
  expect(notes.slice(-2)).toEqual(['session destroyed false false []', 'application session destroyed false []']);
});

test('§6.4.2 set to true again it is invalidated, since it is ready', async () => {
  let kept: ApplicationSession | undefined;
  const s = await watched({
    applicationReady: (session) => {
      if (kept === undefined) session.invalidateWhenReady = false;
      kept = session;
    },
  });
  await message(s, 'any');
  await s.world.run(60_000);
  expect(present(kept).isValid).toBe(true);
  present(kept).invalidateWhenReady = true;
  expect(present(kept).isValid).toBe(false);
  await s.ends();
});

test('§6.4.1 what is ready is judged when the handler has settled: it keeps its session until then', async () => {
  // Over TCP the transaction ends with its response (§17.2.2).
  const s = await watched({
    async message({ session, applicationSession }) {
      await after(20_000);
      session.attributes.set('late', true);
      notes.push(`late ${session.isValid} ${applicationSession.isValid}`);
    },
  });
  expect(await message(s, 'any', { via: 'siplet;transport=tcp' })).toBe('200');
  await s.ends();
  expect(notes.slice(2, 6)).toEqual([
    'MESSAGE',
    'late true true',
    'session ready true',
    'session destroyed false false [["late",true]]',
  ]);
});

test('§6.4.1 invalidate() reports no readiness: the sessions end, then the application session', async () => {
  const s = await watched({ invite: () => {}, bye: (request) => request.applicationSession.invalidate() });
  const { call } = await established(s);
  await hangUp(s, call);
  await s.ends();
  expect(notes.slice(4)).toEqual(['BYE', 'session destroyed false false []', 'application session destroyed false []']);
});

test('§6.2.4 a call whose session was invalidated goes on without the application', async () => {
  const s = await watched({ invite: (request) => request.session.invalidate() });
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet' });
  const invite = await s.bob.receive('INVITE');
  for (const toTag of ['one', 'two']) {
    invite.reply(180, { toTag });
    await call.response(180);
  }
  invite.reply(200, { toTag: 'one' });
  await call.response(200);
  call.ack();
  await invite.ack();
  const bye = call.bye();
  (await s.bob.receive('BYE')).reply(200);
  await bye.response(200);
  await s.ends();
  expect(notes).toEqual([
    'application session created true',
    'session created true',
    'INVITE',
    'session destroyed false false []',
    'application session ready true',
    'application session destroyed false []',
  ]);
});

test('C-43 the events wait for the handler that runs, as messages do', async () => {
  const s = await watched({
    async message(request) {
      request.applicationSession.invalidate();
      await after(5000);
      noted(s.world, 'settled');
    },
  });
  await message(s, 'any');
  await s.ends();
  expect(notes.slice(2)).toEqual([
    'MESSAGE',
    '5 settled',
    'session destroyed false false []',
    'application session destroyed false []',
  ]);
});

test('§6.2.3.2 a fork makes derived sessions; the application session ends with the last of them', async () => {
  const s = await watched();
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet' });
  const invite = await s.bob.receive('INVITE');
  for (const toTag of ['one', 'two', 'three']) {
    invite.reply(180, { toTag });
    await call.response(180);
  }
  invite.reply(486, { toTag: 'one' });
  await call.response(486);
  await s.ends();
  const count = (what: string) => notes.filter((note) => note.startsWith(what)).length;
  expect(['session created', 'session ready', 'session destroyed'].map(count)).toEqual([3, 3, 3]);
  expect(notes.at(-1)).toBe('application session destroyed false []');
});

test('§6.2.4 C-43 while the application is told that one session is ready no other is judged: one that it ends meanwhile is never ready', async () => {
  const s = await watched({
    async ready({ applicationSession }) {
      await after(1000);
      for (const session of applicationSession.sessions) session.invalidate();
    },
  });
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet' });
  const invite = await s.bob.receive('INVITE');
  for (const toTag of ['one', 'two']) {
    invite.reply(180, { toTag });
    await call.response(180);
  }
  invite.reply(486, { toTag: 'one' });
  await call.response(486);
  await s.ends();
  expect(notes.filter((note) => /ready|destroyed/.test(note))).toEqual([
    'session ready true',
    'session destroyed false false []',
    'session destroyed false false []',
    'application session ready true',
    'application session destroyed false []',
  ]);
});

test('RULES.md section 3: the signal is aborted when the session ends, however it ends', async () => {
  const signals: AbortSignal[] = [];
  const seen: boolean[] = [];
  const s = await watched({
    message({ applicationSession: { signal } }) {
      signals.push(signal);
      seen.push(signal.aborted);
    },
  });
  await message(s, 'any');
  await s.ends();
  expect([...seen, present(signals[0]).aborted]).toEqual([false, true]);
});
