// The calls of a container as its admin address tells them, and what tshark makes of the messages that it wrote.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { present } from '../../../container/base/present.js';
import type { CallSummary, CallTrace } from '../../../container/observe/calls.js';

type Traced = CallTrace['trace'][number];
export type Message = Extract<Traced, { remote: string }>;

const json = async <T>(url: string): Promise<T> => (await fetch(url)).json() as Promise<T>;

/** Every call of the container, with its messages. */
export const callsOf = (url: string) => traces(url, () => true);

/** The calls from or to a phone at one of these ports. */
export const callsWith = (url: string, ...ports: readonly number[]) =>
  traces(url, ({ from, to }) => ports.some((port) => `${from}${to}`.includes(String(port))));

async function traces(url: string, wanted: (call: CallSummary) => boolean): Promise<CallTrace[]> {
  const calls: CallTrace[] = [];
  for (const call of await json<CallSummary[]>(`${url}/api/calls`)) {
    if (wanted(call)) calls.push(await json<CallTrace>(`${url}/api/calls/${encodeURIComponent(call.callId)}`));
  }
  return calls;
}

export function messagesOf(calls: readonly CallTrace[]): Message[] {
  return calls
    .flatMap(({ trace }) => trace.filter((each): each is Message => each.direction !== 'inside'))
    .sort((one, other) => one.at - other.at);
}

/** A message in one line, for what a test shows when it fails. */
export function ladder(messages: readonly Message[]): string {
  const line = ({ at, direction, transport, remote, start, text }: Message) =>
    `${(at % 1e6).toFixed(0)} ${direction} ${transport} ${remote} ${start} · ${/^CSeq: .*$/im.exec(text)?.[0]}`;
  return messages.map(line).join('\n');
}

/** How many sessions its applications have. */
export async function sessionsOf(url: string): Promise<number> {
  const apps = await json<{ sessions: number }[]>(`${url}/api/apps`);
  return apps.reduce((sum, { sessions }) => sum + sessions, 0);
}

/** Ends well when no session is left 40 seconds after the last call. */
export async function noSessionIsLeft(url: string): Promise<void> {
  await expect.poll(() => sessionsOf(url), { timeout: 40_000, interval: 250 }).toBe(0);
}

/** One IPv4 packet of UDP, in a record of libpcap. The checksums are left out: tshark does not look at them. */
function packet({ at, local, remote, text }: Message): Buffer {
  const body = Buffer.from(text, 'utf8');
  const octets = Buffer.alloc(16 + 28 + body.length);
  octets.writeUInt32LE(Math.floor(at / 1000), 0);
  octets.writeUInt32LE(Math.floor((at % 1000) * 1000), 4);
  octets.writeUInt32LE(28 + body.length, 8);
  octets.writeUInt32LE(28 + body.length, 12);
  octets[16] = 0x45;
  octets.writeUInt16BE(28 + body.length, 18);
  octets[24] = 64;
  octets[25] = 17;
  for (const [place, address] of [local, remote].entries()) {
    const [host, port] = address.split(':') as [string, string];
    octets.set(host.split('.').map(Number), 28 + 4 * place);
    octets.writeUInt16BE(Number(port), 36 + 2 * place);
  }
  octets.writeUInt16BE(8 + body.length, 40);
  body.copy(octets, 44);
  return octets;
}

/** libpcap's header: microseconds, packets that begin with an IP header (LINKTYPE_RAW). */
function pcap(messages: readonly Message[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(101, 20);
  return Buffer.concat([header, ...messages.map(packet)]);
}

/** How many SIP messages tshark finds in `messages`, and those that it calls malformed or warns of. */
export async function readByTshark(messages: readonly Message[]): Promise<{ sip: number; complaints: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'siplet-tshark-'));
  try {
    const file = join(folder, 'written.pcap');
    writeFileSync(file, pcap(messages));
    const ports = [...new Set(messages.map(({ local }) => present(local.split(':')[1])))];
    const as = ports.flatMap((port) => ['-d', `udp.port==${port},sip`]);
    const fields = ['frame.number', '_ws.expert.severity', '_ws.expert.message', '_ws.malformed'];
    const words = [
      '-n',
      '-r',
      file,
      ...as,
      '-T',
      'fields',
      '-E',
      'separator=|',
      ...fields.flatMap((each) => ['-e', each]),
    ];
    const run = promisify(execFile);
    const options = { env: { PATH: process.env.PATH, HOME: folder }, maxBuffer: 1 << 26 };
    const wrong = '_ws.malformed || _ws.expert.severity >= "Warning"';
    const { stdout } = await run('tshark', [...words, '-Y', wrong], options);
    const all = await run('tshark', [...words, '-Y', 'sip'], options);
    const complaints = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => `${line}\n${present(messages[Number(line.split('|')[0]) - 1]).text}`);
    return { sip: all.stdout.split('\n').filter(Boolean).length, complaints };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
