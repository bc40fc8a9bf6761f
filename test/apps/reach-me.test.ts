// apps/reach-me: targets, then voicemail, in virtual time; and what its configuration may be.
import { SipUri, TelUri } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import * as reachMe from '../../apps/reach-me/index.js';
import { Settings } from '../../apps/reach-me/settings.js';
import { stage } from '../world/stage.js';

function reaching(section: string) {
  const phones = { alice: '10.0.0.1', desk: '10.0.0.4', mobile: '10.0.0.5', mailbox: '10.0.0.20' };
  return stage({ 'reach-me': reachMe }, { configuration: `apps: { reach-me: ${section} }`, phones });
}

const IN_TURN =
  "{ timeout: 20, voicemail: 'sip:10.0.0.20', targets: { bob: ['sip:desk@10.0.0.4', 'sip:mobile@10.0.0.5'] } }";

describe('reach-me, the call', () => {
  test('C-23 rings one target after another, and the second answers', async () => {
    const { world, alice, desk, mobile, container } = await reaching(IN_TURN);
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(486);
    const invite = await mobile.receive('INVITE');
    expect(invite.uri).toBe('sip:mobile@10.0.0.5');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await world.deliver();
    expect(container.problems()).toEqual([]);
  });

  test('C-16 goes to the mailbox of the dialled user when every target has failed', async () => {
    const { alice, desk, mobile, mailbox } = await reaching(IN_TURN);
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(486);
    (await mobile.receive('INVITE')).reply(480);
    const invite = await mailbox.receive('INVITE');
    expect(invite.uri).toBe('sip:bob@10.0.0.20');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
  });

  test('C-17 C-19 the mailbox is tried once: when it fails too, the best response goes to the caller', async () => {
    const { alice, desk, mobile, mailbox, container } = await reaching(IN_TURN);
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(486);
    (await mobile.receive('INVITE')).reply(486);
    (await mailbox.receive('INVITE')).reply(503);
    await call.response(486);
    expect(container.problems()).toEqual([]);
  });

  test('C-13 declined: no voicemail', async () => {
    const { alice, desk } = await reaching(IN_TURN);
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(603);
    await call.response(603);
  });

  test('C-29 the caller has gone: no voicemail', async () => {
    const { world, alice, desk, container } = await reaching(IN_TURN);
    desk.answerCancel = true;
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(180);
    await call.response(180);
    call.cancel();
    await call.response(487);
    await world.deliver();
    expect(world.ladder({ times: false })).not.toContain('mailbox');
    expect(container.problems()).toEqual([]);
  });

  test('a user that is in nobody’s list is answered 404', async () => {
    const { alice } = await reaching(IN_TURN);
    const call = alice.invite('sip:carol@example.com', { via: 'siplet' });
    await call.response(404);
  });
});

describe('reach-me, its section of siplet.yaml', () => {
  const bob = SipUri.parse('sip:bob@example.com');
  const texts = (uris: readonly SipUri[]) => uris.map(String);

  test('nothing configured: everybody at 127.0.0.1:5070, voicemail at 127.0.0.1:5080', () => {
    const settings = new Settings({});
    expect(settings).toMatchObject({ parallel: false, timeout: 20 });
    expect(texts(settings.targetsOf(bob))).toEqual(['sip:bob@127.0.0.1:5070']);
    expect(String(settings.voicemailOf(bob))).toBe('sip:bob@127.0.0.1:5080');
  });

  test('a target with a user part keeps it; one without takes the dialled one', () => {
    const settings = new Settings({ voicemail: false, targets: { bob: ['sip:desk@h', 'sip:g'], '*': 'sip:g' } });
    expect(texts(settings.targetsOf(bob))).toEqual(['sip:desk@h', 'sip:bob@g']);
    expect(texts(settings.targetsOf(TelUri.parse('tel:+4930123')))).toEqual(['sip:+4930123@g']);
    expect(settings.voicemailOf(bob)).toBeUndefined();
    expect(new Settings({ targets: {} }).targetsOf(bob)).toEqual([]);
  });

  test('targets of a beginning: the longest counts, a user of his own before all', () => {
    const settings = new Settings({
      targets: { '*': 'sip:g', '+*': 'onward', '+49*': 'sip:berlin', '+4930': 'sip:desk@h', bob: 'onward' },
    });
    const to = (uri: string) => [settings.isOnward(SipUri.parse(uri)), texts(settings.targetsOf(SipUri.parse(uri)))];
    expect(to('sip:+4930@h')).toEqual([false, ['sip:desk@h']]);
    expect(to('sip:+49301@h')).toEqual([false, ['sip:+49301@berlin']]);
    expect(to('sip:+1@h')).toEqual([true, []]);
    expect(to('sip:bob@h')).toEqual([true, []]);
    expect(to('sip:bobby@h')).toEqual([false, ['sip:bobby@g']]);
    expect(to('sip:h')).toEqual([false, ['sip:g']]);
  });

  test.each([
    [{ targets: { bob: 'nonsense' } }, 'apps.reach-me.targets.bob: must be a SIP URI or a list of them'],
    [{ targets: { bob: ['sip:a@b', 7] } }, 'apps.reach-me.targets.bob'],
    [{ timeout: 0 }, 'apps.reach-me.timeout: '],
    [{ voicemail: true }, 'apps.reach-me.voicemail: must be a SIP URI or false'],
    [{ colour: 'red' }, 'colour'],
    ['text', 'apps.reach-me: must be a map of keys and values'],
  ])('refused: %j', (section, message) => {
    expect(() => new Settings(section)).toThrow(message);
  });
});
