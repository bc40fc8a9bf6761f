// The target set (§16.5): the application is the location service; what it chooses, and what a redirection names, is
// tried once.
import { type SipProxy, type SipRequest, type SipResponse, SipUri } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { requestsOf } from '../world/arrivals.js';
import { proxies, type ScriptOptions } from '../world/script.js';
import { BOTH } from '../world/stage.js';
import { expectForwarded, expectRefusal, statuses } from './expected.js';
import { type ForwardingStage, forwarding, transit, uriOver } from './forwarding.js';

/** What a registrar would know of one address of record. */
interface User {
  readonly aor: string;
  /** Contact values, best first. */
  readonly bindings: string[];
}

/** An application with a location table for example.com; `asked` lists the URIs that were looked up in it. */
function locating(users: readonly User[], asked: string[] = []) {
  return (request: SipRequest): void => {
    const uri = request.uri as SipUri;
    if (uri.host !== 'example.com') {
      transit(request);
      return;
    }
    asked.push(uri.toString());
    const found = users.filter(({ aor }) => SipUri.parse(aor).equals(uri));
    if (found.length > 1) {
      const ambiguous = request.createResponse(485);
      for (const { aor } of found) ambiguous.headers.add('Contact', `<${aor}>`);
      ambiguous.send();
    } else if (found.length === 0) request.createResponse(404).send();
    else if (present(found[0]).bindings.length === 0) request.createResponse(480).send();
    else request.proxy().proxyTo(present(found[0]).bindings);
  };
}

const AOR = 'sip:bob@example.com';

/** Requests that came to bob, carol and dave, as they came: 'bob 2' is bob's, at 2 ms. */
function invites(s: ForwardingStage): string[] {
  return [s.bob, s.carol, s.dave]
    .flatMap(({ name, received }) => received.map(({ time, message }) => ({ name, time, message })))
    .filter(({ message }) => message.isRequest && message.method === 'INVITE')
    .sort((a, b) => a.time - b.time)
    .map(({ name, time }) => `${name} ${time}`);
}

describe('§16.5 whose domain it is', () => {
  test.each(BOTH)(
    "PTG-01 §16.5 another's: the Request-URI alone, and nobody is looked up, over %s",
    async (transport) => {
      const asked: string[] = [];
      const users = [{ aor: uriOver(transport, 'bob'), bindings: [uriOver(transport, 'carol')] }];
      const s = await forwarding({ initial: locating(users, asked) }, { transport });
      const call = s.call();
      const received = await s.bob.receive('INVITE');
      expectForwarded(received.message, call.message);
      received.reply(486);
      await call.response(486);
      await s.nothingReaches(s.carol, s.dave);
      expect(asked).toEqual([]);
    },
  );

  test.each(BOTH)(
    'PTG-03 §16.5 ours, with one binding: the Contact becomes the Request-URI, over %s',
    async (transport) => {
      const contact = `${uriOver(transport, 'b.%6Fb', 'bob')};line=7`;
      const s = await forwarding({ initial: locating([{ aor: AOR, bindings: [contact] }]) }, { transport });
      const call = s.call({}, AOR);
      expectForwarded((await s.bob.receive('INVITE')).message, call.message, { uri: contact });
      await s.nothingReaches(s.carol);
    },
  );

  test.each(BOTH)('PTG-04 §16.5 ours, and nobody of that name: 404, over %s', async (transport) => {
    const s = await forwarding({ initial: locating([{ aor: AOR, bindings: [] }]) }, { transport });
    const message = s.request('MESSAGE', {}, 'sip:carol@example.com');
    await s.nothingReaches(s.bob, s.carol);
    expectRefusal(message.responses, message.message, 404);
  });

  test.each(BOTH)('PTG-05 §16.5 ours, and not registered: 480, over %s', async (transport) => {
    const s = await forwarding({ initial: locating([{ aor: AOR, bindings: [] }]) }, { transport });
    const message = s.request('MESSAGE', {}, AOR);
    await s.nothingReaches(s.bob, s.carol);
    expectRefusal(message.responses, message.message, 480);
  });

  test.each(BOTH)('PTG-06 §21.4.23 ours, and more than one: 485 with the choice, over %s', async (transport) => {
    const users = [`${AOR};line=1`, `${AOR};line=2`].map((aor) => ({ aor, bindings: [uriOver(transport, 'bob')] }));
    // Parameters that only one of two URIs has are ignored: both are bob (§19.1.4)
    present(users[1]).aor = `${AOR};other=2`;
    const s = await forwarding({ initial: locating(users) }, { transport });
    const message = s.request('MESSAGE', {}, AOR);
    await s.nothingReaches(s.bob, s.carol);
    const response = expectRefusal(message.responses, message.message, 485);
    expect(response.list('Contact')).toEqual([`<${AOR};line=1>`, `<${AOR};other=2>`]);
  });

  test.each([
    'sip:%61lice@example.com',
    'sip:al%69ce@EXAMPLE.com',
    'SIP:alice@example.COM',
    'sip:%61%6c%69%63%65@Example.Com',
  ])('PTG-10 §19.1.4 an escaped user is the same user: %s', async (uri) => {
    const s = await forwarding({
      initial(request) {
        const known = SipUri.parse('sip:alice@example.com').equals(request.uri);
        if (known) request.proxy().proxyTo('sip:carol@10.0.0.3');
        else request.createResponse(404).send();
      },
    });
    const call = s.call({}, uri);
    expectForwarded((await s.carol.receive('INVITE')).message, call.message, { uri: 'sip:carol@10.0.0.3' });
  });
});

describe('§16.5 nothing is tried twice', () => {
  const EQUAL: [string, string][] = [
    ['sip:bob@10.0.0.2', 'sip:bob@10.0.0.2'],
    ['sip:bob@10.0.0.2;line=1', 'SIP:%62ob@10.0.0.2;LINE=1'],
    ['sip:bob@10.0.0.2', 'sip:bob@10.0.0.2;newparam=5'],
    ['sip:bob@10.0.0.2;a=1;b=2', 'sip:bob@10.0.0.2;b=2;a=1'],
    ['sip:bob@10.0.0.2;lr;x=%41', 'sip:bob@10.0.0.2;x=A;lr'],
  ];
  test.each(EQUAL)('PTG-07 §19.1.4 bindings that are equal are one target: %s and %s', async (first, second) => {
    const s = await forwarding({ initial: locating([{ aor: AOR, bindings: [first, second] }]) });
    s.bob.autoTrying = true;
    const call = s.call({}, AOR);
    const received = await s.bob.receive('INVITE');
    expectForwarded(received.message, call.message, { uri: first });
    await s.world.run(40_000);
    expect(requestsOf(s.bob, 'INVITE')).toHaveLength(1);
  });

  const DIFFERENT: [string, string][] = [
    ['sip:bob@10.0.0.2', 'sip:BOB@10.0.0.2'],
    ['sip:bob@10.0.0.2', 'sip:bob@10.0.0.2:5060'],
    ['sip:bob@10.0.0.2;line=1', 'sip:bob@10.0.0.2;line=2'],
    ['sip:bob@10.0.0.2', 'sip:bob@10.0.0.2;transport=udp'],
    ['sip:bob@10.0.0.2', 'sip:10.0.0.2'],
  ];
  test.each(DIFFERENT)('PTG-07 §19.1.4 those that are not are two: %s and %s', async (first, second) => {
    const s = await forwarding({ initial: locating([{ aor: AOR, bindings: [first, second] }]) });
    s.bob.autoTrying = true;
    s.call({}, AOR);
    await s.world.run(40_000);
    expect(requestsOf(s.bob, 'INVITE').map(({ uri }) => uri)).toEqual([first, second]);
  });

  test.each(BOTH)('PTG-08 §16.5 a redirection to what was tried leads nowhere, over %s', async (transport) => {
    const s = await forwarding({}, { transport });
    const call = s.call();
    const bob = s.uri('bob').replace('bob', '%62ob');
    (await s.bob.receive('INVITE')).reply(302, { contact: `<${s.uri('carol')}>` });
    (await s.carol.receive('INVITE')).reply(302, {
      headers: { Contact: [`<${bob}>;q=1`, `<${s.uri('dave')}>;q=0.5`] },
    });
    (await s.dave.receive('INVITE')).reply(302, { headers: { Contact: [`<${s.uri('carol')}>, <${s.uri('bob')}>`] } });
    const response = await call.response(302); // none of the last Contacts could be tried (C-26)
    expect(response.header('Contact')).toBe(`<${s.uri('carol')}>, <${s.uri('bob')}>`);
    await s.world.run(40_000);
    expect([s.bob, s.carol, s.dave].map((phone) => requestsOf(phone, 'INVITE').length)).toEqual([1, 1, 1]);
    expect(statuses(call)).toEqual([100, 302]);
  });

  test.each(BOTH)('PTG-09 §16.5 a binding that comes while it rings is tried, once, over %s', async (transport) => {
    let proxy: SipProxy | undefined;
    const [bob, carol] = [uriOver(transport, 'bob'), uriOver(transport, 'carol')];
    const s = await forwarding(
      {
        initial(request) {
          if (request.method === 'INVITE') {
            proxy = request.proxy();
            return proxy.proxyTo(bob);
          }
          request.createResponse(200).send();
          for (const address of request.headers.addresses('Contact')) proxy?.proxyTo(address.uri);
        },
      },
      { transport },
    );
    s.bob.answerCancel = true;
    const call = s.call({}, AOR);
    (await s.bob.receive('INVITE')).reply(180);
    await call.response(180);
    for (const contact of [bob, carol, `<${carol}>;q=0.1`]) {
      await s.request('REGISTER', { contact }, 'sip:example.com').response(200);
    }
    const second = await s.carol.receive('INVITE');
    expectForwarded(second.message, call.message, { uri: carol, maxBreadth: '1' });
    second.reply(200);
    await call.response(200);
    await s.world.run(10_000);
    expect([requestsOf(s.bob, 'INVITE').length, requestsOf(s.carol, 'INVITE').length]).toEqual([1, 1]);
    expect(requestsOf(s.bob, 'CANCEL')).toHaveLength(1);
  });
});

describe('§16.6 in which order', () => {
  const CONTACTS = (s: ForwardingStage) => [
    `<${s.uri('bob')}>;q=0.5`,
    `<${s.uri('carol')}>;q=1.0`,
    `<${s.uri('dave')}>;q=0.5`,
  ];

  test.each(BOTH)(
    'PTG-11 §16.6 §16.7 step 4 a sequential search follows q, and each waits for the one before, over %s',
    async (transport) => {
      const first = uriOver(transport, 'redirector', 'bob');
      const s = await forwarding({ initial: proxies(first, { parallel: false }) }, { transport });
      const call = s.call({}, AOR);
      (await s.bob.receive('INVITE')).reply(300, { headers: { Contact: CONTACTS(s) } });
      const carol = await s.carol.receive('INVITE');
      await s.world.run(400);
      expect(invites(s)).toHaveLength(2);
      carol.reply(486);
      const bob = await s.bob.receive('INVITE');
      expect(bob.uri).toBe(s.uri('bob'));
      await s.world.run(400);
      expect(invites(s)).toHaveLength(3);
      bob.reply(486);
      (await s.dave.receive('INVITE')).reply(486);
      await call.response(486);
      expect(invites(s).map((line) => line.replace(/ .*/, ''))).toEqual(['bob', 'carol', 'bob', 'dave']);
    },
  );

  test.each(BOTH)(
    'PTG-11 §16.6 an application tries equal q at once, and lower q when higher ones have failed, over %s',
    async (transport) => {
      const groups = [[uriOver(transport, 'carol')], [uriOver(transport, 'bob'), uriOver(transport, 'dave')]];
      let next = 0;
      const s = await forwarding(
        {
          initial: (request) => request.proxy().proxyTo(present(groups[next++])),
          best(response: SipResponse) {
            if (next < groups.length) present(response.proxy).proxyTo(present(groups[next++]));
          },
        },
        { transport },
      );
      const call = s.call({}, AOR);
      const carol = await s.carol.receive('INVITE');
      await s.world.run(400);
      expect(invites(s)).toHaveLength(1);
      carol.reply(404);
      const [bob, dave] = [await s.bob.receive('INVITE'), await s.dave.receive('INVITE')];
      expect(bob.arrival.time).toBe(dave.arrival.time);
      bob.reply(486);
      dave.reply(200);
      await call.response(200);
      expect(statuses(call)).toEqual([100, 200]);
    },
  );
});

describe('§16.7 step 4 and §26.2.2, sips', () => {
  const SIPS: ScriptOptions = { logLevel: 'silent' };

  test('PTG-12 §16.7 step 4 a sip request may be redirected to sips; without TLS that target cannot be reached', async () => {
    const s = await forwarding({}, SIPS);
    const call = s.call();
    (await s.bob.receive('INVITE')).reply(302, { contact: '<sips:carol@10.0.0.3>' });
    // it was tried: what cannot be reached has answered 503, which goes upstream as 500 (§16.7 step 6)
    await call.response(500);
    expect(statuses(call)).toEqual([100, 500]);
    await s.nothingReaches(s.carol);
  });

  test('PTG-12 §16.7 step 4 a sips request must not be redirected to sip', async () => {
    const s = await forwarding({ initial: proxies('sip:bob@10.0.0.2') }, SIPS);
    const call = s.call({ via: 'siplet' }, 'sips:bob@example.com');
    const contact = '<sip:carol@10.0.0.3>';
    (await s.bob.receive('INVITE')).reply(302, { contact });
    expect((await call.response(302)).header('Contact')).toBe(contact);
    await s.nothingReaches(s.carol);
  });

  test('PTG-12 §26.2.2 what is sips never leaves unprotected', async () => {
    const s = await forwarding({ initial: transit }, SIPS);
    const call = s.call({ via: 'siplet' }, 'sips:bob@10.0.0.2');
    await call.response(500);
    const second = s.call({ route: ['<sips:10.0.0.3;lr>'] });
    await second.response(500);
    await s.nothingReaches(s.bob, s.carol);
  });
});
