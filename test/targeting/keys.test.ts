// C-42, JSR 289 §15.11.2: requests of one key share one application session.

import {
  type ApplicationSession,
  ApplicationSessionDestroyed,
  ApplicationSessionExpired,
  Invite,
  Message,
  OnTimer,
  type ReadonlySipRequest,
  SessionKey,
  Sessions,
  SipFactory,
  Siplet,
  type SipRequest,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { after, hangUp, message, noted, notes, noting } from '../session/noting.js';
import { BOB, established } from '../world/stage.js';

/** Counts the requests of a room; a MESSAGE to 'nobody' belongs to no room. */
function room(version = 'one') {
  @Siplet({ name: 'room' })
  class Room {
    @SessionKey()
    static room(request: ReadonlySipRequest): string | undefined {
      const user = present(present(/^sip:([^@]*)@/.exec(String(request.uri)))[1]);
      if (user === 'throws') throw new Error('no room');
      if (user === 'number') return 7 as never;
      if (user === 'promise') return Promise.reject(new Error('too late')) as never;
      if (user === 'long') return 'x'.repeat(2000);
      if (user === 'writes') (request as SipRequest).headers.set('Subject', 'mine now');
      return user === 'nobody' ? undefined : user;
    }

    @Message()
    async told(request: SipRequest) {
      const { attributes } = request.applicationSession;
      const count = Number(attributes.get('count') ?? 0) + 1;
      if (request.text === 'slowly') await after(3000);
      attributes.set('count', count);
      const response = request.createResponse(200);
      response.setBody(`${version} ${count}`, 'text/plain');
      response.send();
      if (request.text === 'end') request.applicationSession.invalidate();
    }

    @Invite()
    ring(request: SipRequest) {
      request.proxy({ recordRoute: true }).proxyTo(BOB);
    }
  }
  return { Room };
}

test('C-42 requests with one key share an application session, also when nothing stands between them; those with another or none do not', async () => {
  const s = await noting({ room: room() });
  expect(await message(s, 'red')).toBe('200 one 1');
  expect(await message(s, 'red')).toBe('200 one 2');
  expect(await message(s, 'blue')).toBe('200 one 1');
  expect(await message(s, 'nobody')).toBe('200 one 1');
  expect(await message(s, 'nobody')).toBe('200 one 1');
  expect(await message(s, 'red')).toBe('200 one 3');
  await s.ends();
});

test('C-43 handlers of different calls with one key run one after another', async () => {
  const s = await noting({ room: room() });
  const slow = s.alice.request('MESSAGE', 'sip:red@example.com', { via: 'siplet', body: 'slowly' });
  await s.world.run(100);
  const behind = s.alice.request('MESSAGE', 'sip:red@example.com', { via: 'siplet' });
  const other = s.alice.request('MESSAGE', 'sip:blue@example.com', { via: 'siplet' });
  expect((await other.response(200, 200)).body).toBe('one 1');
  expect(behind.last).toBeUndefined();
  expect((await slow.response(200)).body).toBe('one 1');
  expect((await behind.response(200)).body).toBe('one 2');
  await s.ends();
});

test('C-42 a session with a key stays until it expires, sessionTimeout after the last request', async () => {
  const s = await noting({ room: room() });
  expect(await message(s, 'red')).toBe('200 one 1');
  await s.world.run(170_000);
  expect(await message(s, 'red')).toBe('200 one 2');
  await s.world.run(170_000);
  expect(await message(s, 'red')).toBe('200 one 3');
  await s.world.run(181_000);
  expect(s.container.alive.applicationSessions).toBe(0);
  expect(await message(s, 'red')).toBe('200 one 1');
  await s.ends();
});

test('C-42 it does not expire while a call of its stands, and not because that has ended', async () => {
  const s = await noting({ room: room() });
  const { call } = await established(s, { to: BOB });
  await s.world.run(600_000);
  expect(await message(s, 'bob')).toBe('200 one 1');
  await hangUp(s, call);
  await s.world.run(60_000);
  expect(await message(s, 'bob')).toBe('200 one 2');
  await s.ends();
});

test('C-42 a request with the key of a session that has been invalidated gets a new one', async () => {
  const s = await noting({ room: room() });
  expect(await message(s, 'red')).toBe('200 one 1');
  expect(await message(s, 'red', { body: 'end' })).toBe('200 one 2');
  expect(await message(s, 'red')).toBe('200 one 1');
  await s.ends();
});

test('C-41 a key that cannot be had is 500 for that request, and logged with class and method', async () => {
  const s = await noting({ room: room() });
  expect(await message(s, 'throws')).toBe('500');
  expect(await message(s, 'number')).toBe('500');
  expect(await message(s, 'promise')).toBe('500');
  expect(await message(s, 'long')).toBe('500');
  expect(await message(s, 'writes')).toBe('500');
  expect(s.container.problems()).toEqual([
    'Room.room failed: no room',
    'Room.room failed: the key of an application session is a string, not number',
    'Room.room failed: the key of an application session is a string, not object',
    'Room.room failed: the key of an application session has at most 1024 characters, not 2000',
    'Room.room failed: the MESSAGE 5@alice can only be read here',
  ]);
  expect(s.container.engine.invocation.failures).toBe(5);
  expect(await message(s, 'red')).toBe('200 one 1');
  await s.ends(5);
});

test('D-1 D-2 a new version has sessions of its own: the keys of the one that drains are not found', async () => {
  const s = await noting({ room: room() });
  const first = present(s.container.active[0]);
  expect(await message(s, 'red')).toBe('200 one 1');
  await s.container.deploy('room', room('two'));
  expect(await message(s, 'red')).toBe('200 two 1');
  expect(await message(s, 'red')).toBe('200 two 2');
  expect(s.container.engine.sessions.countOf(first)).toBe(1);
  await s.ends();
  expect(s.container.engine.sessions.countOf(first)).toBe(0);
});

test('C-42 a request that comes while the application is told that the session expires finds it, and gives it more time', async () => {
  @Siplet({ name: 'slow', sessionTimeout: '1m' })
  class Slow {
    @SessionKey()
    static one() {
      return 'one';
    }

    @Message()
    told(request: SipRequest) {
      const { attributes } = request.applicationSession;
      attributes.set('count', Number(attributes.get('count') ?? 0) + 1);
      const response = request.createResponse(200);
      response.setBody(String(attributes.get('count')), 'text/plain');
      response.send();
    }

    @ApplicationSessionExpired()
    async expired() {
      noted(s.world, 'expired');
      await after(5000);
    }

    @ApplicationSessionDestroyed()
    destroyed(session: ApplicationSession) {
      noted(s.world, `destroyed ${session.attributes.get('count')}`);
    }
  }
  const s = await noting({ slow: { Slow } });
  expect(await message(s, 'bob')).toBe('200 1');
  await s.world.run(62_000);
  expect(notes).toEqual(['60 expired']);
  expect(await message(s, 'bob')).toBe('200 2');
  expect(notes).toEqual(['60 expired']);
  await s.ends();
  expect(notes).toHaveLength(3);
  expect(notes[2]).toMatch(/destroyed 2$/);
});

test('C-42 the application finds and makes sessions by key itself, and requests of the key land in them', async () => {
  @Siplet({ name: 'finder' })
  class Finder {
    constructor(
      @inject(Sessions) private readonly sessions: Sessions,
      @inject(SipFactory) private readonly factory: SipFactory,
    ) {}

    @SessionKey()
    static user(request: ReadonlySipRequest) {
      const user = present(present(/^sip:([^@]*)@/.exec(String(request.uri)))[1]);
      return user === 'maker' ? undefined : user;
    }

    @Message()
    told(request: SipRequest) {
      const said: unknown[] = [];
      if (request.applicationSession.attributes.get('made') === true) said.push('was made for me');
      else if (request.text === 'make') {
        said.push(this.sessions.findByKey('red') === undefined);
        const made = this.factory.createApplicationSession('red');
        made.attributes.set('made', true);
        said.push(this.sessions.findByKey('red') === made);
        said.push(this.sessions.forKey('red') === made);
        said.push(this.sessions.forKey('blue') !== made);
        said.push(this.sessions.find(made.id) === made);
        said.push(this.sessions.session(request.session.id) === request.session);
        said.push(this.sessions.session(made.id) === undefined);
        said.push(this.sessions.find('nonsense') === undefined);
        said.push(this.sessions.all().length);
        const [one, other] = [this.factory.createApplicationSession(), this.factory.createApplicationSession()];
        said.push(one !== other);
      }
      const response = request.createResponse(200);
      response.setBody(said.join(' '), 'text/plain');
      response.send();
    }
  }
  const s = await noting({ finder: { Finder } });
  expect(await message(s, 'maker', { body: 'make' })).toBe('200 true true true true true true true true 3 true');
  expect(await message(s, 'red')).toBe('200 was made for me');
  await s.ends();
});

test('RULES.md section 3: an application sees no sessions of others, nor of its other versions', async () => {
  const seen: Record<string, Sessions> = {};
  const made = (name: string) => {
    @Siplet({ name })
    class Looker {
      constructor(@inject(Sessions) sessions: Sessions) {
        seen[name] = sessions;
      }

      @SessionKey()
      static key() {
        return 'key';
      }

      @Message()
      told(request: SipRequest) {
        notes.push(request.applicationSession.id, request.session.id);
        request.createResponse(200).send();
      }
    }
    return { Looker };
  };
  const s = await noting({ one: made('one'), two: made('two') });
  expect(await message(s, 'bob')).toBe('200');
  const [id, sipId] = notes as [string, string];
  expect(present(seen.one).find(id)?.appName).toBe('one');
  expect(present(seen.two).find(id)).toBeUndefined();
  expect(present(seen.two).session(sipId)).toBeUndefined();
  expect(present(seen.two).findByKey('key')).toBeUndefined();
  expect(present(seen.two).all()).toEqual([]);
  const old = present(seen.one);
  await s.container.deploy('one', made('one'));
  expect(present(seen.one).find(id)).toBeUndefined();
  expect(present(seen.one).all()).toEqual([]);
  expect(old.find(id)?.isValid).toBe(true);
  await s.ends();
});

test('applicationSessions: in the order in which they were made, also where some have ended before', async () => {
  let all: () => string[] = () => [];
  let made: SipFactory | undefined;
  @Siplet({ name: 'lister' })
  class Lister {
    constructor(@inject(Sessions) sessions: Sessions, @inject(SipFactory) factory: SipFactory) {
      made = factory;
      all = () => sessions.all().map(({ id }) => id);
    }

    @OnTimer()
    never() {}
  }
  const s = await noting({ lister: { Lister } });
  const [one, two, three] = ['1', '2', '3'].map((key) => present(made).createApplicationSession(key));
  present(one).invalidate();
  present(two).invalidate();
  const later = ['4', '5', '6'].map((key) => present(made).createApplicationSession(key));
  const valid = [present(three), ...later];
  expect(all()).toEqual(valid.map(({ id }) => id));
  for (const session of valid) session.invalidate();
  await s.ends();
});

test('RULES.md section 1: before all siplets of an application are made it has no sessions, and is told so', async () => {
  @Siplet({ name: 'early' })
  class Early {
    constructor(@inject(SipFactory) factory: SipFactory, @inject(Sessions) sessions: Sessions) {
      notes.push(String(sessions.all().length), String(sessions.findByKey('red')));
      factory.createApplicationSession('red');
    }

    @OnTimer()
    never() {}
  }
  await expect(noting({ early: { Early } })).rejects.toThrow(
    /Early could not be made: .*createApplicationSession: early has no sessions in a constructor or in @PostConstruct/,
  );
  expect(notes).toEqual(['0', 'undefined']);
});

test('C-42 a request that waits for its turn while the session is invalidated gets a new one', async () => {
  const s = await noting({ room: room() });
  expect(await message(s, 'red')).toBe('200 one 1');
  const slow = s.alice.request('MESSAGE', 'sip:red@example.com', { via: 'siplet', body: 'slowly' });
  await s.world.run(100);
  const [ender, behind, last] = ['end', '', ''].map((body) =>
    s.alice.request('MESSAGE', 'sip:red@example.com', { via: 'siplet', body }),
  );
  expect((await slow.response(200)).body).toBe('one 2');
  expect((await present(ender).response(200)).body).toBe('one 3');
  expect((await present(behind).response(200)).body).toBe('one 1');
  expect((await present(last).response(200)).body).toBe('one 2');
  await s.ends();
});
