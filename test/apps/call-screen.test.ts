// apps/call-screen: callers are turned away before any other application has the call; and what its section may be.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as callScreen from '../../apps/call-screen/index.js';
import { fits, Patterns } from '../../apps/call-screen/patterns.js';
import { schema } from '../../apps/call-screen/settings.js';
import * as reachMe from '../../apps/reach-me/index.js';
import { stage } from '../world/stage.js';

const LISTS = `{ numbers: { country: '49', area: '30' }, block: ['+49900*', '*@spam.example', mallory], allow: '+49900123', callees: { Bob: { block: '*', allow: ['+4930*'] } } }`;

function screening(section = LISTS) {
  const configuration = `
router: { INVITE: [call-screen, reach-me] }
apps:
  call-screen: ${section}
  reach-me: { voicemail: false, targets: { '*': 'sip:10.0.0.2' } }`;
  return stage({ 'call-screen': callScreen, 'reach-me': reachMe }, { configuration });
}

describe('call-screen, the call', () => {
  test('who is on no list reaches the next application, and has the dialog with it alone', async () => {
    const { alice, bob, ends } = await screening();
    const call = alice.invite('sip:carol@siplet');
    const invite = await bob.receive('INVITE');
    expect(invite.message.list('Record-Route')).toHaveLength(1);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = call.bye();
    (await bob.receive('BYE')).reply(200);
    await bye.response(200);
    await ends();
  });

  test.each([
    ['§21.4.4 a number by its beginning', '<sip:+49-900-5123456@a.example>', 'carol', 403],
    ['§21.4.4 a domain', '<sip:anybody@SPAM.example>', 'carol', 403],
    ['§21.4.4 a user, whatever the host', '"Not Mallory" <sip:mallory@a.example>', 'carol', 403],
    ['W-06 a user with parameters', '<sip:mallory;x@a.example>', 'carol', 403],
    ['W-06 a number that is dialled with 00', '<sip:00499005123456@a.example>', 'carol', 403],
    ['E-26 a number in a tel URI', '<tel:+49-900-5123456>', 'carol', 403],
    ['E-26 a local number with its context', '<tel:9005123456;phone-context=+49>', 'carol', 403],
    ['W-06 a user with an escaped letter', '<sip:%6dallory@a.example>', 'carol', 403],
    ['W-06 a domain with the dot of its root', '<sip:x@spam.example.>', 'carol', 403],
    ['W-06 a number with the readers’ (0)', '<sip:+49(0)9005123456@a.example>', 'carol', 403],
    ['W-06 a number with spaces', '<sip:+49%20900%205123456@a.example>', 'carol', 403],
    ['a user whatever the case', '<sip:MALLORY@a.example>', 'carol', 403],
    ['§21.6.2 the callee blocks everybody', '<sip:carol@a.example>', 'bob', 603],
    ['§21.6.2 the callee is found whatever the case', '<sip:carol@a.example>', 'BOB', 603],
    ['blocked by both, the general list answers', '<sip:mallory@a.example>', 'bob', 403],
  ])('%s', async (_, from, whom, status) => {
    const { alice, bob, ends } = await screening();
    const call = alice.invite(`sip:${whom}@siplet`, { headers: { From: `${from};tag=a` } });
    await call.response(status);
    await ends();
    expect(bob.received).toEqual([]);
  });

  test.each([
    ['an exception to a beginning', '<sip:+49900123@a.example>', 'carol'],
    ['an exception of the callee', '<sip:+493055@a.example>', 'bob'],
  ])('allowed: %s', async (_, from, whom) => {
    const { alice, bob } = await screening();
    const call = alice.invite(`sip:${whom}@siplet`, { headers: { From: `${from};tag=a` } });
    (await bob.receive('INVITE')).reply(486);
    await call.response(486);
  });

  test.each(['sip:112@10.0.0.2', 'sip:+49112@10.0.0.2'])('E-24 everybody may call %s', async (uri) => {
    const { alice, bob } = await screening(LISTS.replace('} }`', '}, "*": { block: "*" } }`'));
    const call = alice.invite(uri, { via: 'siplet', headers: { From: '<sip:mallory@a.example>;tag=a' } });
    (await bob.receive('INVITE')).reply(486);
    await call.response(486);
  });

  test('W-06 the lists may write numbers as they are dialled', async () => {
    const { alice } = await screening("{ numbers: { country: '49' }, block: ['0900*', '0049-30-123456'] }");
    for (const user of ['+499001', '+49900123456', '030123456'])
      await alice.invite('sip:carol@siplet', { from: `<sip:${user}@a.example>` }).response(403);
  });

  test('E-23 a redirection by a phone is not followed for the caller', async () => {
    const on = await stage(
      { 'call-screen': callScreen },
      { phones: { alice: '10.0.0.1', bob: '10.0.0.2', carol: '10.0.0.3' } },
    );
    const call = on.alice.invite('sip:bob@10.0.0.2', { via: 'siplet' });
    (await on.bob.receive('INVITE')).reply(302, { headers: { Contact: '<sip:+49900123@10.0.0.3>' } });
    await call.response(302);
    expect(on.carol.received).toEqual([]);
  });

  test('RFC 3325 the asserted identity counts where it is believed, and only there', async () => {
    const headers = { From: '<sip:anonymous@anonymous.invalid>;tag=a', 'P-Asserted-Identity': '<tel:+49-900-7>' };
    const believing = await screening("{ asserted: true, block: ['+49900*'] }");
    await believing.alice.invite('sip:carol@siplet', { headers }).response(403);
    const careful = await screening("{ block: ['+49900*'] }");
    const call = careful.alice.invite('sip:carol@siplet', { headers });
    (await careful.bob.receive('INVITE')).reply(486);
    await call.response(486);
  });
});

describe('call-screen, patterns', () => {
  test.each([
    ['*', '', true],
    ['a*c', 'abc', true],
    ['a*c', 'ac', true],
    ['a*c', 'abcd', false],
    ['*@spam.example', 'x@spam.example', true],
    ['*@spam.example', 'x@spam.example.org', false],
    ['a*b*c', 'a1b2b3c', true],
    ['a*b*c', 'acb', false],
    ['**', 'x', true],
    ['', 'x', false],
  ])('%j and %j: %s', (pattern, text, isFit) => {
    expect(fits(pattern, text)).toBe(isFit);
    expect(new Patterns([pattern]).hasAny([text])).toBe(isFit);
  });

  test('a star stands for any text, as in a regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 12 });
    const isAlike = fc.property(text, text, (pattern, subject) => {
      const expression = pattern
        .split('*')
        .map((each) => each.replaceAll('.', '\\.'))
        .join('[^]*');
      return fits(pattern, subject) === new RegExp(`^${expression}$`).test(subject);
    });
    return fc.assert(isAlike, { numRuns: 2000 });
  });

  test('no pattern takes long, whatever a caller writes', () => {
    const started = performance.now();
    expect(fits(`${'*a'.repeat(50)}*b`, 'a'.repeat(60_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('call-screen, its section of siplet.yaml', () => {
  test('nothing configured: nobody is turned away', () => {
    const { block, callees } = schema.parse({});
    expect(block.hasAny(['mallory', 'mallory@h'])).toBe(false);
    expect(callees.size).toBe(0);
  });

  test.each([
    [{ block: 49900 }, ['block', 0], "must be a pattern in quotes, such as '+49900*' or '*@example.com'"],
    [{ block: ['a', '<sip:a@b>'] }, ['block', 1], 'must be a user, a user@host, or either with *'],
    [{ callees: { bob: { blok: [] } } }, ['callees', 'bob'], 'Unrecognized key: "blok"'],
    [{ asserted: 'yes' }, ['asserted'], 'expected boolean'],
    [{ numbers: { country: 49 } }, ['numbers'], 'must be a dial plan in quotes'],
  ])('refused: %j', (section, path, message) => {
    expect(schema.safeParse(section).error?.issues).toMatchObject([
      { path, message: expect.stringContaining(message) },
    ]);
  });
});
