// Phones that call each other, with nobody between them: what a script can say, and what its ladder looks like.
import { describe, expect, test } from 'vitest';
import { TextMessage } from './text-message.js';
import { World } from './world.js';

function pair({ transport = 'UDP', ...options }: { seed?: number; transport?: 'UDP' | 'TCP' } = {}) {
  const world = new World(options);
  const alice = world.phone('alice', '10.0.0.1', { transport });
  const bob = world.phone('bob', '10.0.0.2', { transport });
  return { world, alice, bob };
}

describe('a call', () => {
  test.each(['UDP', 'TCP'] as const)('is made, answered, acknowledged and ended over %s', async (transport) => {
    const { world, alice, bob } = pair({ transport });
    const call = alice.invite(bob.uri, { body: 'v=0\r\n' });
    const invite = await bob.receive('INVITE');
    expect(invite.body).toBe('v=0\r\n');
    invite.reply(180);
    expect((await call.response(180)).header('Contact')).toContain('<sip:bob@10.0.0.2:5060');
    await world.run(2000);
    invite.reply(200, { body: 'v=0\r\n' });
    await call.response(200);
    call.ack();
    await invite.ack();
    const bye = invite.bye();
    (await alice.receive('BYE')).reply(200);
    await bye.response(200);
    await bob.receivesNothing();
    expect(bob.received.map(({ transport: over }) => over)).toEqual([transport, transport, transport]);
    expect(world.ladder({ times: false })).toMatchInlineSnapshot(`
      "  alice              bob
          |--INVITE-------->|
          |<--180 Ringing---|
          |<--200 OK--------|
          |--ACK----------->|
          |<--BYE-----------|
          |--200 OK (BYE)-->|"
    `);
  });

  test('is cancelled', async () => {
    const { world, alice, bob } = pair();
    bob.autoTrying = true;
    bob.answerCancel = true;
    const call = alice.invite('sip:bob@bob');
    await call.response(100);
    const cancel = call.cancel({ headers: { Reason: 'SIP;cause=487' } });
    await cancel.response(200);
    await call.response(487);
    await world.run(10);
    expect(world.ladder({ headers: ['Reason', 'CSeq'], times: false })).toMatchInlineSnapshot(`
      "  alice                        bob
          |--INVITE------------------>|
          |                           |  CSeq: 1 INVITE
          |<--100 Trying--------------|
          |                           |  CSeq: 1 INVITE
          |--CANCEL------------------>|
          |                           |  Reason: SIP;cause=487
          |                           |  CSeq: 1 CANCEL
          |<--200 OK (CANCEL)---------|
          |                           |  CSeq: 1 CANCEL
          |<--487 Request Terminated--|
          |                           |  CSeq: 1 INVITE
          |--ACK--------------------->|
          |                           |  CSeq: 1 ACK"
    `);
  });

  test('survives a bad line when the phones are reliable', async () => {
    const { world, alice, bob } = pair({ seed: 5 });
    alice.reliable = bob.reliable = true;
    world.network.rule({ loss: 0.2 });
    for (let i = 0; i < 20; i++) {
      const call = alice.invite(bob.uri);
      const invite = await bob.receive('INVITE');
      invite.reply(200);
      await call.response(200);
      call.ack();
      await invite.ack();
      const bye = call.bye();
      (await bob.receive('BYE')).reply(200);
      await bye.response(200);
    }
  });

  test('§17.1.1.2 §13.3.1.4 is sent again, and so is its answer, with the timers of Table 4', async () => {
    const { world, alice, bob } = pair();
    alice.reliable = bob.reliable = true;
    world.network.dropNext(({ wire }) => wire.startsWith('INVITE'), 2);
    world.network.dropNext(({ wire }) => wire.startsWith('ACK'));
    const call = alice.invite(bob.uri);
    (await bob.receive('INVITE')).reply(200);
    await call.response(200);
    call.ack();
    await world.run(40_000);
    expect(world.ladder()).toMatchInlineSnapshot(`
      "          alice            bob
         0.000    |--INVITE------x|
         0.500    |--INVITE #2---x|
         1.500    |--INVITE #3--->|
         1.501    |<--200 OK------|
         1.502    |--ACK---------x|
         2.001    |<--200 OK #2---|
         2.002    |--ACK #2------>|"
    `);
  });
});

describe('a dialog', () => {
  const [p1, p2] = ['<sip:p1.example;lr>', '<sip:p2.example;lr>'];

  test('§12.1 the caller reverses the route set, the callee does not', async () => {
    const { world, alice, bob } = pair();
    world.resolver.address('p1.example', '10.0.0.2').address('p2.example', '10.0.0.2');
    const call = alice.invite(bob.uri, { headers: { 'Record-Route': [p2, p1] } });
    const invite = await bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    const ack = call.ack();
    expect(ack.message.uri).toBe('sip:bob@10.0.0.2:5060');
    expect(ack.message.list('Route')).toEqual([p1, p2]);
    expect(ack.message.header('CSeq')).toBe('1 ACK');
    const bye = call.bye().message;
    expect([bye.header('CSeq'), bye.list('Route')]).toEqual(['2 BYE', [p1, p2]]);
    const back = invite.bye().message;
    expect(back.uri).toBe('sip:alice@10.0.0.1:5060');
    expect(back.list('Route')).toEqual([p2, p1]);
    expect([back.header('From'), back.header('To')]).toEqual([ack.message.header('To'), ack.message.header('From')]);
  });

  test('§12.2.1.1 a strict router is put into the Request-URI, the target below the routes', async () => {
    const { world, alice, bob } = pair();
    const strict = world.phone('strict', '10.0.0.3');
    const call = alice.invite(bob.uri);
    const invite = await bob.receive('INVITE');
    invite.reply(200, { headers: { 'Record-Route': ['<sip:p2.example;lr>', '<sip:10.0.0.3;foo>'] } });
    await call.response(200);
    call.ack();
    const ack = await strict.receive('ACK');
    expect(ack.uri).toBe('sip:10.0.0.3;foo');
    expect(ack.list('Route')).toEqual(['<sip:p2.example;lr>', '<sip:bob@10.0.0.2:5060>']);
  });

  test('each fork is a dialog of its own', async () => {
    const { alice, bob } = pair();
    const call = alice.invite(bob.uri);
    const invite = await bob.receive('INVITE');
    invite.reply(200, { toTag: 'one' });
    invite.reply(200, { toTag: 'two', contact: 'sip:other@10.0.0.2' });
    for (const tag of ['one', 'two']) {
      const response = await call.response(200);
      expect(response.toTag).toBe(tag);
      expect(call.ack({ response }).message.toTag).toBe(tag);
    }
    expect(call.dialog.bye().message.uri).toBe('sip:other@10.0.0.2');
  });

  test('§12.2.2 a re-INVITE moves the target', async () => {
    const { alice, bob } = pair();
    const call = alice.invite(bob.uri);
    const invite = await bob.receive('INVITE');
    invite.reply(200);
    await call.response(200);
    call.ack();
    const again = invite.dialog.request('INVITE', { contact: 'sip:bob@10.0.0.2:5060;moved' });
    const second = await alice.receive('INVITE');
    second.reply(200);
    await again.response(200);
    again.ack();
    await second.ack();
    expect(call.bye().message.uri).toBe('sip:bob@10.0.0.2:5060;moved');
  });
});

describe('a phone', () => {
  test('complains about what is wrong in what it gets, unless it is told not to', async () => {
    const { world, alice, bob } = pair();
    alice.request('MESSAGE', bob.uri, { body: 'hi', contentType: 'text/plain', headers: { 'Content-Length': '3' } });
    await expect(bob.receive('MESSAGE')).rejects.toThrow('Content-Length 3, the body has 2 octets (§20.14)');
    bob.strict = false;
    alice.request('MESSAGE', bob.uri, { headers: { 'Max-Forwards': undefined } });
    await world.run(10);
    expect(bob.received).toHaveLength(2);
  });

  test('sends any octets, and tells at once when another answer came', async () => {
    const { alice, bob } = pair();
    bob.strict = false;
    alice.send('HELLO\r\n\r\n', 'bob');
    bob.on('INVITE', (invite) => invite.reply(486));
    const call = alice.invite(bob.uri);
    await expect(call.response(200)).rejects.toThrow('alice waits for 200 to INVITE; it got SIP/2.0 486 Busy Here');
    await expect(alice.receivesNothing(10)).resolves.toBeUndefined();
  });

  test('reads folded, compact and listed header fields', () => {
    const message = TextMessage.read(
      'SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=z9hG4bK1,\r\n SIP/2.0/UDP "b,c";x\r\nf: "A, <b>" <sip:a@b;tag=no>;tag=yes\r\nCSeq: 7  BYE\r\n\r\n',
    );
    expect(message.list('Via')).toEqual(['SIP/2.0/UDP a;branch=z9hG4bK1', 'SIP/2.0/UDP "b,c";x']);
    expect([message.fromTag, message.branch, message.method, message.sequence]).toEqual(['yes', 'z9hG4bK1', 'BYE', 7]);
  });
});

test('a ladder has lost, unheard and doubled messages, and connections', async () => {
  const { world, alice, bob } = pair();
  const carol = world.phone('carol', 'fd00::3', { transport: 'TCP' });
  const siplet = world.attach('siplet', ['10.0.0.10', 'fd00::10']);
  world.network.dropNext(({ wire }) => wire.startsWith('OPTIONS'));
  world.network.duplicateNext(({ wire }) => wire.startsWith('OPTIONS'));
  alice.request('OPTIONS', bob.uri);
  await world.run(500);
  alice.request('OPTIONS', bob.uri);
  bob.request('REGISTER', 'sip:siplet');
  carol.request('MESSAGE', 'sip:siplet', { via: '[fd00::10]' });
  await world.deliver();
  await siplet.network.listen('::', 5060, () => ({ connected() {}, receive() {}, closed() {} }));
  carol.request('MESSAGE', 'sip:siplet', { via: '[fd00::10]', headers: { Subject: 'hello' } });
  await world.deliver();
  expect(world.ladder({ connections: true })).toMatchInlineSnapshot(`
    "          alice            bob           siplet           carol
       0.000    |--OPTIONS-----x|               |               |
       0.500    |--OPTIONS---->>|               |               |
       0.500    |               |--REGISTER----?|               |
       0.500    |               |               |<--SYN---------|
       0.500    |               |               |x--MESSAGE-----|
       0.501    |               |               |--RST--------->|
       0.502    |               |               |<--SYN---------|
       0.502    |               |               |<--MESSAGE-----|
       0.503    |               |               |--SYN ACK----->|"
  `);
  expect(
    world.ladder({ participants: ['siplet', 'carol'], note: (message) => message.header('Subject') }),
  ).toMatchInlineSnapshot(`
    "         siplet              carol
       0.500    |x--MESSAGE--------|
       0.502    |<--MESSAGE hello--|"
  `);
});
