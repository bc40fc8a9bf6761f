// apps/b2b-trunk, its call detail records: each once, whatever the disk does.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open, readdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Address, type Logger } from '@siplet/sdk';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Call, type CallRecord } from '../../apps/b2b-trunk/call.js';
import { Circuits } from '../../apps/b2b-trunk/carriers.js';
import { type Disk, Records } from '../../apps/b2b-trunk/records.js';
import { present } from '../../container/base/present.js';

let folder: string;
let said: Record<string, unknown>[];
let log: Logger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siplet-records-'));
  said = [];
  log = pino({ level: 'info' }, { write: (line) => void said.push(JSON.parse(line)) }) as unknown as Logger;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Records in the folder, on a disk of the test or the real one. */
function recordsOf(more: object = {}, on?: Disk): Records {
  const records = new Records({ records: { file: join(folder, 'calls.jsonl'), size: 0, buffer: 100, ...more } }, log);
  if (on) records.disk = on;
  return records;
}
const linesOf = (name: string) => readFileSync(join(folder, name), 'utf8').split('\n').filter(Boolean);
const numbersOf = (name: string) => linesOf(name).map((line) => JSON.parse(line).n as number);

/** A disk with room for so many octets. */
function disk(room: { octets: number }): Disk {
  return {
    rename,
    readdir,
    open: async (path, flags) => {
      const file = await open(path, flags);
      return {
        stat: () => file.stat(),
        read: (into, offset, length, position) => file.read(into, offset, length, position),
        close: () => file.close(),
        write: async (octets) => {
          if (room.octets === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
          const { bytesWritten } = await file.write(octets.subarray(0, room.octets));
          room.octets -= bytesWritten;
          return { bytesWritten };
        },
      };
    },
  };
}

test('records are appended, one line each, in order', async () => {
  writeFileSync(join(folder, 'calls.jsonl'), '{"n":0}\n');
  const records = recordsOf();
  await records.prepare();
  for (let n = 1; n <= 2500; n++) {
    records.add({ n });
    if (n % 100 === 0) await records.flush();
  }
  await records.close();
  expect(numbersOf('calls.jsonl')).toEqual(Array.from({ length: 2501 }, (_, n) => n));
});

test('a large file is put aside under the next number, and none is overwritten', async () => {
  writeFileSync(join(folder, 'calls.jsonl.7'), 'old');
  const records = recordsOf({ size: 20 });
  for (let n = 1; n <= 6; n++) {
    records.add({ n });
    await records.flush();
  }
  expect(readdirSync(folder).sort()).toEqual(['calls.jsonl.7', 'calls.jsonl.8', 'calls.jsonl.9']);
  expect([...numbersOf('calls.jsonl.8'), ...numbersOf('calls.jsonl.9')]).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a full disk: one warning, records wait, and each is written once when there is room', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const room = { octets: 20 };
  const records = recordsOf({}, disk(room));
  for (let n = 1; n <= 5; n++) records.add({ n });
  await records.flush();
  expect(linesOf('calls.jsonl')).toEqual(['{"n":1}', '{"n":2}', '{"n"']);
  await vi.advanceTimersByTimeAsync(1000);
  await records.flush();
  expect(said.map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/calls.jsonl: no record can be written; they wait in memory, calls go on/),
  ]);
  room.octets = 1000;
  records.add({ n: 6 });
  await vi.advanceTimersByTimeAsync(1000);
  await records.flush();
  expect(linesOf('calls.jsonl').map((line) => (line.endsWith('}') ? JSON.parse(line).n : line))).toEqual([
    1,
    2,
    '{"n"',
    3,
    4,
    5,
    6,
  ]);
  expect(said.at(-1)).toMatchObject({ level: 30, msg: expect.stringMatching(/records are written again/) });
  await records.close();
});

test('what does not fit into the buffer, and what the last try cannot write, is in the log', async () => {
  const records = recordsOf({ buffer: 2 }, disk({ octets: 0 }));
  for (let n = 1; n <= 3; n++) records.add({ n });
  await records.close();
  const inLog = said.filter(({ level }) => level === 50).map(({ record }) => (record as { n: number }).n);
  expect(inLog.sort()).toEqual([1, 2, 3]);
});

test('a file that cannot be is said at once', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(recordsOf({ file: join(folder, 'file/calls.jsonl') }).prepare()).rejects.toThrow();
});

test('E-25 a call has one record, and its circuit is free once; its times do not follow the wall clock', () => {
  const made: CallRecord[] = [];
  const circuits = new Circuits();
  const carrier = { name: 'south', limit: 1 };
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(Date, 'now')
    .mockReturnValueOnce(Date.UTC(2026, 0, 1))
    .mockReturnValue(Date.UTC(2025, 11, 31, 23));
  const request = {
    callId: 'c1',
    from: Address.parse('<sip:alice@h>'),
    to: Address.parse('<sip:+49301@h>'),
  };
  const call = new Call(request, '+49301', (record) => void made.push(record));
  call.isFull('full');
  call.tries('north', present(circuits.take({ name: 'north', limit: 1 })));
  now += 250;
  call.failed({ status: 503, cause: 41 });
  expect(circuits.taken('north')).toBe(0);
  call.tries('south', present(circuits.take(carrier)));
  now += 2000;
  call.answered(200);
  now += 61_500;
  call.hungUp({ callId: 'c2' });
  call.hungUp(request);
  call.over(200, 'container');
  call.over(null, 'container');
  expect(circuits.taken('south')).toBe(0);
  expect(made).toEqual([
    {
      callId: 'c1',
      from: 'sip:alice@h',
      to: 'sip:+49301@h',
      number: '+49301',
      start: '2026-01-01T00:00:00.000Z',
      answer: '2026-01-01T00:00:02.250Z',
      end: '2026-01-01T00:01:03.750Z',
      duration: 61.5,
      carrier: 'south',
      attempts: [
        { carrier: 'full' },
        { carrier: 'north', status: 503, cause: 41, ms: 250 },
        { carrier: 'south', status: 200, ms: 2000 },
      ],
      status: 200,
      hungUp: 'callee',
    },
  ]);
});
