// RFC 3891, RFC 3911, JSR 289 §15.11.3: an INVITE that names a dialog goes to the application session which has that
// dialog.

import { Invite, Siplet, type SipRequest } from '@siplet/sdk';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Request } from '../../container/message/index.js';
import { namedDialogOf } from '../../container/session/named-dialog.js';
import { hangUp, notes, noting } from '../session/noting.js';
import type { Phone } from '../world/phone.js';
import { BOB, established, type Stage } from '../world/stage.js';

/** Proxies every call, and notes how many it has had in this session before. */
function keeper(name: string) {
  @Siplet({ name })
  class Keeper {
    @Invite()
    ring(request: SipRequest) {
      const { attributes } = request.applicationSession;
      const calls = Number(attributes.get('calls') ?? 0);
      attributes.set('calls', calls + 1);
      notes.push(`${name} ${calls}`);
      request.proxy({ recordRoute: true }).proxyTo(BOB);
    }
  }
  return { Keeper };
}

/** Call-ID and tags of a call that stands, as Bob and as Alice would be addressed. */
function dialogOf(call: ReturnType<Phone['invite']>) {
  const { callId, fromTag: caller, toTag: callee } = present(call.last);
  return {
    callId,
    toBob: `${callId};to-tag=${callee};from-tag=${caller}`,
    toAlice: `${callId};to-tag=${caller};from-tag=${callee}`,
  };
}

async function named(s: Stage, headers: Record<string, string>): Promise<void> {
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet', headers });
  const invite = await s.bob.receive('INVITE');
  invite.reply(486);
  await call.response(486);
}

test.each(['Replaces', 'Join'])(
  '%s: an INVITE finds the session of the dialog, whichever side it is for',
  async (header) => {
    const s = await noting({ keeper: keeper('keeper') });
    const { call } = await established(s);
    const dialog = dialogOf(call);
    await named(s, { [header]: dialog.toBob });
    await named(s, { [header]: dialog.toAlice });
    expect(notes).toEqual(['keeper 0', 'keeper 1', 'keeper 2']);
    await hangUp(s, call);
    await s.ends();
  },
);

test('RFC 3891 §3 one that matches no dialog of ours is forwarded: only the user agent that is meant can say 481', async () => {
  const s = await noting({ keeper: keeper('keeper') });
  const { call } = await established(s);
  const { toBob, callId } = dialogOf(call);
  await named(s, { Replaces: toBob.replace('to-tag=', 'to-tag=x') });
  await named(s, { Replaces: toBob.replace(callId, 'other') });
  await hangUp(s, call);
  await named(s, { Replaces: toBob });
  expect(notes).toEqual(['keeper 0', 'keeper 0', 'keeper 0', 'keeper 0']);
  await s.ends();
});

test('§15.11.3 where several applications have proxied the call, each finds its own session', async () => {
  const s = await noting({ one: keeper('one'), two: keeper('two') });
  const { call } = await established(s);
  await named(s, { Join: dialogOf(call).toBob });
  expect(notes).toEqual(['one 0', 'two 0', 'one 1', 'two 1']);
  await hangUp(s, call);
  await s.ends();
});

test('§15.11.3 D-2 the session may be one of a version that is draining', async () => {
  const s = await noting({ keeper: keeper('keeper') });
  const { call } = await established(s);
  await s.container.deploy('keeper', keeper('keeper'));
  await named(s, {});
  await named(s, { Replaces: dialogOf(call).toBob });
  expect(notes).toEqual(['keeper 0', 'keeper 0', 'keeper 1']);
  await hangUp(s, call);
  await s.ends();
});

test('§15.11.3 where the application is the user agent, the INVITE finds the session of its dialog, and no other side of it', async () => {
  @Siplet({ name: 'agent' })
  class Agent {
    @Invite()
    ring(request: SipRequest) {
      const { attributes } = request.applicationSession;
      const calls = Number(attributes.get('calls') ?? 0);
      attributes.set('calls', calls + 1);
      notes.push(`agent ${calls}`);
      request.createResponse(calls === 0 ? 200 : 486).send();
    }
  }
  const s = await noting({ agent: { Agent } });
  const call = s.alice.invite('sip:agent@example.com', { via: 'siplet' });
  await call.response(200);
  call.ack();
  const { toBob, toAlice } = dialogOf(call);
  await s.alice.invite('sip:agent@example.com', { via: 'siplet', headers: { Replaces: toBob } }).response(486);
  const other = s.alice.invite('sip:agent@example.com', { via: 'siplet', headers: { Replaces: toAlice } });
  await other.response(200);
  other.ack();
  expect(notes).toEqual(['agent 0', 'agent 1', 'agent 0']);
  for (const each of [call, other]) await each.bye().response(200);
  await s.ends();
});

test.each([
  ['no tags', { Replaces: 'a@b' }],
  ['one tag', { Replaces: 'a@b;to-tag=1' }],
  ['a tag twice', { Replaces: 'a@b;to-tag=1;from-tag=2;to-tag=3' }],
  ['an empty tag', { Replaces: 'a@b;to-tag=;from-tag=2' }],
  ['a quoted tag', { Replaces: 'a@b;to-tag="1";from-tag=2' }],
  ['no Call-ID', { Replaces: ';to-tag=1;from-tag=2' }],
  ['two words', { Join: 'a b;to-tag=1;from-tag=2' }],
  ['two dialogs', { Join: 'a@b;to-tag=1;from-tag=2, c@d;to-tag=1;from-tag=2' }],
  ['two headers', { Replaces: 'a@b;to-tag=1;from-tag=2', Join: 'a@b;to-tag=1;from-tag=2' }],
  ['great length', { Replaces: `a@b;to-tag=1;from-tag=2;x=${'y'.repeat(2000)}` }],
])('RFC 3891 §3, RFC 3911 §4: 400 for an INVITE with %s', async (_what, headers) => {
  const s = await noting({ keeper: keeper('keeper') });
  const call = s.alice.invite('sip:bob@example.com', { via: 'siplet', headers: headers as Record<string, string> });
  const response = await call.response(400);
  expect(response.startLine).toBe('SIP/2.0 400 Bad Replaces or Join');
  expect(notes).toEqual([]);
  await s.ends();
});

test('RFC 3891 §6.1 what the header says', () => {
  const read = (name: string, ...values: string[]) => {
    const request = new Request('INVITE', 'sip:a@b');
    for (const value of values) request.append(name, value);
    return namedDialogOf(request);
  };
  expect(read('Subject', 'a')).toBeUndefined();
  expect(read('Replaces', '98732@sip.example.com ;from-tag=r33th4x0r ; to-tag=ff87ff')).toEqual({
    type: 'REPLACES',
    callId: '98732@sip.example.com',
    toTag: 'ff87ff',
    fromTag: 'r33th4x0r',
    earlyOnly: false,
  });
  expect(read('Replaces', 'a;to-tag=1;from-tag=2;Early-Only;x="a;b"')).toMatchObject({ earlyOnly: true });
  expect(read('Join', '12adf2f34456gs5;to-tag=12345;from-tag=54321')).toMatchObject({
    type: 'JOIN',
    callId: '12adf2f34456gs5',
  });
  expect(read('Replaces', 'a;to-tag=1;from-tag=2', 'b;to-tag=1;from-tag=2')).toBe('malformed');
});
