// C-41: what nobody catches is logged with its application.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Container } from './process.js';
import { datagrams, type End } from './wire.js';

let container: Container;
let caller: End;
beforeAll(async () => {
  caller = await datagrams('127.0.0.1');
  container = await Container.start(
    {
      'stray.ts': `import { Message, Siplet, type SipRequest } from '@siplet/sdk';
@Siplet()
export class Stray {
  @Message()
  take(request: SipRequest): void {
    void Promise.reject(new Error('stray'));
    request.createResponse(200).send();
  }
}
`,
    },
    'deploy: { typeCheck: off }\n',
  );
});
afterAll(async () => {
  await container.stop();
  await caller.close();
});

test('C-41 a stray rejection is logged with its application', async () => {
  caller.send(
    `MESSAGE sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${caller.port};branch=z9hG4bKs\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: s\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n`,
    container.udp,
  );
  expect((await caller.inbox.take()).raw.status).toBe(200);
  const line = await container.said(({ level }) => level === 50);
  expect(line).toMatchObject({ app: 'stray', handler: 'Stray.take' });
});
