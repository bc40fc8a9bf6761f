// How large a typical INVITE of a phone leaves the sample applications in a row: from 1,300 octets on it would go by
// TCP first (§18.1.1).
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as prepaid from '../../apps/b2b-prepaid/index.js';
import * as trunk from '../../apps/b2b-trunk/index.js';
import * as screen from '../../apps/call-screen/index.js';
import * as reachMe from '../../apps/reach-me/index.js';
import { stage } from '../world/stage.js';

const apps = fileURLToPath(new URL('../../apps/', import.meta.url));
const APPLICATIONS = { 'b2b-prepaid': prepaid, 'b2b-trunk': trunk, 'call-screen': screen, 'reach-me': reachMe };

const SDP = [
  'v=0',
  'o=alice 2890844526 2890844526 IN IP4 10.0.0.1',
  's=-',
  'c=IN IP4 10.0.0.1',
  't=0 0',
  'm=audio 49172 RTP/AVP 0 8 96 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:96 opus/48000/2',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=sendrecv',
  '',
].join('\r\n');
const HEADERS = {
  Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO, UPDATE, PRACK',
  Supported: 'replaces, outbound, gruu, path, 100rel, timer',
  'User-Agent': 'Example Phone/5.1.2 (build 20260114; linux x86_64)',
  'Allow-Events': 'presence, kpml, talk, hold, conference, dialog',
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siplet-octets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Identifiers are 64 bits long on the wire; those of tests are short. */
const LONGER = 11;

test.each([
  ['sip:bob@siplet', 4, 823],
  ['sip:030123456@siplet', 1, 835],
] as const)('W-11 §18.1.1 %s, 922 octets long: it leaves with less than 1,300', async (uri, vias, size) => {
  const configuration = readFileSync(join(apps, 'siplet.yaml'), 'utf8')
    .replaceAll('127.0.0.1:5070', '10.0.0.2')
    .replaceAll('127.0.0.1:5080', '10.0.0.3')
    .replaceAll('.siplet/', `${folder}/`);
  const phones = { alice: '10.0.0.1', phone: '10.0.0.2', other: '10.0.0.3' };
  const s = await stage(APPLICATIONS, { configuration, phones });
  const padding = 'x'.repeat(922 - size - 'X-Padding: \r\n'.length);
  const call = s.alice.invite(uri, { headers: { ...HEADERS, 'X-Padding': padding }, body: SDP });
  const invite = await s.phone.receive('INVITE');
  expect(invite.arrival.transport).toBe('UDP');
  expect(call.message.toString().length).toBe(922);
  const ours = invite.list('Via').length - (uri.startsWith('sip:bob') ? 1 : 0);
  expect(ours).toBe(vias);
  expect(invite.arrival.wire.length + LONGER * (vias + 1)).toBeLessThan(1300);
  invite.reply(486);
  await call.response('final');
  await s.ends();
  for (const { dispose } of s.container.active) await dispose();
});
