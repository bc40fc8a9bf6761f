// What our Record-Route carries is believed only when we have written it for this call (C-35), and a request is
// forwarded by its Route set all the same (C-40).
import { Ack, Invite, type SipRequest, Subsequent, Siplet as siplet } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Uri } from '../../container/message/index.js';
import { RouteCookies, slotIn } from '../../container/proxy/route-cookie.js';
import type { ClientRequest } from '../world/outgoing.js';
import { BOB, SIPLET, stage } from '../world/stage.js';

/** A container that stays on the path, and writes parameters of the application into its Record-Route. */
async function relaying() {
  const seen: string[] = [];
  const note = (request: SipRequest) => {
    seen.push(`${request.method} ${String(request.parameter('app'))} ${String(request.parameter('other'))}`);
  };
  @siplet({ name: 'relay' })
  class Relay {
    @Invite()
    route(request: SipRequest) {
      const proxy = request.proxy({ recordRoute: true });
      present(proxy.recordRouteUri).parameters.set('app', 'gold');
      proxy.proxyTo(BOB);
    }

    @Ack()
    ack(request: SipRequest) {
      note(request);
    }

    @Subsequent()
    subsequent(request: SipRequest) {
      note(request);
    }
  }
  const on = await stage({ relay: { Relay } });
  const call = async (callId: string, tags: { fromTag?: string; toTag?: string } = {}) => {
    const { toTag, ...fromTag } = tags;
    const sent = on.call({ callId, ...fromTag });
    const invite = await on.bob.receive('INVITE');
    invite.reply(200, toTag === undefined ? {} : { toTag });
    await sent.response(200);
    return { sent, invite, route: present(invite.list('Record-Route')[0]) };
  };
  return { ...on, seen, call };
}

/** Sends the request with this Route; it is forwarded, answered and gone from its Route. */
async function sends(s: Awaited<ReturnType<typeof relaying>>, from: ClientRequest, method: string, route: string) {
  const request = from.dialog.request(method, { route: [route] });
  const got = await s.bob.receive(method);
  expect(got.list('Route')).toEqual([]);
  got.reply(200);
  await request.response(200);
}

describe('C-35 C-40', () => {
  test('C-35 as we have written it: the application is called, with its parameters', async () => {
    const s = await relaying();
    const { sent, route } = await s.call('1@alice');
    expect(route).toMatch(/^<sip:10\.0\.0\.9:5060;lr;sid=[^;]+;app=gold>$/);
    sent.ack();
    await sends(s, sent, 'INFO', route);
    expect(s.seen).toEqual(['ACK gold undefined', 'INFO gold undefined']);
  });

  const forgeries: Readonly<Record<string, (route: string, other: string) => string>> = {
    'another value': (route) => route.replace('gold', 'root'),
    'a parameter less': (route) => route.replace(';app=gold', ''),
    'the cookie of another call': (_route, other) => other,
    'the name of this dialog with the check of another': (route, other) =>
      route.replace(/(sid=[^.]*\.[^.]*)\.[^;]*/, `$1.${present(/sid=[^.]*\.[^.]*\.([^;]*)/.exec(other))[1]}`),
    'the place of another dialog': (route, other) =>
      route.replace(/(sid=[^.]*\.)[^.]*/, `$1${present(/sid=[^.]*\.([^.]*)/.exec(other))[1]}`),
    'a place where nobody is': (route) => route.replace(/(sid=[^.]*\.)[^.]*/, '$1999'),
    'no place': (route) => route.replace(/(sid=[^.]*)\.[^.]*/, '$1'),
    'no check': (route) => route.replace(/(sid=[^.]*)\.[^;]*/, '$1'),
    'an empty check': (route) => route.replace(/(sid=[^.]*)\.[^;]*/, '$1.'),
    'a made-up one': (route) => route.replace(/sid=[^;]*/, 'sid=x.00000000000000'),
    'one without a value': (route) => route.replace(/sid=[^;]*/, 'sid'),
    'two of them, the first made up': (route) => route.replace(';sid=', ';sid=x.y;sid='),
    'none at all': (route) => route.replace(/;sid=[^>]*/, ''),
  };

  const changes: Readonly<Record<string, (route: string) => string>> = {
    'a parameter more behind it': (route) => route.replace('>', ';other=x>'),
    'a parameter more before it': (route) => route.replace(';app', ';other=x;app'),
    'lr moved last': (route) => route.replace(';lr', '').replace('>', ';lr>'),
    'lr with a value': (route) => route.replace(';lr', ';lr=on'),
    'its parameters in another order': (route) => route.replace(/;lr(;sid=[^;]*);app=gold/, ';app=gold$1;lr'),
    'lr last, and a parameter more with an application’s name': (route) =>
      route.replace(';lr', ';app=root').replace('>', ';lr;other>'),
    'its own name in capitals, and without the default port': (route) =>
      route.replace('<sip:', '<SIP:').replace(':5060', '').replace(';lr', ';LR'),
    'the cookie as the value of another parameter first': (route) =>
      route.replace(/;sid=([^;]*)/, ';x=$1;other=x;sid=$1'),
  };

  test.each(Object.entries(changes))(
    'W-13 C-35 %s: the application is called, with its own parameters',
    async (_name, change) => {
      const s = await relaying();
      const { sent, route } = await s.call('1@alice');
      const changed = change(route);
      expect(changed).not.toBe(route);
      sent.ack({ route: [changed] });
      await sends(s, sent, 'INFO', changed);
      expect(s.seen).toEqual(['ACK gold undefined', 'INFO gold undefined']);
      expect(s.container.problems()).toEqual([]);
    },
  );

  test.each(Object.entries(forgeries))(
    'C-35 C-40 %s: the application is not called, and the request is forwarded by its Route set',
    async (_name, forge) => {
      const s = await relaying();
      const { sent: before, route: other } = await s.call('0@alice');
      const { sent, route } = await s.call('1@alice');
      before.ack();
      sent.ack();
      await s.world.deliver();
      s.seen.length = 0;
      const forged = forge(route, other);
      expect(forged).not.toBe(route);
      await sends(s, sent, 'INFO', forged);
      expect(s.seen).toEqual([]);
      // The dialog is unharmed.
      await sends(s, sent, 'BYE', route);
      expect(s.seen).toEqual(['BYE gold undefined']);
      expect(s.container.problems()).toEqual([]);
    },
  );

  test('C-40 the right cookie with the tags of nobody: forwarded, the application is not called', async () => {
    const s = await relaying();
    const { sent, route } = await s.call('1@alice');
    sent.ack();
    await s.world.deliver();
    s.seen.length = 0;
    const parts = { via: SIPLET, route: [route], callId: '1@alice', to: '<sip:bob@example.com>;tag=nobody' };
    const request = s.alice.request('BYE', s.bob.uri, parts);
    (await s.bob.receive('BYE')).reply(481);
    await request.response(481);
    expect(s.seen).toEqual([]);
    // And it has not ended the call of others.
    await sends(s, sent, 'INFO', route);
    expect(s.seen).toEqual(['INFO gold undefined']);
  });

  test('C-35 the Route of a call before, whose Call-ID, tags and place this one has: the application is not called', async () => {
    const s = await relaying();
    const tags = { fromTag: 'a', toTag: 'b' };
    const { sent: before, route: old } = await s.call('1@alice', tags);
    before.ack();
    await sends(s, before, 'BYE', old);
    await s.world.run(60_000);
    const { sent, route } = await s.call('1@alice', tags);
    sent.ack();
    await s.world.deliver();
    s.seen.length = 0;
    const placeOf = (text: string) => present(/sid=[^.]*\.([^.]*)\./.exec(text))[1];
    expect(route).not.toBe(old);
    expect(placeOf(route)).toBe(placeOf(old));
    await sends(s, sent, 'INFO', old);
    expect(s.seen).toEqual([]);
    await sends(s, sent, 'INFO', route);
    expect(s.seen).toEqual(['INFO gold undefined']);
  });

  test('C-40 a forged ACK is forwarded and seen by nobody', async () => {
    const s = await relaying();
    const { sent, invite, route } = await s.call('1@alice');
    sent.ack({ route: [route.replace('gold', 'root')] });
    expect((await invite.ack()).list('Route')).toEqual([]);
    expect(s.seen).toEqual([]);
  });

  test('C-40 without any Route: 481', async () => {
    const s = await relaying();
    const { sent } = await s.call('1@alice');
    sent.ack();
    await s.world.deliver();
    await sent.dialog.request('INFO', { route: [], via: SIPLET }).response(481);
    await sent.dialog
      .bye()
      .response('final')
      .catch(() => {});
  });

  test('§16.3 step 3 an orphan with Max-Forwards 0: 483', async () => {
    const s = await relaying();
    const { sent, route } = await s.call('1@alice');
    sent.ack();
    const headers = { 'Max-Forwards': '0' };
    await sent.dialog.request('INFO', { route: [route.replace('gold', 'root')], headers }).response(483);
  });

  test('C-40 orphans that find nobody: 408 or the error of the way, and nothing is left', async () => {
    const s = await relaying();
    const { sent, route } = await s.call('1@alice');
    sent.ack();
    await s.world.deliver();
    const forged = route.replace('gold', 'root');
    const request = sent.dialog.request('INVITE', { route: [forged, '<sip:10.0.0.77;lr>'] });
    await request.response(408);
    await sends(s, sent, 'BYE', route);
    await s.ends();
  });
});

describe('the cookie alone', () => {
  const cookies = new RouteCookies([1, 2]);
  /** Undefined also for a text that is not a URI. */
  const read = (text: string, callId = 'call', of = cookies) => {
    const uri = Uri.parse(`sip:10.0.0.9;lr${text}`);
    return uri === undefined ? undefined : of.read(uri, callId);
  };

  test('is read as written, the parameters raw', () => {
    for (const parameters of ['', ';a', ';a=1;b=%41%42', ';sid2=x', ';a=sid']) {
      const text = cookies.write('id.7', 'call', parameters);
      expect(read(text)).toEqual({ name: 'id.7', parameters });
      expect(read(text, 'another')).toBeUndefined();
      expect(read(text, 'call', new RouteCookies([1, 3]))).toBeUndefined();
    }
  });

  test('every change of one character is noticed', () => {
    const text = cookies.write('abc.12', 'call', ';app=gold;x');
    let noticed = 0;
    for (let i = 5; i < text.length; i++) {
      const changed = text.slice(0, i) + (text[i] === 'q' ? 'r' : 'q') + text.slice(i + 1);
      if (read(changed) === undefined) noticed++;
    }
    expect(noticed).toBe(text.length - 5);
  });

  test('the slot is the number that a name ends with', () => {
    for (const [name, slot] of [
      ['abc.0', 0],
      ['abc.120', 120],
      ['a.1.2', 2],
      ['12', 12],
    ] as const)
      expect(slotIn(name)).toBe(slot);
    for (const name of ['', 'abc', 'abc.', 'abc.x', 'abc.1x', 'abc.-1', 'abc.1e3', 'abc.9999999999', '.'])
      expect(slotIn(name)).toBe(-1);
  });

  test('is the same for both values of a double Record-Route, and after a restart', () => {
    expect(new RouteCookies([1, 2]).write('id', 'call', ';a=1')).toBe(cookies.write('id', 'call', ';a=1'));
  });
});
