// apps/reach-me: targets, then voicemail, in virtual time; and what its configuration may be.
import { describe, expect, test } from 'vitest';
import * as reachMe from '../../apps/reach-me/index.js';
import { schema, targetAt } from '../../apps/reach-me/settings.js';
import { stage } from '../world/stage.js';

function reaching(section: string) {
  const phones = { alice: '10.0.0.1', desk: '10.0.0.4', mobile: '10.0.0.5', mailbox: '10.0.0.20' };
  return stage({ 'reach-me': reachMe }, { configuration: `apps: { reach-me: ${section} }`, phones });
}

const IN_TURN =
  "{ timeout: '20s', voicemail: 'sip:10.0.0.20', targets: { bob: ['sip:desk@10.0.0.4', 'sip:mobile@10.0.0.5'] } }";

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
    const { alice, desk, container } = await reaching(IN_TURN);
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(603);
    await call.response(603);
    expect(container.problems()).toEqual([]);
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

  test('E-23 a phone redirects the call: it is not followed, and the caller gets voicemail', async () => {
    const { alice, desk, mobile, mailbox } = await reaching(IN_TURN);
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(302, { headers: { Contact: '<sip:+4990012345@10.0.0.20>' } });
    (await mobile.receive('INVITE')).reply(486);
    const invite = await mailbox.receive('INVITE');
    expect(invite.uri).toBe('sip:bob@10.0.0.20');
    invite.reply(486);
    await call.response('final');
  });

  test('E-23 without voicemail the caller gets 480, and not where the phone points', async () => {
    const { alice, desk, mobile, mailbox } = await reaching(IN_TURN.replace("'sip:10.0.0.20'", 'false'));
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(302, { headers: { Contact: '<sip:+4990012345@10.0.0.20>' } });
    (await mobile.receive('INVITE')).reply(305, { headers: { Contact: '<sip:10.0.0.20>' } });
    expect((await call.response(480)).header('Contact')).toBeUndefined();
    expect(mailbox.received).toEqual([]);
  });

  test('E-23 the mailbox redirects the call, too: 480', async () => {
    const { alice, desk, mobile, mailbox, container } = await reaching(IN_TURN);
    const call = alice.invite('sip:bob@example.com', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(486);
    (await mobile.receive('INVITE')).reply(486);
    (await mailbox.receive('INVITE')).reply(302, { headers: { Contact: '<sip:+4990012345@10.0.0.20>' } });
    await call.response(480);
    expect(container.problems()).toEqual([]);
  });

  test('E-26 digits that are not a number ring nobody; a user that is listed rings', async () => {
    const { alice, desk } = await reaching(
      "{ numbers: { country: '49' }, voicemail: false, targets: { '*': 'sip:10.0.0.4', '+4930 12345': 'sip:phone@10.0.0.4' } }",
    );
    for (const user of ['00', '+49', '+0301234567', '+'])
      await alice.invite(`sip:${user}@example.com`, { via: 'siplet' }).response(484);
    expect(desk.received).toEqual([]);
    const call = alice.invite('sip:03012345@example.com', { via: 'siplet' });
    const invite = await desk.receive('INVITE');
    expect(invite.uri).toBe('sip:phone@10.0.0.4');
    invite.reply(486);
    await call.response(486);
  });

  test.each(['sip:110@10.0.0.20', 'sip:+49110@10.0.0.20'])(
    'E-24 %s is an emergency number: it passes on, and never ends at voicemail',
    async (uri) => {
      const { alice, desk, mailbox } = await reaching(
        "{ numbers: { country: '49', emergency: '110' }, voicemail: 'sip:10.0.0.4', targets: { '*': 'sip:10.0.0.5' } }",
      );
      const call = alice.invite(uri, { via: 'siplet' });
      const invite = await mailbox.receive('INVITE');
      expect([invite.uri, invite.message.list('Record-Route')]).toEqual([uri, []]);
      invite.reply(486);
      await call.response(486);
      expect(desk.received).toEqual([]);
    },
  );

  test('a user that is in nobody’s list is answered 404', async () => {
    const { alice } = await reaching(IN_TURN);
    const call = alice.invite('sip:carol@example.com', { via: 'siplet' });
    await call.response(404);
  });
});

describe('reach-me, its section of siplet.yaml', () => {
  /** Where a call to that user goes. */
  const rung = (section: unknown, user: string) => {
    const found = schema.parse(section).targets(user);
    return Array.isArray(found) ? found.map((target) => String(targetAt(target, user))) : found;
  };

  test('nothing configured: everybody at 127.0.0.1:5070, voicemail at 127.0.0.1:5080', () => {
    expect(schema.parse({})).toMatchObject({ parallel: false, timeout: '20s', voicemail: 'sip:127.0.0.1:5080' });
    expect(rung({}, 'bob')).toEqual(['sip:bob@127.0.0.1:5070']);
  });

  test('a target with a user part keeps it; one without takes the dialled one', () => {
    const section = { targets: { bob: ['sip:desk@h', 'sip:g'], '*': 'sip:g' } };
    expect(rung(section, 'bob')).toEqual(['sip:desk@h', 'sip:bob@g']);
    expect(rung(section, '+4930123')).toEqual(['sip:+4930123@g']);
    expect(rung({ targets: {} }, 'bob')).toBeUndefined();
  });

  test('targets of a beginning: the longest counts, a user of his own before all', () => {
    const section = {
      targets: { '*': 'sip:g', '+*': 'next', '+49*': 'sip:berlin', '+4930': 'sip:desk@h', Bob: 'next' },
    };
    expect(rung(section, '+4930')).toEqual(['sip:desk@h']);
    expect(rung(section, '+49301')).toEqual(['sip:+49301@berlin']);
    expect([rung(section, '+1'), rung(section, 'bob')]).toEqual(['next', 'next']);
    expect(rung(section, 'bobby')).toEqual(['sip:bobby@g']);
    expect(rung(section, '')).toEqual(['sip:g']);
    expect(rung({ targets: { bob: 'next' } }, 'constructor')).toBeUndefined();
  });

  test.each([
    [{ targets: { bob: 'nonsense' } }, ['targets', 'bob', 0], 'must be a SIP URI'],
    [{ targets: { bob: ['sip:a@b', 7] } }, ['targets', 'bob'], "must be 'next', a SIP URI or a list of them"],
    [{ targets: { bob: [] } }, ['targets', 'bob'], '>=1 items'],
    [{ timeout: 0 }, ['timeout'], "must be a time such as '20s'"],
    [{ timeout: 20 }, ['timeout'], "must be a time such as '20s'"],
    [{ voicemail: true }, ['voicemail'], 'must be a SIP URI or false'],
    [{ numbers: { country: 49 } }, ['numbers'], 'must be a dial plan in quotes'],
    [{ colour: 'red' }, [], 'Unrecognized key: "colour"'],
  ])('refused: %j', (section, path, message) => {
    expect(schema.safeParse(section).error?.issues).toMatchObject([
      { path, message: expect.stringContaining(message) },
    ]);
  });
});
