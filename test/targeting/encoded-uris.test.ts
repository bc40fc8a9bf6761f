// JSR 289 §15.11.1: a URI that names an application session; security C29: nobody else can make one.

import { Invite, Message, Siplet, type SipRequest, StatelessRoute } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { message, notes, noting } from '../session/noting.js';
import { BOB, type Stage } from '../world/stage.js';

/** Gives out a URI for its session; counts what comes in it; INVITEs it proxies as they are. */
function gate(name: string, version = '1') {
  @Siplet({ name })
  class Gate {
    @Message()
    told(request: SipRequest) {
      const { applicationSession } = request;
      const count = Number(applicationSession.attributes.get('count') ?? 0) + 1;
      applicationSession.attributes.set('count', count);
      applicationSession.invalidateWhenReady = false;
      const response = request.createResponse(200);
      response.headers.set('X-Uri', String(applicationSession.encodeUri('sip:room@10.0.0.9;x=1')));
      response.headers.set('X-Seen', String(request.uri));
      response.setBody(`${name} ${version} ${count}`, 'text/plain');
      response.send();
      if (request.text === 'end') applicationSession.invalidate();
    }

    @Invite()
    ring(request: SipRequest) {
      notes.push(`${name} ${request.applicationSession.attributes.get('count') ?? 0}`);
      request.proxy().proxyTo(request.text === 'leave' ? BOB : request.uri);
    }
  }
  return { Gate };
}

/** A URI that the application has given out. */
async function uriOf(s: Stage): Promise<string> {
  const response = await s.alice.request('MESSAGE', 'sip:any@example.com', { via: 'siplet' }).response(200);
  return present(response.header('X-Uri'));
}

test('§15.11.1 a request to the URI lands in the session that made it', async () => {
  const s = await noting({ gate: gate('gate') });
  const uri = await uriOf(s);
  expect(uri).toMatch(/^sip:room@10\.0\.0\.9;x=1;siplet-session=[a-z0-9.]+$/);
  expect(await message(s, uri)).toBe('200 gate 1 2');
  expect(await message(s, uri)).toBe('200 gate 1 3');
  expect(await message(s, 'any')).toBe('200 gate 1 1');
  await s.ends();
});

test('§15.11.1 so does one whose Route is the URI', async () => {
  const s = await noting({ gate: gate('gate') });
  const uri = await uriOf(s);
  expect(await message(s, 'sip:any@example.com', { route: [`<${uri};lr>`] })).toBe('200 gate 1 2');
  await s.ends();
});

test('§15.11.1 it goes to the application that made it, whatever the order of applications', async () => {
  const s = await noting(
    { alpha: gate('alpha'), gate: gate('gate') },
    { configuration: 'router: { MESSAGE: [gate] }' },
  );
  const uri = await uriOf(s);
  const call = s.alice.invite(uri, { via: 'siplet', body: 'leave' });
  (await s.bob.receive('INVITE')).reply(486);
  await call.response(486);
  // The one that was asked for has had it; then come the others in their order, in new sessions.
  expect(notes).toEqual(['gate 1', 'alpha 0']);
  await s.ends();
});

test('§15.11.1 D-2 it goes to the version that is draining, where the session lives', async () => {
  const s = await noting({ gate: gate('gate', '1') });
  const uri = await uriOf(s);
  await s.container.deploy('gate', gate('gate', '2'));
  expect(await message(s, 'any')).toBe('200 gate 2 1');
  expect(await message(s, uri)).toBe('200 gate 1 2');
  await s.ends();
});

test('§15.11.1 when the session has ended the request is routed as any other', async () => {
  const s = await noting({ gate: gate('gate') });
  const uri = await uriOf(s);
  expect(await message(s, uri, { body: 'end' })).toBe('200 gate 1 2');
  expect(await message(s, uri)).toBe('200 gate 1 1');
  await s.ends();
});

test('C29 what somebody else has made or changed is ignored', async () => {
  const s = await noting({ gate: gate('gate'), other: gate('other') });
  const uri = await uriOf(s);
  const [, id, check] = present(/siplet-session=([^.]+)\.(.+)$/.exec(uri));
  const flipped = (text: string, at: number) => text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
  const forged = [
    present(id),
    `${id}.`,
    `.${check}`,
    '.',
    `${id}.${flipped(present(check), 0)}`,
    `${id}.${flipped(present(check), present(check).length - 1)}`,
    `${flipped(present(id), 0)}.${check}`,
    `${id}.${check}a`,
    `${id}.${present(check).slice(1)}`,
    'x'.repeat(5000),
    '%00%0d%0a',
  ];
  for (const value of forged)
    expect(await message(s, `sip:room@10.0.0.9;siplet-session=${value}`), value).toBe('200 gate 1 1');
  expect(await message(s, 'sip:room@10.0.0.9;siplet-session')).toBe('200 gate 1 1');
  expect(await message(s, uri)).toBe('200 gate 1 2');
  await s.ends();
});

test('C29 another key makes another check, and the name of the application is part of it', async () => {
  const { EncodedUris } = await import('../../container/session/encoded-uris.js');
  const { Uri } = await import('../../container/message/index.js');
  const ours = new EncodedUris([1, 2]);
  const uriWith = (value: string) => present(Uri.parse(`sip:room@host;siplet-session=${value}`));
  const find = (appName: string) => (id: string) => ({ appName, id });
  expect(ours.read(uriWith(ours.write('gate', 'one')), find('gate'))).toEqual({ appName: 'gate', id: 'one' });
  expect(ours.read(uriWith(ours.write('gate', 'one')), find('other'))).toBeUndefined();
  expect(new EncodedUris([1, 3]).read(uriWith(ours.write('gate', 'one')), find('gate'))).toBeUndefined();
});

test('C29 the parameter is taken off a Request-URI of ours before anybody sees it; in those of others it stays', async () => {
  const s = await noting({ gate: gate('gate') });
  const uri = await uriOf(s);
  const response = await s.alice.request('MESSAGE', uri, { via: 'siplet' }).response(200);
  expect(response.header('X-Seen')).toBe('sip:room@10.0.0.9;x=1');
  const [, parameter] = present(/(;siplet-session=.+)$/.exec(uri));
  const forged = await s.alice
    .request('MESSAGE', 'sip:room@10.0.0.9;siplet-session=forged;y', { via: 'siplet' })
    .response(200);
  expect(forged.header('X-Seen')).toBe('sip:room@10.0.0.9;y');
  // A URI at Bob that carries it: it is Bob's, and goes to him unchanged.
  const call = s.alice.invite(`${BOB}${parameter}`, { via: 'siplet' });
  const invite = await s.bob.receive('INVITE');
  expect(invite.uri).toBe(`${BOB}${parameter}`);
  invite.reply(486);
  await call.response(486);
  expect(notes).toEqual(['gate 2']);
  await s.ends();
});

test('RULES.md section 3: encodeUri throws for a value that is not a SIP URI, and when the session has ended', async () => {
  const thrown: string[] = [];
  @Siplet({ name: 'encoder' })
  class Encoder {
    @Message()
    told(request: SipRequest) {
      request.createResponse(200).send();
      const { applicationSession } = request;
      const uri = applicationSession.encodeUri('sips:a@host');
      thrown.push(String(applicationSession.encodeUri(uri)) === String(uri) ? 'once' : 'twice');
      for (const text of ['tel:+1', 'nonsense'])
        try {
          applicationSession.encodeUri(text);
        } catch (error) {
          thrown.push((error as Error).name);
        }
      applicationSession.invalidate();
      try {
        applicationSession.encodeUri('sip:a@host');
      } catch (error) {
        thrown.push((error as Error).name);
      }
    }
  }
  const s = await noting({ encoder: { Encoder } });
  await message(s, 'any');
  expect(thrown).toEqual(['once', 'SipParseError', 'SipParseError', 'SessionInvalidError']);
  await s.ends();
});

test('§15.11.1 it finds its session also where a stateless siplet takes all that comes before', async () => {
  @Siplet({ name: 'alpha', stateless: true })
  class Alpha {
    @StatelessRoute()
    route() {
      return BOB;
    }
  }
  const s = await noting({ gate: gate('gate') });
  const uri = await uriOf(s);
  await s.container.deploy('alpha', { Alpha });
  const other = s.alice.request('MESSAGE', 'sip:any@example.com', { via: 'siplet' });
  (await s.bob.receive('MESSAGE')).reply(202);
  await other.response(202);
  expect(await message(s, uri)).toBe('200 gate 1 2');
  await s.ends();
});
