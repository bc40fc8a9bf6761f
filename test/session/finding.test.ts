// RULES.md section 3, C-42: Sessions finds the sessions of one version of one application.
import { type ApplicationSession, Invite, Sessions, SipFactory, Siplet, type SipRequest } from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { stage } from '../world/stage.js';

type Task = (sessions: Sessions, request: SipRequest, factory: SipFactory) => unknown;

function application(name: string, task: Task) {
  @Siplet({ name })
  class Finding {
    constructor(
      @inject(Sessions) private readonly sessions: Sessions,
      @inject(SipFactory) private readonly factory: SipFactory,
    ) {}

    @Invite()
    call(request: SipRequest) {
      if (task(this.sessions, request, this.factory) === 'forward') request.forward();
      else request.createResponse(486).send();
    }
  }
  return { Finding };
}

test('RULES.md section 3 find gives the application session of an id, session the SIP session', async () => {
  const read: unknown[] = [];
  const s = await stage({
    finding: application('finding', (sessions, { session, applicationSession }) => {
      read.push(sessions.find(applicationSession.id) === applicationSession);
      read.push(sessions.session(session.id) === session);
      read.push(sessions.find(session.id), sessions.session(applicationSession.id), sessions.find('nobody'));
    }),
  });
  await s.call().response(486);
  expect(read).toEqual([true, true, undefined, undefined, undefined]);
  await s.ends();
});

test('RULES.md section 3 forKey makes the session of a key when there is none; findByKey makes none', async () => {
  const read: unknown[] = [];
  const s = await stage({
    finding: application('finding', (sessions, _request, factory) => {
      read.push(sessions.findByKey('room'));
      const room = sessions.forKey('room');
      read.push(sessions.forKey('room') === room, sessions.findByKey('room') === room);
      read.push(factory.createApplicationSession('room') === room, sessions.findByKey('other'));
      room.invalidate();
      read.push(sessions.findByKey('room'), sessions.forKey('room') === room);
      sessions.forKey('room').invalidate();
    }),
  });
  await s.call().response(486);
  expect(read).toEqual([undefined, true, true, true, undefined, undefined, false]);
  await s.ends();
});

test('RULES.md section 3 a key has 1024 characters or fewer', async () => {
  const errors: unknown[] = [];
  const s = await stage({
    finding: application('finding', (sessions) => {
      sessions.forKey('x'.repeat(1024)).invalidate();
      for (const key of ['x'.repeat(1025)]) {
        try {
          sessions.forKey(key);
        } catch (error) {
          errors.push(error);
        }
      }
    }),
  });
  await s.call().response(486);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toBeInstanceOf(RangeError);
  await s.ends();
});

test('RULES.md section 3 all gives the valid sessions, the oldest first', async () => {
  const read: unknown[] = [];
  const s = await stage({
    finding: application('finding', (sessions, { applicationSession }, factory) => {
      const [b, c] = [factory.createApplicationSession(), factory.createApplicationSession()];
      read.push(sessions.all().map((each) => [applicationSession, b, c].indexOf(each as never)));
      (b as ApplicationSession).invalidate();
      read.push(sessions.all().map((each) => [applicationSession, b, c].indexOf(each as never)));
      c.invalidate();
    }),
  });
  await s.call().response(486);
  expect(read).toEqual([
    [0, 1, 2],
    [0, 2],
  ]);
  await s.ends();
});

test('RULES.md section 3 the sessions of another application are not found', async () => {
  const ids: string[] = [];
  const read: unknown[] = [];
  const s = await stage({
    one: application('one', (sessions, { session, applicationSession }) => {
      ids.push(applicationSession.id, session.id);
      sessions.forKey('room');
      return 'forward';
    }),
    two: application('two', (sessions, { applicationSession }) => {
      const [applicationId = '', sipId = ''] = ids;
      read.push(sessions.find(applicationId), sessions.session(sipId), sessions.findByKey('room'));
      read.push(sessions.all().map((each) => each === applicationSession));
    }),
  });
  await s.call().response(486);
  expect(read).toEqual([undefined, undefined, undefined, [true]]);
  await s.ends();
});
