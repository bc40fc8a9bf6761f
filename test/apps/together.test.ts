// The sample applications together, as `npm start` runs them: apps/siplet.yaml; and that their READMEs show what they
// take.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as prepaid from '../../apps/b2b-prepaid/index.js';
import { schema as prepaidSchema } from '../../apps/b2b-prepaid/settings.js';
import * as trunk from '../../apps/b2b-trunk/index.js';
import { schema as trunkSchema } from '../../apps/b2b-trunk/settings.js';
import * as screen from '../../apps/call-screen/index.js';
import { schema as screenSchema } from '../../apps/call-screen/settings.js';
import * as reachMe from '../../apps/reach-me/index.js';
import { schema as reachMeSchema } from '../../apps/reach-me/settings.js';
import { present } from '../../container/base/present.js';
import type { Phone } from '../world/phone.js';
import { stage } from '../world/stage.js';

const apps = fileURLToPath(new URL('../../apps/', import.meta.url));
const APPLICATIONS = { 'b2b-prepaid': prepaid, 'b2b-trunk': trunk, 'call-screen': screen, 'reach-me': reachMe };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siplet-together-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function all(configuration: string) {
  const phones = { alice: '10.0.0.1', phone: '10.0.0.2', other: '10.0.0.3' };
  const on = await stage(APPLICATIONS, { configuration, phones });
  const { alice, container } = on;
  return {
    ...on,
    async over() {
      await on.ends();
      // Before the folder goes.
      for (const { dispose } of container.active) await dispose();
    },
    async talks(uri: string, callee: Phone) {
      const call = alice.invite(uri);
      const invite = await callee.receive('INVITE');
      invite.reply(200);
      await call.response(200);
      call.ack();
      await invite.ack();
      const bye = call.bye();
      (await callee.receive('BYE')).reply(200);
      await bye.response(200);
      return invite.message;
    },
  };
}

/** apps/siplet.yaml, with phones of the virtual world and files of this test. */
const asStarted = () =>
  readFileSync(join(apps, 'siplet.yaml'), 'utf8')
    .replaceAll('127.0.0.1:5070', '10.0.0.2')
    .replaceAll('127.0.0.1:5080', '10.0.0.3')
    .replaceAll('.siplet/', `${folder}/`);

describe('apps/siplet.yaml', () => {
  test('every application is in the router’s order', () => {
    const { router } = parse(asStarted()) as { router: { INVITE: string[] } };
    const packages = readdirSync(apps, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...router.INVITE].sort()).toEqual(packages.map(({ name }) => name).sort());
    expect(Object.keys(APPLICATIONS)).toEqual(packages.map(({ name }) => name).sort());
  });

  test('a call to a name rings a phone, by reach-me', async () => {
    const { talks, phone, over } = await all(asStarted());
    const invite = await talks('sip:bob@siplet', phone);
    expect([invite.uri, invite.list('Record-Route').length]).toEqual(['sip:bob@10.0.0.2', 1]);
    await over();
  });

  test('the phone is busy: voicemail, by reach-me', async () => {
    const { alice, phone, other, over } = await all(asStarted());
    const call = alice.invite('sip:bob@siplet');
    (await phone.receive('INVITE')).reply(486);
    (await other.receive('INVITE')).reply(486);
    await call.response(486);
    await over();
  });

  test('a call to a number is paid by b2b-prepaid and goes to a carrier by b2b-trunk, past one that is out of order', async () => {
    const { alice, talks, phone, other, over } = await all(asStarted());
    const invite = await talks('sip:+4930123@siplet', phone);
    expect([invite.uri, invite.list('Record-Route').length]).toEqual(['sip:+4930123@10.0.0.2', 0]);
    const call = alice.invite('sip:+4930123@siplet');
    (await phone.receive('INVITE')).reply(503);
    (await other.receive('INVITE')).reply(486);
    await call.response(486);
    await over();
    const records = readFileSync(join(folder, 'calls.jsonl'), 'utf8').trim().split('\n');
    expect(records.map((line) => (JSON.parse(line) as { status: number }).status)).toEqual([200, 486]);
    expect(JSON.parse(readFileSync(join(folder, 'balances.json'), 'utf8'))).toEqual({ alice: expect.closeTo(5, 2) });
  });

  test('E-16 a number is paid for however it is dialled, and digits that are not a number reach no carrier', async () => {
    const { alice, phone, other, over } = await all(asStarted());
    for (const user of ['004930123456', '030123456', '30123456;phone-context=+49']) {
      const call = alice.invite(`sip:${user}@siplet`);
      const invite = await phone.receive('INVITE');
      expect(invite.uri).toBe('sip:+4930123456@10.0.0.2');
      expect(JSON.parse(readFileSync(join(folder, 'balances.json'), 'utf8'))).toEqual({ alice: 4.9 });
      invite.reply(486);
      await call.response(486);
    }
    await alice.invite('sip:+15550100@siplet', { from: '<sip:carol@example.com>' }).response(403);
    await alice.invite('sip:+49@siplet').response(484);
    await over();
    expect(other.received).toEqual([]);
  });

  test.each([
    ['112', 'sip:112@siplet'],
    ['+49112', 'sip:+49112@siplet'],
    ['a service', 'urn:service:sos'],
    ['a sub-service', 'urn:service:sos.ambulance'],
  ])('E-24 everybody may call %s, also a blocked caller without an account', async (_, uri) => {
    const { alice, phone, other, over } = await all(asStarted());
    const call = alice.invite(uri, { via: 'siplet', from: '<sip:mallory@example.com>' });
    const invite = await phone.receive('INVITE');
    expect(invite.uri).toBe('sip:112@10.0.0.2');
    invite.reply(486);
    await call.response(486);
    await over();
    expect(other.received).toEqual([]);
  });

  test('E-23 a phone redirects to a dear number: nobody calls it, and the caller gets voicemail', async () => {
    const { alice, phone, other, over } = await all(asStarted());
    const call = alice.invite('sip:bob@siplet');
    (await phone.receive('INVITE')).reply(302, { headers: { Contact: '<sip:+4990012345@siplet>' } });
    const invite = await other.receive('INVITE');
    expect(invite.uri).toBe('sip:bob@10.0.0.3');
    invite.reply(486);
    await call.response(480);
    await over();
    expect(existsSync(join(folder, 'balances.json'))).toBe(false);
  });

  test('whom call-screen turns away reaches nobody', async () => {
    const { alice, phone, other, over } = await all(asStarted());
    await alice.invite('sip:bob@siplet', { from: '<sip:mallory@example.com>' }).response(403);
    await alice.invite('sip:+4930123@siplet', { from: '<sip:+49900123@example.com>' }).response(403);
    await over();
    expect([phone.received, other.received]).toEqual([[], []]);
  });
});

test('without any order and configuration the others let calls pass to reach-me', async () => {
  const { talks, phone, over } = await all(
    "apps: { reach-me: { voicemail: false, targets: { '*': 'sip:10.0.0.2' } } }",
  );
  await talks('sip:bob@siplet', phone);
  await talks('sip:+4930123@siplet', phone);
  await over();
});

const SCHEMAS = {
  'b2b-prepaid': prepaidSchema,
  'b2b-trunk': trunkSchema,
  'call-screen': screenSchema,
  'reach-me': reachMeSchema,
};

test.each(Object.entries(SCHEMAS))('the README of %s shows a configuration that it takes', (name, schema) => {
  const readme = readFileSync(join(apps, name, 'README.md'), 'utf8');
  const [, yaml] = present(/```yaml\n(.*?)```/s.exec(readme));
  const { apps: sections } = parse(present(yaml)) as { apps: Record<string, unknown> };
  expect(schema.safeParse(sections[name]).error?.issues).toBeUndefined();
});
