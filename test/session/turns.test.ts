// C-41, C-43: how the handlers of one application session take turns, and how long each of them may have the turn.

import {
  type ApplicationSession,
  Info,
  Invite,
  OnTimer,
  SipFactory,
  Siplet,
  type SipRequest,
  type SipTimer,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { BOB } from '../world/stage.js';
import { after, noting } from './noting.js';

/** What a handler awaits of the container: the response to a MESSAGE that Bob gets. */
type Ask = (session: ApplicationSession) => Promise<unknown>;

interface Script {
  /** Runs when Alice has been answered; no message waits for it. */
  readonly begin?: (session: ApplicationSession) => unknown;
  readonly info?: (request: SipRequest, ask: Ask) => unknown;
  readonly timer?: (name: string, session: ApplicationSession, ask: Ask) => unknown;
}

const NEVER = (): Promise<never> => new Promise(() => {});

/** Alice's call is answered by an application that does as the script says. */
async function answered(script: Script) {
  @Siplet({ name: 'busy' })
  class Busy {
    constructor(@inject(SipFactory) private readonly factory: SipFactory) {}

    private readonly ask: Ask = (session) =>
      this.factory.createRequest(session, 'MESSAGE', 'sip:busy@siplet', BOB).send();

    @Invite()
    answer(request: SipRequest) {
      request.createResponse(200).send();
      return script.begin?.(request.applicationSession);
    }

    @Info()
    told(request: SipRequest) {
      return script.info?.(request, this.ask);
    }

    @OnTimer()
    fired({ name, applicationSession }: SipTimer) {
      return script.timer?.(name, applicationSession, this.ask);
    }
  }
  const s = await noting({ busy: { Busy } });
  s.bob.reliable = true; // a MESSAGE that comes again is absorbed
  const call = s.alice.invite('sip:busy@siplet');
  await call.response(200);
  call.ack();
  await s.world.deliver();
  const begun = s.world.clock.now();
  return {
    ...s,
    info: () => call.dialog.request('INFO'),
    /** Seconds since the call was answered. */
    seconds: () => Math.round((s.world.clock.now() - begun) / 100) / 10,
    /** Alice hangs up; nothing is left, and nothing went wrong but what was expected. */
    async ends(problems: readonly string[] = []) {
      await call.bye().response(200);
      await s.ends(problems.length);
      expect(s.container.problems()).toEqual(problems);
    },
  };
}

const answer = (request: SipRequest): unknown => request.createResponse(200).send();

test.each([
  [3.3, 200, 3 * 3.3 + 2 * 6],
  [3.4, 500, 10 + 2 * 6],
])(
  'C-41 the 10 s are for all of a handler, two responses that it awaits 6 s not counted: three times %f s, and %i after %f s',
  async (each, status, at) => {
    const s = await answered({
      async info(request, ask) {
        for (let asked = 0; asked < 2; asked++) {
          await after(each * 1000);
          await ask(request.applicationSession);
        }
        await after(each * 1000);
        answer(request);
      },
    });
    const info = s.info();
    for (let asked = 0; asked < 2; asked++) {
      const message = await s.bob.receive('MESSAGE');
      await s.world.run(6000);
      message.reply(200);
    }
    await info.response(status);
    expect(s.seconds()).toBe(at);
    await s.ends(status === 500 ? ['Busy.told failed: Busy.told has not settled in 10 s'] : []);
  },
);

test('C-41 what it awaits is not counted where it awaits it from its first instant either', async () => {
  const s = await answered({
    info: (request, ask) => ask(request.applicationSession).then(() => answer(request)),
  });
  const info = s.info();
  const message = await s.bob.receive('MESSAGE');
  await s.world.run(12_000);
  message.reply(200);
  await info.response(200);
  await s.ends();
});

test('C-41 C-43 who has its response again waits for its turn no longer than 10 s: the handler that has it is given up then', async () => {
  const s = await answered({
    async info(request, ask) {
      request.applicationSession.setTimer('slow', 1000);
      await ask(request.applicationSession);
      answer(request);
    },
    timer: NEVER,
  });
  const info = s.info();
  const message = await s.bob.receive('MESSAGE');
  await s.world.run(4000); // since 1 s the timer’s handler has the turn; nothing waits for it
  message.reply(200);
  await info.response(200);
  expect(s.seconds()).toBe(14);
  await s.ends(['Busy.fired failed: Busy.fired has not settled in 10 s']);
});

test('C-41 C-43 a handler that goes on while a message waits has 10 s from then on', async () => {
  const s = await answered({
    begin(session) {
      session.setTimer('asks', 0);
      session.setTimer('busy', 1000);
    },
    async timer(name, session, ask) {
      if (name === 'busy') return after(5000);
      await ask(session);
      await NEVER();
    },
    info: answer,
  });
  const message = await s.bob.receive('MESSAGE');
  await s.world.run(2000);
  message.reply(200); // comes while `busy` has the turn, before the INFO
  await s.world.run(1000);
  await s.info().response(200);
  expect(s.seconds()).toBe(16);
  await s.ends(['Busy.fired failed: Busy.fired has not settled in 10 s']);
});

test('C-41 C-43 so has one that begins while a message waits', async () => {
  const s = await answered({
    begin(session) {
      session.setTimer('first', 1000);
      session.setTimer('second', 2000);
    },
    timer: (name) => (name === 'first' ? after(5000) : NEVER()),
    info: answer,
  });
  await s.world.run(3000);
  await s.info().response(200);
  expect(s.seconds()).toBe(16);
  await s.ends(['Busy.fired failed: Busy.fired has not settled in 10 s']);
});
