// A graceful stop under load (RULES.md section 8): SIGTERM and SIGINT in the middle of SIPp's calls.
// SIPLET_PEERS_STOP_RATE sets the load of each container.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { countingCallee, operated, versioned } from './operated.js';
import { caller, freePorts } from './sipp.js';

const RATE = Number(process.env.SIPLET_PEERS_STOP_RATE ?? 100);
/** Seconds: until the signal, that a call is held, that calls are made. */
const BEFORE = 2.2;
const HELD = 3;
const CALLING = 5;
/** After the last call, s: what its peers send again is still answered (two T1). */
const SETTLING = 1;

/** The answer to an OPTIONS to the container itself. */
async function options(port: number): Promise<string> {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const lines = [
    `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKprobe`,
    'Max-Forwards: 70',
    'From: <sip:probe@127.0.0.1>;tag=1',
    `To: <sip:127.0.0.1:${port}>`,
    'Call-ID: probe',
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
  ];
  socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1');
  return String((await once(socket, 'message'))[0]);
}

/** `application` proxies its calls to a callee of its own, or answers them. */
async function stoppedBy(signal: NodeJS.Signals, application: 'tagged' | 'answers'): Promise<void> {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const seen = await countingCallee(phone);
  const siplet = await operated(
    { [`${application}.ts`]: versioned(application, 1) },
    `apps: { tagged: 'sip:bob@127.0.0.1:${phone}' }\nshutdown: { timeout: 10s }\n`,
  );
  // A peer that is connected, and that does not close when the container does.
  const peer = connect({ port: siplet.tcp, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  onTestFinished(() => void peer.destroy());
  peer.resume();
  const total = RATE * CALLING;
  const calls = caller('held', alice, siplet.udp, { calls: total, rate: RATE, held: HELD * 1000 });
  onTestFinished(calls.stop);
  await pause(BEFORE * 1000);
  const began = Date.now();
  siplet.kill(signal);
  const stopping = await siplet.said(/calls in progress may end/);
  expect(stopping.calls).toBeGreaterThan(RATE);

  const answer = await options(siplet.udp);
  expect(answer).toMatch(/^SIP\/2\.0 503 /);
  expect(answer).toMatch(/\r\nRetry-After: \d+\r\n/);
  const ready = await fetch(`${siplet.url}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'not ready', reasons: ['stopping'] }]);
  expect((await fetch(`${siplet.url}/health/live`)).status).toBe(200);

  const { status, at } = await siplet.ended;
  const took = (at - began) / 1000;
  const outcome = await calls.outcome;
  const { refused = 0, ended = 0 } = present(outcome.counters);
  const served = await seen();
  console.info(
    `${application}, ${signal} at ${RATE} calls/s held ${HELD} s: ${stopping.calls} in progress, ${ended} ended by their BYE, ${refused} refused with 503, ` +
      `${outcome.failed} failed, ${outcome.retransmissions} retransmissions; it ended after ${took.toFixed(1)} s with status ${status}`,
  );
  expect(outcome).toMatchObject({ successful: total, failed: 0 });
  expect(ended + refused).toBe(total);
  expect(ended).toBeGreaterThan(RATE);
  expect(refused).toBeGreaterThan(RATE);
  // Those that were taken are those that reached the callee, to their own end.
  if (application === 'tagged') expect(served).toMatchObject({ calls: ended, ended });
  expect(status).toBe(0);
  expect(took).toBeGreaterThan(HELD - 0.5);
  expect(took).toBeLessThan(HELD + SETTLING + 3);
  expect(siplet.complaints()).toEqual([]);
}

test('RULES.md section 8, SIGTERM and SIGINT under load: calls in progress end by their own BYE, new ones get 503, status 0 soon after the last', async () => {
  await Promise.all([stoppedBy('SIGTERM', 'tagged'), stoppedBy('SIGINT', 'tagged'), stoppedBy('SIGTERM', 'answers')]);
});
