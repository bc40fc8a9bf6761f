// D-1 under load: whatever is wrong with a deployment, the version in service goes on taking SIPp's calls, none fails,
// and the message says where and why. SIPLET_PEERS_BROKEN_RATE sets the load, SIPLET_PEERS_BROKEN_ROUNDS how often all
// of them are put in.
import { writeFileSync } from 'node:fs';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import type { ApplicationStatus } from '../../container/http/routes.js';
import { packed, tar, tgz } from '../deployment/pack.js';
import { countingCallee, type Operated, operated, versioned } from './operated.js';
import { caller, freePorts } from './sipp.js';

const RATE = Number(process.env.SIPLET_PEERS_BROKEN_RATE ?? 200);
const ROUNDS = Number(process.env.SIPLET_PEERS_BROKEN_ROUNDS ?? 1);
const GIB = 2 ** 30;
const MANIFEST = { name: 'package/package.json', content: '{"name":"tagged","version":"6.6.6"}' };

const GOOD = versioned('tagged', 1);
const STAYS = 'tagged 0\\.0\\.0 is not deployed; 0\\.0\\.0 stays in service: ';

/** The line of `text` in the source, from 1. */
const lineOf = (source: string, text: string) => source.slice(0, source.indexOf(text)).split('\n').length;

/** Put into the directory in place of the version in service: what the log is to say, from the name of the file on. */
const SOURCES: readonly (readonly [title: string, source: string, message: (source: string) => string])[] = [
  [
    'a syntax error',
    `${GOOD}export const broken = ;\n`,
    (source) => `apps/tagged\\.ts:${lineOf(source, 'export const broken')}:23: .*\\n[\\s\\S]*export const broken = ;`,
  ],
  [
    'a type that does not resolve',
    GOOD.replace('ring(request: SipRequest)', 'ring(request: SipRequestt)'),
    (source) =>
      `apps/tagged\\.ts\\(${lineOf(source, 'SipRequestt')},17\\): error TS2552: .*'SipRequestt'[\\s\\S]*> .*ring\\(request: SipRequestt\\)[\\s\\S]*\\^`,
  ],
  [
    'an import that does not resolve',
    `import { nothing } from './nowhere.js';\nnothing();\n${GOOD}`,
    () => `apps/tagged\\.ts:1:25: Could not resolve '\\./nowhere\\.js'[\\s\\S]*import \\{ nothing \\}`,
  ],
  [
    'a constructor that throws',
    GOOD.replace("process.on('SIGUSR2'", "if (this.target) throw new Error('no licence');\n    process.on('SIGUSR2'"),
    (source) =>
      `Tagged could not be made: Error: no licence\\n.*apps/tagged\\.ts:${lineOf(source, 'throw new Error')}:28`,
  ],
  [
    'ambiguous handlers',
    GOOD.replace('  @Subsequent()', '  @Invite()\n  too() {}\n\n  @Subsequent()'),
    (source) =>
      `apps/tagged\\.ts:${lineOf(source, '@Invite()\n  ring')}:3: ` +
      'Tagged\\.ring \\(@Invite\\(\\)\\) and Tagged\\.too \\(@Invite\\(\\)\\) are equally specific',
  ],
  [
    'no export',
    GOOD.replace('export class Tagged', 'class Tagged').concat('void Tagged;\n'),
    (source) =>
      `apps/tagged\\.ts:${lineOf(source, '@Siplet')}:1: Tagged is decorated with @Siplet\\(\\), but apps/tagged\\.ts does not export it`,
  ],
];

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A PUT of `chunk` until it was answered, `length` octets at most, by its own account when `isTold`. */
function put(url: string, name: string, chunk: Uint8Array, length: number, isTold: boolean): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = isTold ? { 'Content-Length': length } : {};
    const sent: ClientRequest = httpRequest(`${url}/api/apps/${name}`, { method: 'PUT', headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: present(answer.statusCode), body }));
    });
    // What is still being written when the container hangs up.
    sent.on('error', (error) => setTimeout(reject, 500, error));
    let left = length;
    const write = (): void => {
      while (left > 0) {
        const next = left < chunk.length ? chunk.subarray(0, left) : chunk;
        left -= next.length;
        if (!sent.write(next)) {
          sent.once('drain', write);
          return;
        }
      }
      sent.end();
    };
    write();
  });
}

/** A .tgz whose one file would have 1 GiB, in less than 2 MB: gzip members one after another. */
function bomb(): Buffer {
  const head = tar([MANIFEST, { name: 'package/zeros', size: GIB }], false);
  const zeros = gzipSync(Buffer.alloc(32 * 2 ** 20));
  return Buffer.concat([gzipSync(head), ...Array.from({ length: 32 }, () => zeros)]);
}

async function activeOf({ url }: Operated): Promise<ApplicationStatus[]> {
  const all = (await (await fetch(`${url}/api/apps`)).json()) as ApplicationStatus[];
  return all.filter(({ state }) => state === 'active');
}

test(`D-1 D-5 ${RATE} calls/s while broken deployments of every kind come by the directory, by HTTP and by siplet deploy: no call fails`, {
  timeout: 300_000 * ROUNDS,
}, async () => {
  const [phone, alice] = (await freePorts(2)) as [number, number];
  const seen = await countingCallee(phone);
  const siplet = await operated(
    { 'tagged.ts': GOOD },
    `apps: { tagged: 'sip:bob@127.0.0.1:${phone}' }\ndeploy: { typeCheck: strict }\n`,
  );
  const calls = caller('held', alice, siplet.udp, { calls: 1_000_000, rate: RATE, held: 1500 });
  onTestFinished(calls.stop);
  const began = Date.now();
  let attempts = 0;
  /** The version in service, whatever was tried beside it. */
  const isInService = async (revisions: number) => {
    attempts++;
    expect(await activeOf(siplet)).toMatchObject([{ name: 'tagged', version: '0.0.0' }]);
    expect(siplet.log.filter(({ msg }) => msg === 'tagged 0.0.0 deployed')).toHaveLength(revisions);
  };
  let revisions = 1;
  await pause(1000);

  for (let round = 0; round < ROUNDS; round++) {
    for (const [title, source, message] of SOURCES) {
      const after = siplet.log.length;
      siplet.put('tagged.ts', source);
      const line = await siplet.said(new RegExp(`^${STAYS}${message(source)}`), after);
      expect(line, title).toMatchObject({ level: 50, app: 'tagged' });
      await isInService(revisions);
      expect(present((await activeOf(siplet))[0]).error).toMatch(new RegExp(message(source)));
    }

    // Half-written: the first half rests long enough to be looked at; then the rest comes, and it is in service.
    const middle = GOOD.indexOf('request.proxy(');
    let after = siplet.log.length;
    siplet.put('tagged.ts', GOOD.slice(0, middle));
    await siplet.said(new RegExp(`^${STAYS}apps/tagged\\.ts:\\d+:\\d+: `), after);
    await isInService(revisions);
    siplet.put('tagged.ts', GOOD);
    await siplet.said(/^tagged 0\.0\.0 deployed$/, after);
    revisions++;
    // Written on before anybody looked: nothing is said of the half.
    after = siplet.log.length;
    siplet.put('tagged.ts', GOOD.slice(0, middle));
    await pause(60);
    siplet.put('tagged.ts', GOOD);
    await siplet.said(/^tagged 0\.0\.0 deployed$/, after);
    revisions++;
    expect(siplet.log.slice(after).filter(({ level }) => level >= 50)).toEqual([]);
    await isInService(revisions);

    // D-5: a second one of the same name.
    after = siplet.log.length;
    siplet.put('another/index.ts', GOOD);
    siplet.put('another/package.json', '{"name":"@acme/tagged","version":"2.0.0"}');
    await siplet.said(
      /^tagged 2\.0\.0 is not deployed: apps\/another: the name 'tagged' belongs to apps\/tagged\.ts already: give one of them another$/,
      after,
    );
    await isInService(revisions);
    siplet.remove('another');

    // An archive that would write beside its package, in the directory and by HTTP.
    const evil = tgz([MANIFEST, { name: 'package/../../evil.ts', content: GOOD }]);
    after = siplet.log.length;
    siplet.put('evil.tgz', evil);
    await siplet.said(
      /^apps\/evil\.tgz is not deployed: .*'package\/\.\.\/\.\.\/evil\.ts' leads out of the package/,
      after,
    );
    siplet.remove('evil.tgz');
    const refused = await put(siplet.url, 'tagged', evil, evil.length, true);
    expect(refused).toMatchObject({ status: 422, body: expect.stringContaining('leads out of the package') });
    await isInService(revisions);

    // 1 GiB: announced, sent without being announced, and inflated from less than 2 MB.
    const before = siplet.memory();
    const large = /^\{"error":"the archive has more than 67108864 octets \(deploy\.archiveSize\)"\}$/;
    const chunk = Buffer.alloc(2 ** 20, 'x');
    for (const isTold of [true, false]) {
      const answer = await put(siplet.url, 'tagged', chunk, GIB, isTold);
      expect(answer).toMatchObject({ status: 413, body: expect.stringMatching(large) });
      await isInService(revisions);
    }
    const inflating = bomb();
    expect(inflating.length).toBeLessThan(2_000_000);
    expect(await put(siplet.url, 'tagged', inflating, inflating.length, true)).toMatchObject({
      status: 422,
      body: '{"error":"the archive has more than 64 MiB unpacked (deploy.archiveSize)"}',
    });
    await isInService(revisions);
    expect(siplet.memory() - before).toBeLessThan(400);

    // By the command: one line for each fault on stderr, with its frame, and status 1.
    const broken = present(SOURCES[0])[1];
    writeFileSync(join(siplet.aside, 'tagged.ts'), broken);
    const told = await siplet.siplet('deploy', 'tagged.ts');
    expect(told).toMatchObject({ status: 1, out: '' });
    expect(told.err).toMatch(
      new RegExp(
        `siplet: tagged\\.tgz/tagged\\.ts:${lineOf(broken, 'export const broken')}:23: .*\\n[\\s\\S]*export const broken = ;`,
      ),
    );
    writeFileSync(
      join(siplet.aside, 'tagged.tgz'),
      packed({ 'package.json': MANIFEST.content, 'index.ts': present(SOURCES[1])[1] }),
    );
    const types = await siplet.siplet('deploy', 'tagged.tgz');
    expect(types).toMatchObject({ status: 1, out: '' });
    expect(types.err).toMatch(
      /^siplet: tagged\.tgz\/index\.ts\(\d+,17\): error TS2552: [\s\S]*> .*SipRequestt[\s\S]*\^/,
    );
    await isInService(revisions);
  }

  const took = (Date.now() - began) / 1000;
  calls.finish();
  const outcome = await calls.outcome;
  const served = await seen();
  console.info(
    `${attempts} attempts in ${took.toFixed(0)} s at ${RATE} calls/s: ${outcome.successful} calls, ${outcome.failed} failed, ${outcome.retransmissions} retransmissions`,
  );
  expect(outcome).toMatchObject({ failed: 0, counters: { refused: 0, nobody: 0, ended: outcome.successful } });
  expect(outcome.successful).toBeGreaterThan(0.9 * RATE * took);
  expect(served).toMatchObject({ calls: outcome.successful, ended: outcome.successful });
  expect(siplet.complaints(/is not deployed/)).toEqual([]);
  siplet.kill('SIGTERM');
  expect((await siplet.ended).status).toBe(0);
});
