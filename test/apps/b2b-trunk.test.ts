// apps/b2b-trunk: calls to carriers, failover, circuits, and a record of each call; in virtual time.
import { ContainerModule } from 'inversify';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CallRecord } from '../../apps/b2b-trunk/call.js';
import * as trunk from '../../apps/b2b-trunk/index.js';
import { Records } from '../../apps/b2b-trunk/records.js';
import { present } from '../../container/base/present.js';
import { stage } from '../world/stage.js';
import { World } from '../world/world.js';

afterEach(() => void vi.restoreAllMocks());

const SECTION = `{
      numbers: { country: '49' },
      carriers: {
        north: { uri: 'sip:10.0.0.4', timeout: '5s', limit: 1, rewrite: { strip: '+', prepend: '00' } },
        south: { uri: 'sip:10.0.0.5', timeout: '20s', callerId: '+4930999', headers: { remove: Subject, set: { X-Account: '7' } } },
        west: { uri: 'sip:10.0.0.6', trusted: true } },
      routes: { '+49': { north: { cost: 1 }, south: { cost: 2 } }, '+1': { west: {} }, '112': { north: {} } } }`;

async function carriers(section = SECTION) {
  const world = new World();
  const records: CallRecord[] = [];
  vi.spyOn(performance, 'now').mockImplementation(() => world.clock.now());
  const kept: Pick<Records, 'add' | 'prepare' | 'close'> = {
    add: (record) => void records.push(record as CallRecord),
    prepare: async () => {},
    close: async () => {},
  };
  const services = new ContainerModule(({ bind }) => void bind(Records).toConstantValue(kept as Records));
  const configuration = `
apps:
  b2b-trunk: ${section}`;
  const phones = { alice: '10.0.0.1', desk: '10.0.0.2', north: '10.0.0.4', south: '10.0.0.5', west: '10.0.0.6' };
  const on = await stage({ 'b2b-trunk': { ...trunk, services } }, { world, configuration, phones });
  return { ...on, records };
}

describe('b2b-trunk, the call', () => {
  test('the cheapest carrier takes it; the record says when, whom, how long, and who hung up', async () => {
    const { world, alice, north, records, ends } = await carriers();
    const call = alice.invite('sip:030123@siplet');
    const invite = await north.receive('INVITE');
    expect(invite.uri).toBe('sip:004930123@10.0.0.4');
    await world.run(1500);
    invite.reply(180);
    await call.response(180);
    await world.run(2500);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    expect(records).toEqual([]);
    await world.run(61_000);
    const bye = invite.dialog.bye();
    (await alice.receive('BYE')).reply(200);
    await bye.response(200);
    await ends();
    expect(records).toEqual([
      {
        callId: call.message.callId,
        from: 'sip:alice@10.0.0.1',
        to: 'sip:030123@siplet',
        number: '+4930123',
        start: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        answer: expect.any(String),
        end: expect.any(String),
        duration: 61.004,
        carrier: 'north',
        attempts: [{ carrier: 'north', status: 200, ms: expect.closeTo(4000, -2) }],
        status: 200,
        hungUp: 'callee',
      },
    ]);
  });

  test('failover: one carrier is out of order, the next answers', async () => {
    const { world, alice, north, south, records, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(503);
    const invite = await south.receive('INVITE');
    invite.reply(180);
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = call.bye();
    (await south.receive('BYE')).reply(200);
    await bye.response(200);
    expect(world.ladder({ times: false, participants: ['alice', 'siplet', 'north', 'south'] })).toMatchInlineSnapshot(`
      "  alice            siplet                       north           south
          |--INVITE-------->|                           |               |
          |<--100 Trying----|                           |               |
          |                 |--INVITE------------------>|               |
          |                 |<--503 Service Unavaila..--|               |
          |                 |--ACK--------------------->|               |
          |                 |--INVITE---------------------------------->|
          |                 |<--180 Ringing-----------------------------|
          |                 |<--200 OK----------------------------------|
          |<--180 Ringing---|                           |               |
          |<--200 OK--------|                           |               |
          |--ACK----------->|                           |               |
          |                 |--ACK------------------------------------->|
          |--BYE----------->|                           |               |
          |<--200 OK (BYE)--|                           |               |
          |                 |--BYE------------------------------------->|
          |                 |<--200 OK (BYE)----------------------------|"
    `);
    await ends();
    expect(records).toMatchObject([
      {
        carrier: 'south',
        attempts: [
          { carrier: 'north', status: 503, cause: 41 },
          { carrier: 'south', status: 200 },
        ],
        status: 200,
        hungUp: 'caller',
      },
    ]);
  });

  test('a carrier that is silent has its timeout, and then the next is tried', async () => {
    const { world, alice, north, south, records, ends } = await carriers();
    north.answerCancel = true;
    const call = alice.invite('sip:+4930123@siplet');
    await north.receive('INVITE');
    const began = world.clock.now();
    const invite = await south.receive('INVITE');
    expect(world.clock.now() - began).toBeCloseTo(5000, -2);
    invite.reply(486);
    await call.response(486);
    await ends();
    expect(records).toMatchObject([
      {
        attempts: [
          { status: 408, cause: 102 },
          { status: 486, cause: 17 },
        ],
        status: 486,
      },
    ]);
  });

  test('E-21 a carrier that rings is not left for another: the phone must not ring twice', async () => {
    const { world, alice, north, south, records, ends } = await carriers();
    north.answerCancel = true;
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(180);
    await world.run(170_000);
    expect(records).toEqual([]);
    await call.response(408);
    await ends();
    expect(south.received).toEqual([]);
    expect(records).toMatchObject([{ attempts: [{ carrier: 'north', status: 408 }], status: 408 }]);
  });

  test('E-21 100 does not count as progress; a carrier that announces with 183 has the call', async () => {
    const { world, alice, north, south, ends } = await carriers();
    north.answerCancel = true;
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(100);
    const invite = await south.receive('INVITE');
    expect(Math.trunc(world.clock.now() / 1000)).toBe(5);
    invite.reply(183);
    await world.run(60_000);
    invite.reply(486);
    await call.response(486);
    await ends();
  });

  test.each([503, 500, 408, 504])('E-21 the phone rang, then %d: it is not rung by another carrier', async (status) => {
    const { alice, north, south, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    const invite = await north.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    invite.reply(status, { headers: { Reason: 'Q.850;cause=34' } });
    await call.response(status);
    await ends();
    expect(south.received).toEqual([]);
  });

  test.each([401, 407])('E-21 %d: the carrier does not know us, so the next is tried', async (status) => {
    const { alice, north, south, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(status, { headers: { 'WWW-Authenticate': 'Digest realm="n", nonce="1"' } });
    (await south.receive('INVITE')).reply(status, { headers: { 'WWW-Authenticate': 'Digest realm="s", nonce="1"' } });
    expect((await call.response(500)).header('WWW-Authenticate')).toBeUndefined();
    await ends();
  });

  test.each([
    [302, 480],
    [380, 480],
    [487, 480],
    [485, 485],
    [488, 488],
  ])(
    'W-05 a carrier’s %d is %d for the caller, who sees nothing of the carrier; so does the record',
    async (status, told) => {
      const { alice, north, records, ends } = await carriers();
      const call = alice.invite('sip:+4930123@siplet');
      (await north.receive('INVITE')).reply(status, {
        reason: 'North says no',
        headers: {
          Contact: '<sip:+4930123@10.0.0.4>',
          Server: 'north',
          Warning: '399 north.example "no"',
          'Error-Info': '<sip:north.example>',
          'Proxy-Authenticate': 'Digest realm="north", nonce="1"',
          'Retry-After': '5',
        },
      });
      const answer = await call.response(told);
      expect(String(answer)).not.toMatch(/north|10\.0\.0\.4/i);
      expect(answer.header('Retry-After')).toBe('5');
      await ends();
      expect(records).toMatchObject([{ status: told, attempts: [{ status }] }]);
    },
  );

  test('W-05 the caller sees nothing of the carrier while the call lasts, either', async () => {
    const { alice, north, ends } = await carriers();
    const headers = { Server: 'north', 'User-Agent': 'north', 'P-Asserted-Identity': '<sip:+4930123@north>' };
    const call = alice.invite('sip:+4930123@siplet');
    const invite = await north.receive('INVITE');
    invite.reply(183, { headers });
    const early = await call.response(183);
    invite.reply(200, { headers });
    const answer = await call.response(200);
    call.ack();
    await invite.ack();
    const info = invite.dialog.request('INFO', { headers });
    const received = await alice.receive('INFO');
    received.reply(200);
    await info.response(200);
    for (const message of [early, answer, received.message]) expect(String(message)).not.toContain('north');
    const bye = call.bye();
    (await north.receive('BYE')).reply(200, { headers });
    await bye.response(200);
    await ends();
  });

  test.each(['sip:1234567@siplet', 'sip:42@10.0.0.9', 'sip:bob@siplet'])('W-05 nobody takes %s: 404', async (uri) => {
    const { alice, records, ends } = await carriers();
    await alice.invite(uri, { via: 'siplet' }).response(404);
    await ends();
    expect(records).toEqual([]);
  });

  test('E-21 a carrier that is silent is left for another, also when the one before it made progress', async () => {
    const { alice, north, south, west, ends } = await carriers(
      `{ carriers: { north: { uri: 'sip:10.0.0.4' }, south: { uri: 'sip:10.0.0.5', timeout: '5s' }, west: { uri: 'sip:10.0.0.6' } },
         routes: { '+': { north: { cost: 1 }, south: { cost: 2 }, west: { cost: 3 } } } }`,
    );
    const call = alice.invite('sip:+4930123@siplet');
    const invite = await north.receive('INVITE');
    invite.reply(183);
    await call.response(183);
    invite.reply(503);
    await south.receive('INVITE');
    (await west.receive('INVITE')).reply(486);
    await call.response(486);
    await ends();
  });

  test.each([1, 16, 17, 18, 19, 20, 21, 22, 28])(
    'E-21 503 with the callee’s own Q.850 cause %d ends the search',
    async (cause) => {
      const { alice, north, south, ends } = await carriers();
      const call = alice.invite('sip:+4930123@siplet');
      (await north.receive('INVITE')).reply(503, { headers: { Reason: `Q.850;cause=${cause}` } });
      await call.response(503);
      await ends();
      expect(south.received).toEqual([]);
    },
  );

  test.each([404, 480, 486, 603])('%d is the callee’s answer: no other carrier is tried', async (status) => {
    const { alice, north, south, records, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(status);
    await call.response(status);
    await ends();
    expect(south.received).toEqual([]);
    expect(records).toMatchObject([{ status, carrier: null, answer: null, duration: 0, hungUp: null }]);
  });

  test('RFC 3326 a Q.850 cause tells that a 480 was the carrier’s', async () => {
    const { alice, north, south, records, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(480, { headers: { Reason: 'Q.850;cause=34' } });
    (await south.receive('INVITE')).reply(486);
    await call.response(486);
    await ends();
    expect(present(records[0]).attempts[0]).toMatchObject({ status: 480, cause: 34 });
  });

  test('no carrier is left: the last status goes to the caller, 503 as 500, with its Reason', async () => {
    const { alice, north, south, records, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(503);
    (await south.receive('INVITE')).reply(503, { headers: { Reason: 'Q.850;cause=38' } });
    expect((await call.response(500)).header('Reason')).toBe('Q.850;cause=38');
    const other = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(502);
    (await south.receive('INVITE')).reply(504);
    await other.response(504);
    await ends();
    expect(records.map(({ status }) => status)).toEqual([500, 504]);
  });

  test('the caller gives up: no other carrier is tried, and there is one record', async () => {
    const { alice, north, south, records, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    const invite = await north.receive('INVITE');
    invite.reply(180);
    await call.response(180);
    call.cancel();
    (await north.receive('CANCEL')).reply(200);
    invite.reply(487);
    await call.response(487);
    await ends();
    expect(south.received).toEqual([]);
    expect(records).toMatchObject([{ status: 487, hungUp: 'caller', attempts: [{ carrier: 'north', status: 487 }] }]);
  });

  test('the caller gives up while a carrier is silent: no other carrier is tried, and the circuit is free', async () => {
    const { world, alice, north, south, records, ends } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    await north.receive('INVITE');
    await world.run(1000);
    call.cancel();
    await call.response(487);
    const next = alice.invite('sip:+4930123@siplet', { headers: { Subject: 'again' } });
    (await north.receive((request) => request.header('Subject') === 'again')).reply(486);
    await next.response(486);
    await ends();
    expect(south.received).toEqual([]);
    expect(records).toMatchObject([{ status: 487, hungUp: 'caller' }, { status: 486 }]);
  });

  test('the 2xx is never acknowledged: the call has one record, and nobody hung up', async () => {
    const { alice, north, records, ends } = await carriers();
    alice.answerBye = true;
    north.answerBye = true;
    const call = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(200);
    await call.response(200);
    await ends();
    expect(records).toMatchObject([{ status: 200, carrier: 'north', hungUp: 'container' }]);
  });
});

describe('b2b-trunk, circuits', () => {
  test('a carrier has no more calls than its limit, and each circuit is free when its call has ended', async () => {
    const { world, alice, north, south, ends, records } = await carriers();
    const answered = async (carrier: typeof north) => {
      const call = alice.invite('sip:+4930123@siplet');
      const invite = await carrier.receive('INVITE');
      invite.reply(200);
      await call.response(200);
      call.ack();
      await invite.ack();
      return { call, carrier };
    };
    const ended = async ({ call, carrier }: Awaited<ReturnType<typeof answered>>) => {
      const bye = call.bye();
      (await carrier.receive('BYE')).reply(200);
      await bye.response(200);
      await world.deliver();
    };
    const first = await answered(north);
    await ended(await answered(south));
    await ended(first);
    const again = await answered(north);
    const second = await answered(south);
    await ended(again);
    await ended(second);
    await ends();
    expect(records.map(({ attempts }) => attempts.map(({ carrier, status }) => [carrier, status]))).toEqual([
      [
        ['north', undefined],
        ['south', 200],
      ],
      [['north', 200]],
      [['north', 200]],
      [
        ['north', undefined],
        ['south', 200],
      ],
    ]);
  });

  test('all circuits are taken: 503, with the cause', async () => {
    const { alice, west, records, ends } = await carriers(
      `{ carriers: { west: { uri: 'sip:10.0.0.6', limit: 0 } }, routes: { '+': { west: {} } } }`,
    );
    const refused = await alice.invite('sip:+4930123@siplet').response(503);
    expect(refused.header('Reason')).toBe('Q.850;cause=34;text="No circuit available"');
    await ends();
    expect(west.received).toEqual([]);
    expect(records).toMatchObject([{ status: 503, attempts: [{ carrier: 'west' }] }]);
  });

  test.each(['sip:+49112@siplet', 'sip:0049112@siplet', 'urn:service:sos', 'urn:service:sos.fire'])(
    'E-24 %s goes to the carrier for 112, as 112',
    async (uri) => {
      const { alice, north, ends } = await carriers();
      const call = alice.invite(uri, { via: 'siplet' });
      const invite = await north.receive('INVITE');
      expect(invite.uri).toBe('sip:112@10.0.0.4');
      invite.reply(486);
      await call.response(486);
      await ends();
    },
  );

  test('E-24 an emergency call is put through whatever the limit is', async () => {
    const { alice, north, ends } = await carriers(
      "{ carriers: { north: { uri: 'sip:10.0.0.4', limit: 0 } }, routes: { '112': { north: {} } } }",
    );
    const call = alice.invite('sip:112@siplet');
    const invite = await north.receive('INVITE');
    expect(invite.uri).toBe('sip:112@10.0.0.4');
    invite.reply(486);
    await call.response(486);
    await ends();
  });

  test('failed and cancelled calls free their circuit too', async () => {
    const { alice, north, south, ends } = await carriers();
    const failed = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(486);
    await failed.response(486);
    const given = alice.invite('sip:+4930123@siplet');
    const invite = await north.receive('INVITE');
    invite.reply(180);
    await given.response(180);
    given.cancel();
    (await north.receive('CANCEL')).reply(200);
    invite.reply(487);
    await given.response(487);
    const third = alice.invite('sip:+4930123@siplet');
    (await north.receive('INVITE')).reply(486);
    await third.response(486);
    await ends();
    expect(south.received).toEqual([]);
  });
});

describe('b2b-trunk, what carriers are shown', () => {
  async function shown(
    number: string,
    headers: Record<string, string>,
    from = '"Alice" <sip:030-5551234@inside.example>',
  ) {
    const { alice, north, south, west } = await carriers();
    const call = alice.invite(`sip:${number}@siplet`, { from, headers });
    if (number === '+4930123') (await north.receive('INVITE')).reply(503);
    const invite = await (number === '+4930123' ? south : west).receive('INVITE');
    invite.reply(486);
    await call.response(486);
    return invite.message;
  }

  test('the carrier’s own caller id, and its headers', async () => {
    const message = await shown('+4930123', { Subject: 'x', 'P-Asserted-Identity': '<sip:boss@inside.example>' });
    expect(message.header('From')).toMatch(/^<sip:\+4930999@10\.0\.0\.5>;tag=/);
    expect(message.header('P-Asserted-Identity')).toBeUndefined();
    expect([message.header('Subject'), message.header('X-Account')]).toEqual([undefined, '7']);
    expect(message.header('To')).toBe('<sip:+4930123@10.0.0.5>');
  });

  test('RFC 3325 a trusted carrier is told who calls, in E.164, and our hosts are not', async () => {
    const message = await shown('+15550100', {});
    expect(message.header('From')).toMatch(/^"?Alice"? <sip:\+49305551234@10\.0\.0\.6>;tag=/);
    expect(message.header('P-Asserted-Identity')).toBe('<sip:+49305551234@10.0.0.6>');
    expect(String(message)).not.toContain('inside.example');
  });

  test('RFC 3323 who wants privacy is anonymous; only a trusted carrier knows', async () => {
    const trusted = await shown('+15550100', { Privacy: 'id; critical' });
    expect(trusted.header('From')).toMatch(/^"?Anonymous"? <sip:anonymous@anonymous\.invalid>;tag=/);
    expect(trusted.header('P-Asserted-Identity')).toBe('<sip:+49305551234@10.0.0.6>');
    expect(trusted.header('Privacy')).toBe('id; critical');
    const other = await shown('+4930123', { Privacy: 'user' });
    expect(other.header('From')).toContain('anonymous.invalid');
    expect([other.header('P-Asserted-Identity'), other.header('Privacy')]).toEqual([undefined, undefined]);
    expect(String(other)).not.toMatch(/\b0?305551234|030-555/);
  });

  test.each(['Reply-To', 'Referred-By', 'History-Info', 'Diversion', 'Call-Info', 'Organization', 'User-Agent'])(
    'E-22 RFC 3323 §4.1 %s may tell who calls: only a trusted carrier gets it from who wants privacy',
    async (name) => {
      const value = '<sip:030-5551234@inside.example>';
      const [trusted, other] = [
        await shown('+15550100', { Privacy: 'id', [name]: value }),
        await shown('+4930123', { Privacy: 'id', [name]: value }),
      ];
      expect([trusted.header(name), other.header(name)]).toEqual([value, undefined]);
      expect((await shown('+4930123', { [name]: value })).header(name)).toBe(value);
    },
  );
});

describe('b2b-trunk, a caller who wants privacy', () => {
  test('E-22 RFC 3323 §4.1 a carrier that is not trusted gets no header that is unknown or may tell who calls', async () => {
    const { alice, north, ends } = await carriers();
    const told = ['In-Reply-To', 'P-Access-Network-Info', 'X-Caller', 'Geolocation', 'Identity', 'P-Charging-Vector'];
    const headers = { ...Object.fromEntries(told.map((name) => [name, 'alice'])), Priority: 'urgent' };
    const call = alice.invite('sip:+4930123@siplet', {
      headers: { Privacy: 'header;id', Contact: '<sip:alice@10.0.0.1>', ...headers },
    });
    const invite = await north.receive('INVITE');
    expect(String(invite.message)).not.toMatch(/alice|10\.0\.0\.1/);
    expect(invite.message.header('Priority')).toBe('urgent');
    invite.reply(486);
    await call.response(486);
    await ends();
  });

  test('E-22 nor while the call lasts: in requests, and in responses', async () => {
    const { alice, north, ends } = await carriers();
    const headers = {
      'User-Agent': 'alice',
      'P-Asserted-Identity': '<sip:alice@h>',
      'Call-Info': '<http://alice>',
      Server: 'alice',
    };
    const call = alice.invite('sip:+4930123@siplet', { headers: { Privacy: 'id' } });
    const invite = await north.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack({ headers });
    const ack = await invite.ack();
    const info = invite.dialog.request('INFO');
    (await alice.receive('INFO')).reply(200, { headers });
    const answer = await info.response(200);
    const bye = call.dialog.request('BYE', { headers });
    const received = await north.receive('BYE');
    received.reply(200);
    await bye.response(200);
    for (const message of [ack.message, answer, received.message]) expect(String(message)).not.toContain('alice');
    await ends();
  });

  test('E-22 RFC 3325 §7 nobody is asserted to a trusted carrier when nobody is known', async () => {
    const { alice, west, ends } = await carriers();
    const call = alice.invite('sip:+15550100@siplet', { from: '"Anonymous" <sip:Anonymous@anonymous.invalid>' });
    const invite = await west.receive('INVITE');
    expect(invite.message.header('P-Asserted-Identity')).toBeUndefined();
    invite.reply(486);
    await call.response(486);
    await ends();
  });
});

describe('b2b-trunk, among the applications', () => {
  test('a name is the next application’s; a number in E.164 that no carrier takes is 404; E-26 what is not a number is 484', async () => {
    const { alice, desk, records, ends } = await carriers();
    const call = alice.invite('sip:bob@10.0.0.2', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(486);
    await call.response(486);
    const local = alice.invite('sip:42@10.0.0.2', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(486);
    await local.response(486);
    await alice.invite('sip:+71234567@siplet').response(404);
    for (const user of ['00', '+0301234567', '+49(0)30123456', '+49'])
      await alice.invite(`sip:${user}@siplet`).response(484);
    await ends();
    expect(records).toEqual([]);
  });

  test('without configuration every call is the next application’s', async () => {
    const { alice, desk, ends } = await carriers('{}');
    const call = alice.invite('sip:+4930123@10.0.0.2', { via: 'siplet' });
    (await desk.receive('INVITE')).reply(486);
    await call.response(486);
    await ends();
  });

  test('the application is taken out of service: calls that stand have their record', async () => {
    const { world, alice, north, records, container } = await carriers();
    const call = alice.invite('sip:+4930123@siplet');
    const invite = await north.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    await invite.ack();
    await world.run(3000);
    await present(container.active.find(({ name }) => name === 'b2b-trunk')).dispose();
    expect(records).toMatchObject([
      { status: null, carrier: 'north', duration: expect.closeTo(3, 0), hungUp: 'container' },
    ]);
    call.bye();
    (await north.receive('BYE')).reply(200);
    await world.runUntilIdle();
    expect(records).toHaveLength(1);
  });
});
