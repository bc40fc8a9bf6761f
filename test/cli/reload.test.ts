// SIGHUP: what a new configuration changes in a container that runs (RULES.md section 8).
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { reload } from '../../container/cli/reload.js';
import { type Configuration, parseConfiguration } from '../../container/configuration/configuration.js';
import { createLog } from '../../container/observe/log.js';
import { call, running } from '../http/running-container.js';

/** Answers with the status that its section of the configuration says. */
const ANSWERING = `import { Config, Invite, Siplet, type SipRequest } from '@siplet/sdk';
@Siplet() export class Answer {
  readonly #status;
  constructor(@Config() config: { status?: number }) {
    if (config.status === 0) throw new Error('no such status');
    this.#status = config.status ?? 486;
  }
  @Invite() ring(request: SipRequest) { request.createResponse(this.#status).send(); }
}
`;

async function stage() {
  const said: { changed: string[]; restart: string[]; failed: string[]; msg: string }[] = [];
  const write = (chunk: unknown, _encoding: unknown, done: () => void) => {
    said.push(JSON.parse(String(chunk)));
    done();
  };
  const log = createLog({ level: 'info', format: 'json' }, new Writable({ write }));
  const { container, sip } = await running({ 'answer.ts': ANSWERING, 'busy.ts': ANSWERING.replace('486', '600') });
  let current: Configuration = parseConfiguration('');
  const configure = async (yaml: string) => {
    const next = parseConfiguration(yaml);
    await reload(current, next, container, log);
    current = next;
    return said.at(-1);
  };
  return { container, sip, log, configure };
}

test('the router: another application takes the next call', async () => {
  const { sip, configure } = await stage();
  expect(await call(sip)).toContain('SIP/2.0 486 Busy Here');
  expect(await configure('router: { INVITE: [busy] }')).toMatchObject({ changed: ['router'], restart: [] });
  expect(await call(sip, 'INVITE', 'second')).toContain('SIP/2.0 600 Busy Everywhere');
  expect(await configure('')).toMatchObject({ changed: ['router'] });
  expect(await call(sip, 'INVITE', 'third')).toContain('SIP/2.0 486 Busy Here');
});

test("an application's section: it is deployed again with it; if it rejects the section, the version before stays in service", async () => {
  const { sip, configure } = await stage();
  expect(await configure('apps: { answer: { status: 480 } }')).toMatchObject({ changed: ['apps.answer'], failed: [] });
  expect(await call(sip)).toContain('SIP/2.0 480 Temporarily Unavailable');
  expect(await configure('apps: { answer: { status: 0 } }')).toMatchObject({ failed: ['answer'] });
  expect(await call(sip, 'INVITE', 'second')).toContain('SIP/2.0 480 Temporarily Unavailable');
});

test('the log level: of the container and of its applications', async () => {
  const { container, log, configure } = await stage();
  await configure('log: { level: error }');
  expect(log.level).toBe('error');
  expect(container.deployments.active.map(({ log: own }) => own.level)).toEqual(['error', 'error']);
  await configure('log: { level: debug }');
  expect(log.level).toBe('debug');
});

test('what needs a new start is named', async () => {
  const { configure } = await stage();
  expect(
    await configure(
      'listen: [udp:127.0.0.1:5080]\nadmin: off\ndomains: [a]\nrouter: { application: x }\nlimits: { udpMtu: 0 }',
    ),
  ).toMatchObject({
    changed: [],
    restart: ['listen', 'admin', 'domains', 'router.application', 'limits.udpMtu'],
    msg: 'the configuration is reloaded: listen, admin, domains, router.application, limits.udpMtu will change when the container is restarted',
  });
  expect(await configure('')).toMatchObject({ changed: [] });
  expect((await configure(''))?.msg).toBe('the configuration is reloaded: nothing has changed');
});
