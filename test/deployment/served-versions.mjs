// node --expose-gc served-versions.mjs COUNT: versions of an application that serve calls over UDP, with timers and
// promises that are pending when the next one takes their place; prints as JSON which of them are still in memory when
// they were unloaded.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { startContainer } from '../../container/dist/composition/container.js';
import { parseConfiguration } from '../../container/dist/configuration/configuration.js';

const count = Number(process.argv[2]);
const root = mkdtempSync(join(tmpdir(), 'siplet-served-'));
const file = join(root, 'served.ts');

const source = (number) => `
import { AsyncLocalStorage } from 'node:async_hooks';
import { Ack, Config, ApplicationSessionDestroyed, BestResponse, Bye, Invite, Message, OnTimer, Siplet, SuccessResponse } from '@siplet/sdk';
import type { SipRequest, SipResponse, SipTimer } from '@siplet/sdk';
/** Reached from everything that may outlive the version. */
class Held { readonly all = Array.from({ length: 10_000 }, (_, at) => at + ${number}); }
const held = new Held();
const scope = new AsyncLocalStorage<Held>();
const shared = globalThis as unknown as { told: string[]; held: WeakRef<object>[] };
shared.held.push(new WeakRef(held));
const tell = (what: string) => { if (held.all.length > 0) shared.told.push('${number} ' + what); };
@Siplet({ name: 'served' })
export class Served {
  constructor(@Config() private readonly target: string) {}
  @Invite() ring(request: SipRequest) {
    const { applicationSession } = request;
    applicationSession.setTimer('once', 30);
    applicationSession.setTimer('late', 3_600_000, { repeat: 3_600_000 });
    applicationSession.signal.addEventListener('abort', () => tell('abort'));
    setTimeout(() => tell('never'), 3_600_000);
    scope.run(held, () => void new Promise(() => setInterval(() => scope.getStore(), 1000)));
    request.proxy({ recordRoute: true, timeout: '100s' }).proxyTo(this.target);
  }
  @SuccessResponse() async answered(response: SipResponse) {
    await scope.run(held, async () => { await new Promise((resolve) => setTimeout(resolve, 5)); });
    tell('answered ' + response.status);
  }
  @BestResponse() best(response: SipResponse) { tell('best ' + response.status); }
  @Ack() ack() { tell('ack'); }
  @Bye() bye(request: SipRequest) {
    for (const timer of request.applicationSession.timers) timer.cancel();
    tell('bye');
  }
  @OnTimer() tick(timer: SipTimer) { tell('timer ' + timer.name); }
  /** Never settles: the request is answered 500 after limits.answerTimeout. */
  @Message() async silent(request: SipRequest) {
    request.applicationSession.setTimer('late', 3_600_000);
    await new Promise<void>((resolve) => { if (held.all.length === 0) resolve(); });
  }
  @ApplicationSessionDestroyed() ended() { tell('ended'); }
}
`;

globalThis.told = [];
globalThis.held = [];

const phone = createSocket('udp4').bind(0, '127.0.0.1');
await once(phone, 'listening');
const own = phone.address().port;
const configuration = parseConfiguration(
  [
    'listen: [udp:127.0.0.1:0]',
    'admin: off',
    `apps: { served: 'sip:bob@127.0.0.1:${own}' }`,
    `deploy: { typeCheck: off, watch: false, drainTimeout: 1000, store: ${JSON.stringify(join(root, '.siplet'))} }`,
    'shutdown: { timeout: 0 }',
    'timers: { t1: 10, t2: 40, t4: 50 }',
    'limits: { handlerTimeout: 100, answerWarning: 100, answerTimeout: 200 }',
    '',
  ].join('\n'),
);
const faults = [];
const log = pino({ level: 'warn' }, { write: (line) => faults.push(JSON.parse(line).msg) });
const container = await startContainer({ configuration, log });
const { port } = container.listening[0];
const { deployments } = container;

const fields = (text, name) =>
  text
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim());
const send = (lines) => phone.send(`${[...lines, 'Content-Length: 0', '', ''].join('\r\n')}`, port, '127.0.0.1');
const waiting = new Map();
const ringing = new Map();

/** It is both ends: what the container sends on is answered, and answers are handed to who waits for them. */
phone.on('message', (octets) => {
  const text = String(octets);
  const [id] = fields(text, 'Call-ID');
  const [cseq] = fields(text, 'CSeq');
  const status = /^SIP\/2\.0 (\d+)/.exec(text)?.[1];
  if (status !== undefined) return void waiting.get(`${id} ${cseq} ${status}`)?.(text);
  if (cseq.endsWith('ACK')) return;
  if (!id.startsWith('silent')) answer(text, 200);
  else if (cseq.endsWith('INVITE')) {
    ringing.set(id, text);
    answer(text, 180);
  } else {
    answer(text, 200);
    if (cseq.endsWith('CANCEL')) answer(ringing.get(id), 487);
  }
});

function answer(text, status) {
  const copied = ['Via', 'Record-Route', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
    fields(text, name).map((value) => `${name}: ${value}`),
  );
  const [to] = fields(text, 'To');
  const tag = to.includes('tag=') ? '' : ';tag=bob';
  send([`SIP/2.0 ${status} Answer`, ...copied, `To: ${to}${tag}`, `Contact: <sip:bob@127.0.0.1:${own}>`]);
}

/** Settles with the response of that status. */
function request(method, id, number, status, more = [], uri = `sip:bob@127.0.0.1:${port}`, to = '') {
  const got = new Promise((resolve) => waiting.set(`${id} ${number} ${method} ${status}`, resolve));
  send([
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK-${id}-${number}${method === 'ACK' && status !== 487 ? 'ack' : ''}`,
    'Max-Forwards: 70',
    `From: <sip:alice@127.0.0.1:${own}>;tag=alice`,
    `To: <sip:bob@127.0.0.1:${port}>${to}`,
    `Call-ID: ${id}`,
    `CSeq: ${number} ${method}`,
    `Contact: <sip:alice@127.0.0.1:${own}>`,
    ...more,
  ]);
  return got;
}

const versions = [];
const instances = [];
async function redeploy(number) {
  writeFileSync(file, source(number));
  const application = await deployments.deploy(file);
  versions.push(new WeakRef(application));
  instances.push(new WeakRef(application.siplets[0].instance));
}

/** A call that stands while the next version comes; it is hung up then. */
async function stand(id) {
  const answer = await request('INVITE', id, 1, 200);
  const routes = fields(answer, 'Record-Route').map((value) => `Route: ${value}`);
  const [, uri] = /<(.*)>/.exec(fields(answer, 'Contact')[0]);
  void request('ACK', id, 1, 0, routes, uri, ';tag=bob');
  return () => request('BYE', id, 2, 200, routes, uri, ';tag=bob');
}

for (let number = 0; number < count; number++) {
  await redeploy(number);
  const hangUp = await stand(`call-${number}`);
  // One that rings, one that nobody hangs up, and a handler that never settles: deploy.drainTimeout ends what they
  // keep.
  void request('INVITE', `silent-${number}`, 1, 180);
  void stand(`forgotten-${number}`);
  await request('MESSAGE', `message-${number}`, 1, 500);
  await redeploy(number + 0.5);
  await hangUp();
}
await redeploy(count);
// The router has then had to do with the last one.
await (await stand('last'))();
const deadline = performance.now() + 15_000;
while (deployments.records().length > 1 && performance.now() < deadline) await pause(50);
// What still rings is given up; its transactions go on without the version that they began with.
const afterwards = globalThis.told.length;
for (let number = 0; number < count; number++) {
  const ended = request('INVITE', `silent-${number}`, 1, 487);
  await request('CANCEL', `silent-${number}`, 1, 200);
  await ended;
  void request('ACK', `silent-${number}`, 1, 487);
}
const late = globalThis.told.slice(afterwards);
// Timers of the transactions.
await pause(1500);
for (let turn = 0; turn < 10; turn++) {
  await pause(50);
  global.gc();
}
const alive = (all) => all.slice(0, -1).filter((each) => each.deref() !== undefined).length;
const left = { versions: alive(versions), instances: alive(instances), held: alive(globalThis.held) };
const records = deployments.records().length;
const kinds = {};
for (const each of globalThis.told) kinds[each.replace(/^\S+ /, '')] = (kinds[each.replace(/^\S+ /, '')] ?? 0) + 1;
await container.stop();
phone.close();
rmSync(root, { recursive: true, force: true });
process.stdout.write(
  `${JSON.stringify({ count, left, records, told: kinds, late, faults: [...new Set(faults)] })}\n`,
  () => process.exit(0),
);
