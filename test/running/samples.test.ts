// D-05: each sample application, copied out of the repository, type-checks, deploys and takes a call.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Container } from './process.js';
import { type Arrival, datagrams, type End, responseTo } from './wire.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let caller: End;
let callee: End;
beforeAll(async () => {
  caller = await datagrams('127.0.0.1');
  callee = await datagrams('127.0.0.1');
});
afterAll(async () => {
  await caller.close();
  await callee.close();
});

/** The folder with what `npm install` would put into it: the packages that its package.json names, and no others. */
function copied(name: string): { folder: string; bin: string } {
  const outside = mkdtempSync(join(tmpdir(), 'siplet-sample-'));
  onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
  const folder = join(outside, name);
  const source = join(ROOT, 'apps', name);
  cpSync(source, folder, { recursive: true, filter: (path) => basename(path) !== 'node_modules' });
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  for (const dependency of Object.keys({ ...dependencies, ...devDependencies })) {
    const link = join(folder, 'node_modules', dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', dependency), link);
  }
  const container = join(folder, 'node_modules/@siplet/container');
  const { bin } = JSON.parse(readFileSync(join(container, 'package.json'), 'utf8'));
  return { folder, bin: join(container, bin.siplet) };
}

function invite(user: string, from: string): string {
  return [
    `INVITE sip:${user}@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bK${user.replace(/\W/g, '')}${from}`,
    'Max-Forwards: 70',
    `From: <sip:${from}@127.0.0.1>;tag=1`,
    `To: <sip:${user}@127.0.0.1>`,
    `Call-ID: ${user}-${from}`,
    'CSeq: 1 INVITE',
    `Contact: <sip:${from}@127.0.0.1:${caller.port}>`,
    'Content-Length: 0',
  ]
    .map((line) => `${line}\r\n`)
    .join('')
    .concat('\r\n');
}

const isFinal = ({ raw }: Arrival) => raw.status >= 200;
const isInvite = ({ raw }: Arrival) => raw.start.startsWith('INVITE ');

interface Sample {
  readonly name: string;
  /** The application's section; PORT is that of the callee. */
  readonly section: string;
  readonly user: string;
  readonly from: string;
  /** The Request-URI of the INVITE at the callee, which is busy. */
  readonly rings?: string;
  readonly status: number;
}

const SAMPLES: readonly Sample[] = [
  {
    name: 'reach-me',
    section: "{ voicemail: false, targets: { '*': 'sip:127.0.0.1:PORT' } }",
    user: 'bob',
    from: 'alice',
    rings: 'sip:bob@127.0.0.1:PORT',
    status: 486,
  },
  { name: 'call-screen', section: '{ block: mallory }', user: 'bob', from: 'mallory', status: 403 },
  {
    name: 'b2b-prepaid',
    section: "{ accounts: { poor: 0 }, rates: { '+': { perMinute: 1 } } }",
    user: '+4930123456',
    from: 'poor',
    status: 402,
  },
  {
    name: 'b2b-trunk',
    section:
      "{ numbers: { country: '49' }, carriers: { north: { uri: 'sip:127.0.0.1:PORT' } }, routes: { '+': { north: {} } } }",
    user: '030123456',
    from: 'alice',
    rings: 'sip:+4930123456@127.0.0.1:PORT',
    status: 486,
  },
];

test.each(SAMPLES)('D-05 $name deploys when its folder is copied out, and takes a call', async (sample) => {
  const withPort = (text: string) => text.replaceAll('PORT', String(callee.port));
  const { folder, bin } = copied(sample.name);
  writeFileSync(
    join(folder, 'siplet.yaml'),
    `deploy: { typeCheck: strict }\napps: { ${sample.name}: ${withPort(sample.section)} }\n`,
  );
  const container = await Container.startIn(folder, '.', [], bin);
  onTestFinished(() => container.kill());
  caller.send(invite(sample.user, sample.from), container.udp);
  if (sample.rings !== undefined) {
    const { raw, reply } = await callee.inbox.take(isInvite, 5000);
    expect(raw.start).toBe(`INVITE ${withPort(sample.rings)} SIP/2.0`);
    reply(responseTo(raw, 486));
  }
  expect((await caller.inbox.take(isFinal, 5000)).raw.status).toBe(sample.status);
  expect(await container.stop()).toEqual({ status: 0, err: '' });
  expect(container.lines.filter(({ level }) => level > 30)).toEqual([]);
});

test('D-05 no sample’s tsconfig.json leads out of its folder', () => {
  for (const { name } of SAMPLES) {
    const text = readFileSync(join(ROOT, 'apps', name, 'tsconfig.json'), 'utf8');
    expect(present(JSON.parse(text)).compilerOptions.experimentalDecorators, name).toBe(true);
    expect(text, name).not.toContain('..');
  }
});
