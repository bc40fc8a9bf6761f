// 200,000 calls one after another leave the tables where they were. SIPLET_SESSION_CALLS says how many; by default
// fewer.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  ApplicationSessionDestroyed,
  Bye,
  Invite,
  OnTimer,
  type ReadonlySipRequest,
  SessionKey,
  Sessions,
  Siplet,
  type SipRequest,
} from '@siplet/sdk';
import { inject } from 'inversify';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { VirtualHost } from '../world/virtual-host.js';
import { noting } from './noting.js';

const CALLS = Number(process.env.SIPLET_SESSION_CALLS ?? 600);
/** Calls of as many callers have a key. */
const KEYS = 10;
/** Milliseconds from one call to the next. */
const INTERVAL = 50;

/** After every so many calls the heap is measured, in MB. */
const MEASURED = 5000;
const SLACK = 16;

const seen = { ended: 0, fired: 0, found: 0 };

@Siplet({ name: 'many', sessionTimeout: '1m' })
class Many {
  constructor(@inject(Sessions) private readonly sessions: Sessions) {}

  @SessionKey()
  static ofTenth(request: ReadonlySipRequest) {
    const number = Number(present(/^sip:(\d+)@/.exec(String(request.uri)))[1]);
    return number % 10 === 0 ? `key ${number % (10 * KEYS)}` : undefined;
  }

  @Invite()
  ring(request: SipRequest) {
    const { session, applicationSession } = request;
    session.attributes.set('callId', request.callId);
    applicationSession.attributes.set('data', { list: [1, 2, 3], text: 'x'.repeat(100) });
    applicationSession.setTimer('once', 1000);
    applicationSession.setTimer('again', 300, { repeat: 300, info: 1 });
    if (this.sessions.find(applicationSession.id) === applicationSession) seen.found++;
    if (applicationSession.sessions.length === 1)
      applicationSession.signal.addEventListener('abort', () => seen.ended++, { once: true });
    request.proxy({ recordRoute: true }).proxyTo('sip:bob@10.0.0.2:5070');
  }

  @Bye()
  bye(request: SipRequest) {
    for (const timer of request.applicationSession.timers) if (timer.repeat !== undefined) timer.cancel();
  }

  @OnTimer()
  timer() {
    seen.fired++;
  }

  @ApplicationSessionDestroyed()
  destroyed() {}
}

/** A caller and a callee that remember nothing: what grows is the container's. */
function peers(world: Awaited<ReturnType<typeof noting>>['world']) {
  const failures: string[] = [];
  let ended = 0;
  const field = (wire: string, name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(wire)?.[1]?.trim() ?? '';
  const copied = (wire: string, toTag: string) => {
    const vias = present(wire.match(/^Via: .*$/gm))
      .join('\r\n')
      .replaceAll('\r\r', '\r');
    const routes = (wire.match(/^Record-Route: .*$/gm) ?? []).map((line) => `${line.trim()}\r\n`).join('');
    const to = field(wire, 'To');
    const tagged = to.includes(';tag=') ? to : `${to};tag=${toTag}`;
    return `SIP/2.0 200 OK\r\n${vias.trim()}\r\n${routes}From: ${field(wire, 'From')}\r\nTo: ${tagged}\r\nCall-ID: ${field(wire, 'Call-ID')}\r\nCSeq: ${field(wire, 'CSeq')}\r\nContact: <sip:bob@10.0.0.2:5070>\r\nContent-Length: 0\r\n\r\n`;
  };
  const callee = new VirtualHost(world.network, ['10.0.0.2']).bindNow('10.0.0.2', 5070, {
    receive: (wire, address, port) => {
      if (!wire.startsWith('ACK')) callee.send(copied(wire, 'b'), port, address);
    },
  });
  const request = (method: string, uri: string, of: { from: string; to: string; callId: string; route: string }) =>
    `${method} ${uri} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bK${method}${of.callId}\r\nMax-Forwards: 70\r\n${of.route}From: ${of.from}\r\nTo: ${of.to}\r\nCall-ID: ${of.callId}\r\nCSeq: ${method === 'BYE' ? 2 : 1} ${method}\r\nContact: <sip:alice@10.0.0.1:5070>\r\nContent-Length: 0\r\n\r\n`;
  const caller = new VirtualHost(world.network, ['10.0.0.1']).bindNow('10.0.0.1', 5070, {
    receive: (wire, address, port) => {
      if (wire.startsWith('SIP/2.0 100')) return;
      if (!wire.startsWith('SIP/2.0 200')) return void failures.push(wire.slice(0, 40));
      if (field(wire, 'CSeq').endsWith('BYE')) return void ended++;
      const route = (wire.match(/^Record-Route: .*$/gm) ?? []).map((line) => `${line.trim().slice(7)}\r\n`).join('');
      const of = { from: field(wire, 'From'), to: field(wire, 'To'), callId: field(wire, 'Call-ID'), route };
      caller.send(request('ACK', 'sip:bob@10.0.0.2:5070', of), port, address);
      caller.send(request('BYE', 'sip:bob@10.0.0.2:5070', of), port, address);
    },
  });
  return {
    failures,
    get ended() {
      return ended;
    },
    call(number: number) {
      const of = { from: `<sip:alice@host>;tag=a${number}`, to: '<sip:bob@host>', callId: `call-${number}`, route: '' };
      caller.send(request('INVITE', `sip:${number}@example.com`, of), 5060, '10.0.0.9');
    },
  };
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return Math.round(process.memoryUsage().heapUsed / 1048576);
}

test(`RULES.md section 3: ${CALLS} calls with sessions, timers, attributes and keys leave nothing behind`, async () => {
  Object.assign(seen, { ended: 0, fired: 0, found: 0 });
  const s = await noting({ many: { Many } });
  const { world, container } = s;
  const both = peers(world);
  let most = 0;
  const heap: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    both.call(i);
    await world.run(INTERVAL);
    if (i % 500 !== 499) continue;
    // 64*T1 of calls are still in their transactions: no more, however many there have been.
    const { applicationSessions = 0, sessionIds = 0 } = container.alive;
    most = Math.max(most, applicationSessions);
    expect(applicationSessions).toBeLessThan(33_000 / INTERVAL + KEYS);
    expect(sessionIds).toBeLessThanOrEqual(applicationSessions);
    world.network.record.length = 0; // the ladder
    if (i % MEASURED === MEASURED - 1) heap.push(heapUsed());
  }
  await s.ends();
  if (heap.length > 1) {
    console.info(`heap after every ${MEASURED} calls, MB: ${heap.join(' ')}`);
    expect(heap.at(-1)).toBeLessThan(present(heap[0]) + SLACK);
  }
  expect(both.failures).toEqual([]);
  expect(both.ended).toBe(CALLS);
  expect(seen.found).toBe(CALLS);
  expect(seen.fired).toBeGreaterThanOrEqual(CALLS);
  expect(seen.ended).toBeGreaterThanOrEqual((CALLS * 9) / 10 + KEYS);
  if (CALLS >= 600) expect(most).toBeGreaterThan(10);
}, 1_800_000);
