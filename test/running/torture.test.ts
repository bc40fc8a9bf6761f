// RFC 4475 through the built container: each message over UDP and over TCP, and a probe after each. Needs the build,
// which `npm test` makes first.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Container } from './process.js';
import {
  type Arrival,
  acknowledgementOf,
  Connection,
  datagrams,
  type End,
  fieldValueOf,
  Inbox,
  keyOf,
  Raw,
  responseTo,
  sink,
  streams,
} from './wire.js';

/** What becomes of a message: it reaches the sink, it is answered with that status, or nothing is sent to anybody. */
type Outcome = 'forwarded' | 'dropped' | number;
/**
 * Over TCP also: answered, and the connection is closed; nothing is sent until the rest has come, and then the outcome;
 * two messages, and octets that form no message.
 */
type StreamOutcome =
  | Outcome
  | { closed: number }
  | { unfinished: Outcome; rest: string }
  | 'two forwarded, then closed';

interface Row {
  readonly name: string;
  readonly section: string;
  readonly udp: Outcome;
  readonly tcp: StreamOutcome;
  readonly why: string;
}

const row = (name: string, section: string, udp: Outcome, why = '', tcp: StreamOutcome = udp): Row => ({
  name,
  section,
  udp,
  tcp,
  why,
});

// The column "proxy" of the index. Whether example.com is a domain of the container changes none of it: an application
// takes what comes, and none of the messages is for the container itself.
const TABLE: readonly Row[] = [
  // C-40 comes before "a proxy obeys the Route": services.example.com is not us. Below it is forwarded without its To
  // tag.
  row('wsinv', '3.1.1.1', 481, 'its To tag matches no dialog, and its Route is not ours'),
  row('intmeth', '3.1.1.2', 'forwarded'),
  row('esc01', '3.1.1.3', 'forwarded'),
  row('escnull', '3.1.1.4', 'forwarded'),
  row('esc02', '3.1.1.5', 'forwarded'),
  row('lwsdisp', '3.1.1.6', 'forwarded'),
  row('longreq', '3.1.1.7', 'forwarded'),
  row(
    'dblreq',
    '3.1.1.8',
    'forwarded',
    'a datagram without its tail; on a stream the tail is the next message, and the end of the tail is nothing',
    'two forwarded, then closed',
  ),
  row('semiuri', '3.1.1.9', 'forwarded'),
  row('transports', '3.1.1.10', 'forwarded'),
  row('mpart01', '3.1.1.11', 'forwarded'),
  row('unreason', '3.1.1.12', 'dropped', 'a response that matches no transaction'),
  row('noreason', '3.1.1.13', 'dropped', 'a response that matches no transaction'),
  row('badinv01', '3.1.2.1', 400),
  row('clerr', '3.1.2.2', 400, 'a stream waits for the octets that are missing', {
    unfinished: 'forwarded',
    rest: '\0'.repeat(9999 - 154),
  }),
  row('ncl', '3.1.2.3', 400, 'no length to go on with', { closed: 400 }),
  row('scalar02', '3.1.2.4', 400, 'CSeq beyond 32 bits'),
  row('scalarlg', '3.1.2.5', 'dropped', 'a malformed response'),
  row('quotbal', '3.1.2.6', 400),
  row('ltgtruri', '3.1.2.7', 400),
  row('lwsruri', '3.1.2.8', 400),
  row('lwsstart', '3.1.2.9', 400),
  row('trws', '3.1.2.10', 400),
  row('escruri', '3.1.2.11', 400),
  row('baddate', '3.1.2.12', 'forwarded', "Date is none of a proxy's business"),
  row('regbadct', '3.1.2.13', 'forwarded', "Contact is none of a proxy's business"),
  row('badaspec', '3.1.2.14', 400),
  row('baddn', '3.1.2.15', 400, 'its last empty line is missing: a stream waits for it', {
    unfinished: 400,
    rest: '\r\n',
  }),
  row('badvers', '3.1.2.16', 505),
  row('mismatch01', '3.1.2.17', 400),
  row('mismatch02', '3.1.2.18', 501, 'preferred to 400'),
  row('bigcode', '3.1.2.19', 'dropped', 'a malformed response'),
  row('badbranch', '3.2.1', 'forwarded', 'matched as RFC 2543 does'),
  row('insuf', '3.3.1', 'dropped', 'no From, To and Call-ID to build a response with'),
  row('unkscm', '3.3.2', 416),
  row('novelsc', '3.3.3', 416),
  row('unksm2', '3.3.4', 'forwarded'),
  row('bext01', '3.3.5', 420),
  row('invut', '3.3.6', 'forwarded'),
  row('regaut01', '3.3.7', 'forwarded'),
  row('multi01', '3.3.8', 400),
  row('mcl01', '3.3.9', 400, 'no length to be sure of', { closed: 400 }),
  row('bcast', '3.3.10', 'dropped', 'a response that matches no transaction'),
  row('zeromf', '3.3.11', 483),
  row('cparam01', '3.3.12', 'forwarded'),
  row('cparam02', '3.3.13', 'forwarded'),
  row('regescrt', '3.3.14', 'forwarded'),
  row('sdp01', '3.3.15', 'forwarded'),
  row('inv2543', '3.4.1', 'forwarded', 'no Content-Length: a stream cannot tell its end', { closed: 400 }),
];

/**
 * Under the branch, sent-by and method of another of them: to the same container they would be its retransmissions
 * (§17.2.3).
 */
const SAME_BRANCH = new Set(['novelsc', 'cparam02', 'regescrt']);

const archive = new URL('../torture/rfc4475/', import.meta.url);
const read = (name: string) => readFileSync(new URL(`${name}.dat`, archive), 'latin1');

/** Proxies whatever comes to the sink, by the transport that it came by, and leaves the Request-URI alone. */
const onward = (port: number) => `import { Initial, Siplet, type SipRequest } from '@siplet/sdk';

@Siplet()
export class NextApplication {
  @Initial()
  forward(request: SipRequest): void {
    const transport = request.remote?.transport === 'TCP' ? ';transport=tcp' : '';
    request.pushRoute(\`sip:127.0.0.1:${port};lr\${transport}\`);
    request.proxy().proxyTo(request.uri);
  }
}
`;

// Answers over UDP go to the port of sent-by at the address that the request came from: an address of this run's own,
// so that nobody else has that port.
const SOURCE = `127.${64 + (process.pid % 64)}.${Math.floor(Math.random() * 256)}.${1 + Math.floor(Math.random() * 254)}`;
/** The ports that the messages' sent-bys name or stand for. */
const SENT_BY_PORTS = [5060, 5050, 5061];

let callee: End;
let caller: End;
const answers = new Inbox<Arrival>('the caller');
const ends: End[] = [];

beforeAll(async () => {
  callee = await sink();
  caller = await datagrams(SOURCE, 0, answers);
  ends.push(callee, caller);
  for (const port of SENT_BY_PORTS) ends.push(await datagrams(SOURCE, port, answers));
  ends.push(await streams(SOURCE, 5060, answers));
});

// What a test that failed has left.
beforeEach(() => {
  answers.rest();
  callee.inbox.rest();
});

afterAll(async () => {
  await Promise.all(ends.map((end) => end.close()));
});

let probes = 0;

const probe = (port: number, via: string) =>
  `${[
    `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/${via};branch=z9hG4bKprobe${process.pid}.${++probes};rport`,
    'Max-Forwards: 70',
    'From: <sip:probe@127.0.0.1>;tag=probe',
    `To: <sip:127.0.0.1:${port}>`,
    `Call-ID: probe-${probes}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
  ].join('\r\n')}\r\n\r\n`;

let prober: End;
beforeAll(async () => {
  prober = await datagrams('127.0.0.1');
  ends.push(prober);
});

/** OPTIONS to the container, on a socket of its own. */
async function expectAlive(container: Container): Promise<void> {
  prober.send(probe(container.udp, `UDP 127.0.0.1:${prober.port}`), container.udp);
  expect((await prober.inbox.take()).raw.status).toBe(200);
}

/** OPTIONS on the connection which has just carried the message. */
async function expectInStep(connection: Connection, container: Container): Promise<void> {
  connection.send(probe(container.tcp, 'TCP 127.0.0.1'));
  expect((await connection.inbox.take()).raw.status).toBe(200);
}

/** A Via value that comes back or is passed on: with the source in it (§18.2.1, RFC 3581). */
const stamped = (value: string, sourcePort: number) =>
  `${value.replace(/\r\n[ \t]+/g, ' ').replace(/;\s*rport\b/, `;rport=${sourcePort}`)};received=${SOURCE}`;

const MAX_FORWARDS = /^(max-forwards\s*:\s*)\d+$/i;

/** §16.6, and nothing else: every line as sent and in its place, except for what a proxy must change. */
function expectPassedOn(sent: Raw, got: Arrival, container: Container, transport: 'UDP' | 'TCP'): void {
  const { raw } = got;
  expect(raw.start).toBe(sent.start);
  expect(raw.body === sent.body, 'the body is the same, octet by octet').toBe(true);
  const lines = [...raw.lines];

  const [own, received, ...lower] = raw.values('via');
  const mine = container[got.transport === 'UDP' ? 'udp' : 'tcp'];
  expect(own).toMatch(new RegExp(`^SIP/2\\.0/${got.transport} 127\\.0\\.0\\.1:${mine};branch=z9hG4bK`));
  lines.splice(
    lines.findIndex((line) => keyOf(line) === 'via'),
    1,
  );
  const [top, ...below] = sent.values('via');
  expect(/;received=([\d.]+)/.exec(present(received))?.[1]).toBe(SOURCE);
  if (transport === 'UDP') expect(received).toBe(stamped(present(top), caller.port));
  expect(lower).toEqual(below);

  const pushed = lines.findIndex((line) => keyOf(line) === 'route');
  expect(fieldValueOf(present(lines[pushed]))).toMatch(
    new RegExp(`^<sip:127\\.0\\.0\\.1:${callee.port};lr(;transport=tcp)?>$`),
  );
  lines.splice(pushed, 1);

  // Added at the end where the request had none: Max-Breadth is RFC 5393's.
  const added = ['max-forwards', 'content-length', 'max-breadth'].filter((key) => sent.values(key).length === 0);
  const tail = lines.splice(lines.length - added.length, added.length);
  expect(tail.map(keyOf).sort()).toEqual(added.sort());
  for (const line of tail) {
    if (keyOf(line) === 'max-forwards') expect(fieldValueOf(line)).toBe('70');
    if (keyOf(line) === 'content-length') expect(fieldValueOf(line)).toBe(String(sent.body.length));
  }

  const others = (all: readonly string[]) =>
    all.filter((line) => keyOf(line) !== 'via').map((line) => line.replace(MAX_FORWARDS, 'Max-Forwards'));
  expect(others(lines)).toEqual(others(sent.lines));
  const hops = sent.value('max-forwards');
  if (hops !== undefined) expect(raw.values('max-forwards')).toEqual([String(Number(hops) - 1)]);
}

const HEADERS_OF_A_RESPONSE = ['via', 'from', 'to', 'call-id', 'cseq', 'content-length', 'unsupported'];

/** §8.2.6: what identifies the request comes back as sent, with the source noted in the topmost Via. */
function expectAnswers(sent: Raw, response: Raw, status: number): void {
  expect(response.status).toBe(status);
  expect(response.start).toMatch(/^SIP\/2\.0 \d{3} .*/);
  expect(response.body).toBe('');
  expect(response.lines.map(keyOf).filter((key) => !HEADERS_OF_A_RESPONSE.includes(key))).toEqual([]);
  const [top, ...below] = sent.values('via');
  // One that ends in commas (badinv01) is not a list that can be compared.
  if (present(top).includes(',')) expect(response.value('via')?.startsWith(present(top))).toBe(true);
  else expect(response.values('via')).toEqual([stamped(present(top), caller.port), ...below]);
  for (const key of ['from', 'call-id']) expect(response.value(key)).toBe(sent.value(key));
  expect(response.value('to')?.startsWith(present(sent.value('to')))).toBe(true);
  expect(response.value('to')).toMatch(/;\s*tag\s*=/);
}

/** The caller's side of one message: over UDP, or a connection. */
interface Caller {
  readonly inbox: Inbox<Arrival>;
  /** Where a 100 comes, when it is not there. */
  readonly trying?: Inbox<Arrival>;
  readonly transport: 'UDP' | 'TCP';
  send(wire: string): void;
}

/** Whatever is expected of a message that has arrived whole. */
async function expectOutcome(outcome: Outcome, sent: Raw, from: Caller, container: Container): Promise<void> {
  if (outcome === 'dropped') return;
  if (outcome === 'forwarded') {
    const arrival = await callee.inbox.take();
    arrival.reply(responseTo(arrival.raw, 200));
    const answered = await from.inbox.take(({ raw }) => raw.status === 200);
    expectPassedOn(sent, arrival, container, from.transport);
    expect(answered.raw.values('via')).toEqual(arrival.raw.values('via').slice(1));
    // RFC 3581 §4: with rport to where it came from.
    if (answered.transport === 'UDP')
      expect(/;\s*rport\b/.test(present(sent.value('via'))) ? [caller.port] : sentByPorts(sent)).toContain(
        answered.port,
      );
    if (sent.method === 'INVITE') expect((await (from.trying ?? from.inbox).take()).raw.status).toBe(100);
    return;
  }
  const { raw, port } = await from.inbox.take();
  expectAnswers(sent, raw, outcome);
  if (from.transport === 'UDP') expect(sentByPorts(sent)).toContain(port);
  if (outcome === 420) expect(raw.values('unsupported').join(', ')).toBe(sent.values('proxy-require').join(', '));
  if (sent.method === 'INVITE') from.send(acknowledgementOf(sent, raw));
}

/** §18.2.2. What TLS in the Via of a datagram (bext01) stands for the RFC does not say. */
function sentByPorts(sent: Raw): number[] {
  const via = present(sent.value('via')).replace(/\s/g, '');
  const port = /^[^;]*:(\d+)/.exec(via)?.[1];
  if (port !== undefined) return [Number(port)];
  return via.startsWith('SIP/2.0/TLS') ? [5060, 5061] : [5060];
}

/** Nobody has got anything more than what was taken. */
function expectSilence(...inboxes: Inbox<Arrival>[]): void {
  for (const inbox of inboxes) expect(inbox.rest().map(({ raw }) => raw.wire)).toEqual([]);
}

async function overUdp(wire: string, outcome: Outcome, container: Container): Promise<void> {
  caller.send(wire, container.udp);
  const from: Caller = {
    inbox: answers,
    transport: 'UDP',
    send: (text) => caller.send(text, container.udp),
  };
  await expectOutcome(outcome, new Raw(wire), from, container);
  await expectAlive(container);
  expectSilence(answers, callee.inbox);
}

async function overTcp(wire: string, outcome: StreamOutcome, container: Container): Promise<void> {
  const connection = await Connection.open(SOURCE, container.tcp);
  try {
    const from: Caller = { inbox: connection.inbox, transport: 'TCP', send: (text) => connection.send(text) };
    connection.send(wire);
    if (outcome === 'two forwarded, then closed') {
      // What the connection cannot carry any more goes to where the sent-by listens (§18.2.2).
      await connection.ended;
      await expectOutcome('forwarded', new Raw(wire), { ...from, inbox: answers, trying: connection.inbox }, container);
      const next = new Raw(wire.slice(wire.indexOf('INVITE')));
      await expectOutcome('forwarded', next, { ...from, inbox: answers, trying: connection.inbox }, container);
    } else if (typeof outcome !== 'object') {
      await expectOutcome(outcome, new Raw(wire), from, container);
      await expectInStep(connection, container);
    } else if ('closed' in outcome) {
      expectAnswers(new Raw(wire), (await connection.inbox.take()).raw, outcome.closed);
      await connection.ended;
    } else {
      await expectAlive(container);
      expectSilence(connection.inbox, callee.inbox);
      expect(connection.isOpen).toBe(true);
      connection.send(outcome.rest);
      await expectOutcome(outcome.unfinished, new Raw(wire + outcome.rest), from, container);
      await expectInStep(connection, container);
    }
    await expectAlive(container);
    expectSilence(connection.inbox, answers, callee.inbox);
  } finally {
    await connection.close();
  }
}

const title = (outcome: StreamOutcome): string => {
  if (typeof outcome !== 'object') return String(outcome);
  return 'closed' in outcome ? `${outcome.closed} and closed` : `unfinished, then ${outcome.unfinished}`;
};

test('RFC 4475: every message of the archive is in the table', () => {
  const names = readdirSync(archive)
    .filter((file) => file.endsWith('.dat'))
    .map((file) => file.slice(0, -4));
  expect(TABLE.map(({ name }) => name).sort()).toEqual(names.sort());
  expect(names.length).toBe(49);
});

describe.each([
  ['served', 'domains: [example.com]\n'],
  ['not served', ''],
])('example.com %s', (_, domains) => {
  // One for each transport, and one more for the branches that come twice.
  const containers: Record<'udp' | 'tcp' | 'again', Container> = {} as never;

  beforeAll(async () => {
    const configuration = `${domains}deploy: { typeCheck: off }\nshutdown: { timeout: 1000 }\n`;
    const application = { 'onward.ts': onward(callee.port) };
    [containers.udp, containers.tcp, containers.again] = (await Promise.all(
      Array.from({ length: 3 }, () => Container.start(application, configuration)),
    )) as [Container, Container, Container];
  });

  afterAll(async () => {
    const faults = Object.values(containers).flatMap(({ errors }) => errors.map(({ msg, err }) => [msg, err?.message]));
    const all = await Promise.all(Object.values(containers).map((container) => container.stop()));
    expect(all.map(({ status, err }) => [status, err])).toEqual(all.map(() => [0, '']));
    expect(faults).toEqual([]);
  });

  for (const { name, section, udp, tcp, why } of TABLE) {
    const reason = why === '' ? '' : ` (${why})`;
    test(`RFC 4475 §${section} ${name} over UDP: ${title(udp)}${reason}`, async () => {
      await overUdp(read(name), udp, SAME_BRANCH.has(name) ? containers.again : containers.udp);
    });
    test(`RFC 4475 §${section} ${name} over TCP: ${title(tcp)}${reason}`, async () => {
      await overTcp(read(name), tcp, containers.tcp);
    });
  }

  const withoutTag = read('wsinv').replace(/ ;\s+tag\s+= 1918181833n/, '');
  test('RFC 4475 §3.1.1.1 wsinv without its To tag over UDP: forwarded', async () => {
    await overUdp(withoutTag, 'forwarded', containers.again);
  });
  test('RFC 4475 §3.1.1.1 wsinv without its To tag over TCP: forwarded', async () => {
    await overTcp(withoutTag, 'forwarded', containers.tcp);
  });
});
