// A topmost Via that is folded, or cannot be read: it keeps its place, and comes back unchanged.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Container } from './process.js';
import { type Arrival, Connection, type End, keyOf, Raw, responseTo, sink } from './wire.js';

const read = (name: string) => readFileSync(new URL(`../torture/rfc4475/${name}.dat`, import.meta.url), 'latin1');
let callee: End;
let container: Container;
beforeAll(async () => {
  callee = await sink();
  container = await Container.start(
    {
      'onward.ts': `import { Initial, Siplet, type SipRequest } from '@siplet/sdk';
@Siplet()
export class NextApplication {
  @Initial()
  forward(request: SipRequest): void {
    request.pushRoute('sip:127.0.0.1:${callee.port};lr');
    request.proxy().proxyTo(request.uri);
  }
}
`,
    },
    'deploy: { typeCheck: off }\nshutdown: { timeout: 100 }\n',
  );
});
afterAll(async () => {
  await container.stop();
  await callee.close();
});

async function sent(wire: string): Promise<{ connection: Connection }> {
  const connection = await Connection.open('127.0.0.1', container.tcp);
  connection.send(wire);
  return { connection };
}

// §16.6 step 8, §7.3.1: our Via is put above the existing ones, and no header field moves. Here both Vias are after
// Route, further down.
test('RFC 4475 §3.1.1.1 wsinv, without its To tag: a folded topmost Via stays where it was, ours above it', async () => {
  const wire = read('wsinv').replace(/ ;\s+tag\s+= 1918181833n/, '');
  const { connection } = await sent(wire);
  const arrival: Arrival = await callee.inbox.take();
  arrival.reply(responseTo(arrival.raw, 200));
  await connection.inbox.take(({ raw }) => raw.status === 200);
  await connection.close();
  const keys = arrival.raw.lines.map(keyOf);
  keys.splice(keys.indexOf('route'), 1);
  keys.splice(keys.indexOf('via'), 1);
  keys.splice(keys.indexOf('max-breadth'), 1);
  expect(keys).toEqual(new Raw(wire).lines.map(keyOf));
});

// §8.2.6.2: the Via values of a response equal those of the request. Here a line `Via: ;` comes in addition.
test('RFC 4475 §3.1.2.1 badinv01: the Via comes back as sent', async () => {
  const { connection } = await sent(read('badinv01'));
  const { raw } = await connection.inbox.take();
  await connection.close();
  expect(raw.values('via').length).toBe(1);
  expect(raw.value('via')).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.15;;,;,,/);
});
