// RULES.md section 3, JSR 289 §6.4: attributes are JSON values, kept as long as the session.
import type { Json, SipRequest } from '@siplet/sdk';
import { Invite, Message, ProvisionalResponse, Siplet, type SipResponse } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { Attributes } from '../../container/session/attributes.js';
import { BOB } from '../world/stage.js';
import { message, notes, noting } from './noting.js';

const open = () => new Attributes(() => {});

test.each<[string, Json]>([
  ['null', null],
  ['a boolean', false],
  ['a number', -0.5],
  ['a string', 'ä\u0000'],
  ['an array', [1, ['two', null]]],
  ['an object', { a: { b: [true] }, c: undefined }],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
  ['the same object in two places', ((one) => [one, one])({ a: 1 })],
])('%s can be set, and comes back unchanged', (_what, value) => {
  expect(open().set('x', value).get('x')).toBe(value);
});

const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;
let deep: unknown = 1;
for (let i = 0; i < 200; i++) deep = [deep];

test.each<[string, unknown]>([
  ["the attribute 'x' is a function, which is not a JSON value", () => {}],
  ["the attribute 'x' is undefined, which is not a JSON value", undefined],
  ["the attribute 'x' is a bigint, which is not a JSON value", 1n],
  ["the attribute 'x' is a symbol, which is not a JSON value", Symbol('s')],
  ["the attribute 'x' is NaN, which is not a JSON value", Number.NaN],
  ["the attribute 'x' is Infinity, which is not a JSON value", Number.POSITIVE_INFINITY],
  ["the attribute 'x' is an object of the class Date, which is not a JSON value", new Date(0)],
  ["the attribute 'x' is an object of the class Map, which is not a JSON value", new Map()],
  ["the attribute 'x'.self contains itself, so it is not a JSON value", cyclic],
  [
    "the attribute 'x'.list[1].when is an object of the class Date, which is not a JSON value",
    { list: [0, { when: new Date(0) }] },
  ],
  ["the attribute 'x'[0] is undefined, which is not a JSON value", new Array(1)],
  ["the attribute 'x'[0] is undefined, which is not a JSON value", [undefined]],
  [`the attribute 'x'${'[0]'.repeat(21)}… is nested more than 100 levels deep`, deep],
])('TypeError: %s', (message, value) => {
  const attributes = open();
  expect(() => attributes.set('x', value as Json)).toThrow(new TypeError(message));
  expect(attributes.size).toBe(0);
});

test('the name is a string', () => {
  expect(() => open().set(1 as never, 1)).toThrow(new TypeError('the name of an attribute is a string, not a number'));
});

test('names that mean something to objects are names like others', () => {
  const attributes = open();
  attributes.set('__proto__', { polluted: true }).set('constructor', 1);
  expect([...attributes.keys()]).toEqual(['__proto__', 'constructor']);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('§6.4 they are kept from handler to handler, apart for the SIP session and the application session', async () => {
  @Siplet({ name: 'keeper' })
  class Keeper {
    @Invite()
    ring(request: SipRequest) {
      request.session.attributes.set('which', 'sip').set('gone', 1);
      request.session.attributes.delete('gone');
      request.applicationSession.attributes.set('which', 'application');
      request.proxy().proxyTo(BOB);
    }

    @ProvisionalResponse()
    ringing({ session, applicationSession }: SipResponse) {
      notes.push(JSON.stringify([...session.attributes]), JSON.stringify([...applicationSession.attributes]));
    }
  }
  const s = await noting({ keeper: { Keeper } });
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet' });
  const invite = await s.bob.receive('INVITE');
  invite.reply(180);
  await call.response(180);
  invite.reply(486);
  await call.response(486);
  expect(notes).toEqual(['[["which","sip"]]', '[["which","application"]]']);
  await s.ends();
});

test('§6.2.3.2 the session of a fork begins with the attributes of the first, and goes its own way', async () => {
  @Siplet({ name: 'forks' })
  class Forks {
    @Invite()
    ring(request: SipRequest) {
      request.session.attributes.set('from', 'the first');
      request.proxy().proxyTo(BOB);
    }

    @ProvisionalResponse()
    ringing({ session, to }: SipResponse) {
      const tag = String(to.parameters.get('tag'));
      notes.push(`${tag} ${session.attributes.get('from')} ${session.attributes.get('own') ?? 'nothing'}`);
      session.attributes.set('own', tag);
    }
  }
  const s = await noting({ forks: { Forks } });
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet' });
  const invite = await s.bob.receive('INVITE');
  for (const toTag of ['one', 'two', 'one', 'two']) {
    invite.reply(180, { toTag });
    await call.response(180);
  }
  invite.reply(486);
  await call.response(486);
  expect(notes).toEqual(['one the first nothing', 'two the first one', 'one the first one', 'two the first two']);
  await s.ends();
});

test('RULES.md section 3: what a session throws when it has been invalidated', async () => {
  const outcomes: Record<string, unknown> = {};
  const attempt = (what: string, act: () => unknown) => {
    try {
      const value = act();
      outcomes[what] = typeof value === 'object' ? 'an object' : value;
    } catch (error) {
      outcomes[what] = (error as Error).name;
    }
  };
  @Siplet({ name: 'ender' })
  class Ender {
    @Message()
    told(request: SipRequest) {
      const { session, applicationSession } = request;
      request.createResponse(200).send();
      const { signal } = applicationSession;
      const held = { session: session.attributes, application: applicationSession.attributes };
      held.session.set('x', 1);
      signal.addEventListener('abort', () => notes.push('aborted'));
      applicationSession.invalidate();
      applicationSession.invalidate();
      session.invalidate();
      attempt('session.isValid', () => session.isValid);
      attempt('session.attributes', () => session.attributes);
      attempt('session.attributes held: read', () => held.session.get('x'));
      attempt('session.attributes held: set', () => held.session.set('x', 2));
      attempt('session.attributes held: delete', () => held.session.delete('x'));
      attempt('session.attributes held: clear', () => held.session.clear());
      attempt('session.invalidateWhenReady', () => session.invalidateWhenReady);
      attempt('session.invalidateWhenReady = false', () => {
        session.invalidateWhenReady = false;
      });
      attempt('session.createRequest', () => session.createRequest('INFO'));
      attempt('session.terminate', () => session.terminate());
      attempt('session.applicationSession', () => session.applicationSession === applicationSession);
      attempt('session.callId', () => session.callId === request.callId);
      attempt('isValid', () => applicationSession.isValid);
      attempt('attributes', () => applicationSession.attributes);
      attempt('attributes held: set', () => held.application.set('x', 2));
      attempt('setTimer', () => applicationSession.setTimer('t', 1));
      attempt('timers', () => applicationSession.timers.length);
      attempt('setExpires', () => applicationSession.setExpires('1m'));
      attempt('encodeUri', () => applicationSession.encodeUri('sip:a@b'));
      attempt('invalidateWhenReady = true', () => {
        applicationSession.invalidateWhenReady = true;
      });
      attempt('sessions', () => applicationSession.sessions.length);
      attempt('id', () => applicationSession.id !== '');
      attempt('appName', () => applicationSession.appName);
      attempt('signal', () => applicationSession.signal.aborted && signal.aborted);
    }
  }
  const s = await noting({ ender: { Ender } });
  await message(s, 'any');
  expect(notes).toEqual(['aborted']);
  expect(outcomes).toEqual({
    'session.isValid': false,
    'session.attributes': 'SessionInvalidError',
    'session.attributes held: read': 1,
    'session.attributes held: set': 'SessionInvalidError',
    'session.attributes held: delete': 'SessionInvalidError',
    'session.attributes held: clear': 'SessionInvalidError',
    'session.invalidateWhenReady': true,
    'session.invalidateWhenReady = false': 'SessionInvalidError',
    'session.createRequest': 'SessionInvalidError',
    'session.terminate': 'SessionInvalidError',
    'session.applicationSession': true,
    'session.callId': true,
    isValid: false,
    attributes: 'SessionInvalidError',
    'attributes held: set': 'SessionInvalidError',
    setTimer: 'SessionInvalidError',
    timers: 0,
    setExpires: 'SessionInvalidError',
    encodeUri: 'SessionInvalidError',
    'invalidateWhenReady = true': 'SessionInvalidError',
    sessions: 0,
    id: true,
    appName: 'ender',
    signal: true,
  });
  await s.ends();
});
