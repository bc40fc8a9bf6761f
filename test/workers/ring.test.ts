// Datagrams in shared memory: what one thread writes the other reads, in order, whole, and never more than there is
// room for.
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ring } from '../../container/workers/ring.js';

const small = () => new Ring(Ring.memory(1024));

interface Record {
  readonly wire: string;
  readonly address: string;
  readonly port: number;
  readonly listener: number;
}

function drained(ring: Ring, most = 1000): Record[] {
  const all: Record[] = [];
  ring.drain({ receive: (wire, address, port, listener) => all.push({ wire, address, port, listener }) }, most);
  return all;
}

test('what was written is read: octets, address, port and listener', () => {
  const ring = small();
  const one = { wire: '\u0000ÿINVITE\r\n', address: '2001:db8::1', port: 65535, listener: 255 };
  expect(ring.push(one.wire, one.address, one.port, one.listener)).toBe(true);
  expect(ring.push('', '', 0, 0)).toBe(true);
  expect(drained(ring)).toEqual([one, { wire: '', address: '', port: 0, listener: 0 }]);
  expect(drained(ring)).toEqual([]);
});

test('at most as many as are asked for; and it says whether there may be more', () => {
  const ring = small();
  for (let i = 0; i < 3; i++) ring.push(String(i), 'a', i, 0);
  const user = { receive() {} };
  expect(ring.drain(user, 2)).toBe(true);
  expect(ring.drain(user, 2)).toBe(false);
});

test('when it is full what comes is dropped and counted, and what is in it stays whole', () => {
  const ring = small();
  let written = 0;
  while (ring.push(`${written}`.padEnd(100, '.'), '127.0.0.1', 1, 0)) written++;
  expect(written).toBe(8);
  expect(ring.dropped).toBe(1);
  expect(drained(ring).map(({ wire }) => Number.parseInt(wire, 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(ring.push('again', 'a', 1, 0)).toBe(true);
  expect(drained(ring)).toHaveLength(1);
});

test('what is larger than the ring never fits', () => {
  const ring = small();
  expect(ring.push('x'.repeat(2000), 'a', 1, 0)).toBe(false);
  expect(ring.push('x'.repeat(900), 'a', 1, 0)).toBe(true);
});

test('whatever is written and read in whatever turns comes out as it went in', () => {
  const step = fc.oneof(
    fc.record({
      wire: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 300 }),
    }),
    fc.record({ read: fc.integer({ min: 1, max: 5 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ring = small();
      const expected: string[] = [];
      const seen: string[] = [];
      for (const one of steps) {
        if ('wire' in one) {
          if (ring.push(one.wire, '127.0.0.1', 5060, 1)) expected.push(one.wire);
        } else seen.push(...drained(ring, one.read).map(({ wire }) => wire));
      }
      seen.push(...drained(ring).map(({ wire }) => wire));
      expect(seen).toEqual(expected);
    }),
  );
});

test('positions that have gone through all numbers begin again', () => {
  const memory = Ring.memory(1024);
  // Shortly before 2^31, where they become negative.
  const counters = new Int32Array(memory, 0, 48);
  counters[0] = counters[16] = 2 ** 31 - 512;
  const ring = new Ring(memory);
  for (let i = 0; i < 100; i++) {
    expect(ring.push(`${i}`.padEnd(77, '.'), 'a', i, 0)).toBe(true);
    expect(drained(ring)).toMatchObject([{ port: i }]);
  }
});

test('a reader that sleeps is woken once', () => {
  const ring = small();
  expect(ring.wakes()).toBe(false);
  expect(ring.sleep()).toBe(true);
  expect(ring.wakes()).toBe(true);
  expect(ring.wakes()).toBe(false);
  ring.push('x', 'a', 1, 0);
  // There is something: it does not go to sleep.
  expect(ring.sleep()).toBe(false);
  expect(ring.wakes()).toBe(false);
});

test('two threads: every datagram comes once and in order', async () => {
  const ring = new Ring(Ring.memory(4096));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     import(workerData.module).then(({ Ring }) => {
       const ring = new Ring(workerData.memory);
       let next = 0, wrong = 0;
       const receive = (wire, address, port) => { if (wire !== 'n' + next + '.'.repeat(next % 90) || port !== next % 60000) wrong++; next++; };
       const turn = () => { ring.drain({ receive }, 64); if (next < workerData.count) setImmediate(turn); else parentPort.postMessage({ next, wrong }); };
       turn();
     });`,
    {
      eval: true,
      workerData: {
        memory: ring.memory,
        count: 50_000,
        module: new URL('../../container/dist/workers/ring.js', import.meta.url).href,
      },
    },
  );
  const told = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  for (let i = 0; i < 50_000; ) {
    if (ring.push(`n${i}${'.'.repeat(i % 90)}`, '127.0.0.1', i % 60000, 0)) i++;
    else await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await told).toEqual({ next: 50_000, wrong: 0 });
  await worker.terminate();
});
