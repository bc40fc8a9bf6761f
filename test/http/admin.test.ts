// The admin address over real HTTP: RULES.md section 9, a route at a time.
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { startContainer } from '../../container/composition/container.js';
import { defaultConfiguration } from '../../container/configuration/configuration.js';
import { startAdmin } from '../../container/http/admin.js';
import { Events } from '../../container/observe/events.js';
import { createLog } from '../../container/observe/log.js';
import type { Overseen } from '../../container/observe/overseen.js';
import { folder, siplet } from '../deployment/folder.js';
import { packed, tgz } from '../deployment/pack.js';
import { answering, answerTo, call, connected, eventsOf, packageOf, raw, running } from './running-container.js';

const put = (archive: Uint8Array): RequestInit => ({ method: 'PUT', body: archive as Uint8Array<ArrayBuffer> });

describe('RULES.md section 9, GET /health/live and /health/ready', () => {
  test('200 with an application in service', async () => {
    const { get } = await running({ 'hunt.ts': answering('Hunt') });
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health/ready')).status).toBe(200);
  });

  test('503 with reasons: none is in service; the container stops', async () => {
    const { get, container } = await running({});
    const empty = await get('/health/ready');
    expect(empty.status).toBe(503);
    expect(await empty.json()).toEqual({ status: 'not ready', reasons: ['no application is in service'] });
    container.engine.stopping = true;
    expect(await (await get('/health/ready')).json()).toMatchObject({
      reasons: ['stopping', 'no application is in service'],
    });
    expect((await get('/health/live')).status).toBe(200);
  });
});

describe('RULES.md section 9, GET /api/apps', () => {
  test('has exactly the fields of RULES.md, of what is in service and of what has failed', async () => {
    const { get } = await running({ 'hunt.ts': siplet('Hunt'), 'bad.ts': 'export const x = ;\n' });
    expect(await (await get('/api/apps')).json()).toEqual([
      { name: 'hunt', version: '0.0.0', state: 'active', sessions: 0, handlers: ['initial INVITE → Hunt.ring'] },
      {
        name: 'bad',
        version: '0.0.0',
        state: 'failed',
        sessions: 0,
        handlers: [],
        error: expect.stringContaining('bad.ts:1:18'),
      },
    ]);
  });
});

describe('RULES.md section 9, PUT, DELETE and rollback', () => {
  test('an archive is deployed, replaced, put back and taken out of service', async () => {
    const { get, sip } = await running({});
    const first = await get('/api/apps/hunt', put(packed(packageOf('@acme/hunt', '1.0.0'))));
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({ name: 'hunt', version: '1.0.0', state: 'active' });
    expect(await call(sip)).toContain('SIP/2.0 486 Busy Here');

    await get('/api/apps/hunt', put(packed(packageOf('hunt', '2.0.0', answering('Hunt', 480)))));
    expect(await call(sip, 'INVITE', 'second')).toContain('SIP/2.0 480 Temporarily Unavailable');

    const back = await get('/api/apps/hunt/rollback', { method: 'POST' });
    expect(await back.json()).toMatchObject({ version: '1.0.0', state: 'active' });
    expect(await call(sip, 'INVITE', 'third')).toContain('SIP/2.0 486 Busy Here');

    expect((await get('/api/apps/hunt', { method: 'DELETE' })).status).toBe(204);
    expect(await call(sip, 'INVITE', 'fourth')).toContain('SIP/2.0 404 Not Found');
  });

  test.each([
    ['nothing', new Uint8Array(), 400, /empty/],
    ['no gzip', Buffer.from('a text'), 422, /not compressed by gzip/],
    ['half an archive', packed(packageOf('hunt', '1.0.0')).subarray(0, 100), 422, /incomplete|ends in the middle/],
    ['a path that leads out', tgz([{ name: 'package/../../x', content: 'x' }]), 422, /leads out of the package/],
    ['another name', packed(packageOf('other', '1.0.0')), 422, /named 'other'/],
    ['a fault in its source', packed(packageOf('hunt', '1.0.0', 'export const x = ;')), 422, /index\.ts:1:18/],
    ['too much', Buffer.alloc(200_001), 413, /more than 200000 octets/],
  ])('a body that is %s is refused, and what is in service stays', async (_title, body, status, error) => {
    const { get } = await running({ 'keep.ts': siplet('Keep') });
    const answer = await get('/api/apps/hunt', put(body));
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: expect.stringMatching(error) });
    const apps = (await (await get('/api/apps')).json()) as { name: string; state: string }[];
    expect(apps.filter(({ state }) => state === 'active').map(({ name }) => name)).toEqual(['keep']);
  });

  test('too much without a Content-Length is not read to its end', async () => {
    const { get } = await running({});
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const answer = await get('/api/apps/hunt', { method: 'PUT', body: endless, duplex: 'half' } as RequestInit).catch(
      (error: Error) => error,
    );
    // The answer, or the end of the connection where it was faster.
    if (answer instanceof Response) expect(answer.status).toBe(413);
    expect((await get('/health/live')).status).toBe(200);
  });

  const MUCH = 16 * 2 ** 20;
  test.each([
    ['says so', `Content-Length: ${MUCH}\r\n\r\n`],
    ['does not', `Transfer-Encoding: chunked\r\n\r\n${MUCH.toString(16)}\r\n`],
  ])('who sends too much, %s, and reads nothing before it is sent, is told why', async (_title, head) => {
    const { url } = await running({});
    const socket = connected(url, `PUT /api/apps/hunt HTTP/1.1\r\nHost: localhost\r\n${head}`);
    await new Promise<void>((resolve) => socket.write(Buffer.alloc(MUCH), () => resolve()));
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.includes('}')) break;
    }
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"the archive has more than 200000 octets \(deploy\.archiveSize\)"/);
  });

  test.each([
    ['says that it is too much', 'Content-Length: 16777216\r\n\r\n'],
    ['has sent too much', `Transfer-Encoding: chunked\r\n\r\n1000000\r\n${'x'.repeat(200_001)}`],
  ])('who %s, and neither goes on nor hangs up, is hung up on soon', async (_title, rest) => {
    const { url } = await running({});
    const began = performance.now();
    const answer = await answerTo(url, `PUT /api/apps/hunt HTTP/1.1\r\nHost: localhost\r\n${rest}`);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('unknown names and routes: 404; an invalid name: 400', async () => {
    const { get } = await running({});
    expect((await get('/api/apps/none', { method: 'DELETE' })).status).toBe(404);
    expect((await get('/api/apps/none/rollback', { method: 'POST' })).status).toBe(404);
    expect((await get('/api/apps/..%2F..%2Fetc', { method: 'DELETE' })).status).toBe(400);
    expect((await get('/api/apps/a%00b', { method: 'DELETE' })).status).toBe(400);
    expect((await get('/api/none')).status).toBe(404);
    expect((await get('/api/calls/none')).status).toBe(404);
  });

  test('what has failed is listed until it is taken away, and there is no end of names but of the list', async () => {
    const { get, container } = await running({});
    const names = async () => ((await (await get('/api/apps')).json()) as { name: string }[]).map(({ name }) => name);
    const bad = packed(packageOf('hunt', '1.0.0', 'export const x = ;'));
    expect((await get('/api/apps/hunt', put(bad))).status).toBe(422);
    expect(await names()).toEqual(['hunt']);
    expect((await get('/api/apps/hunt', { method: 'DELETE' })).status).toBe(204);
    expect(await names()).toEqual([]);
    expect((await get('/api/apps/hunt', { method: 'DELETE' })).status).toBe(404);
    for (let i = 0; i < 250; i++) await container.deployments.deployArchive(Buffer.from('x'), `a${i}`).catch(() => 0);
    expect((await names()).length).toBe(200);
    expect((await names()).at(-1)).toBe('a249');
  });
});

describe('RULES.md section 9, GET /api/calls', () => {
  test('lists calls, and gives the messages of one', async () => {
    const { get, sip } = await running({ 'hunt.ts': answering('Hunt') });
    await call(sip);
    const list = (await (await get('/api/calls')).json()) as object[];
    expect(list).toEqual([
      expect.objectContaining({
        callId: 'a/b@example.com',
        method: 'INVITE',
        from: '<sip:alice@example.com>;tag=1',
        to: '<sip:bob@example.com>',
        state: 'failed',
        status: 486,
      }),
    ]);
    const one = (await (await get(`/api/calls/${encodeURIComponent('a/b@example.com')}`)).json()) as {
      trace: { direction: string; start: string; text: string }[];
    };
    expect(one.trace.map(({ direction, start }) => `${direction} ${start}`).slice(0, 3)).toEqual([
      expect.stringMatching(/^in INVITE sip:bob@127\.0\.0\.1:\d+ SIP\/2\.0$/),
      'out SIP/2.0 100 Trying',
      'out SIP/2.0 486 Busy Here',
    ]);
    expect(present(one.trace[0]).text).toContain('Call-ID: a/b@example.com\r\n');
  });

  test('trace.calls: 0 keeps none', async () => {
    const { get, sip } = await running({ 'hunt.ts': answering('Hunt') }, 'trace: { calls: 0 }');
    await call(sip);
    expect(await (await get('/api/calls')).json()).toEqual([]);
    expect((await get('/api/calls/a%2Fb%40example.com')).status).toBe(404);
  });
});

describe('RULES.md section 9, GET /api/events', () => {
  test('tells of deployments, calls and problems', async () => {
    const { get, sip, container, directory } = await running({ 'hunt.ts': answering('Hunt') });
    const answer = await get('/api/events');
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = eventsOf(answer, 6);
    await call(sip);
    await container.deployments.deploy(`${directory}/hunt.ts`);
    await container.deployments.deploy(`${directory}/none.ts`).catch(() => undefined);
    // The former version has no call any more: it is unloaded at once.
    const isUnloaded = ({ data }: { readonly data: unknown }) => (data as { kind?: string }).kind === 'unloaded';
    const all = (await events).filter((each) => !isUnloaded(each));
    expect(all.map(({ kind }) => kind)).toEqual(['call', 'call', 'deployment', 'problem', 'deployment']);
    expect(present(all[1]).data).toMatchObject({ state: 'failed', status: 486 });
    expect(present(all[2]).data).toMatchObject({ kind: 'deployed', name: 'hunt', replaced: '0.0.0' });
    expect(present(all[3]).data).toMatchObject({ level: 'error', message: expect.stringContaining('none.ts') });
    expect(present(all[4]).data).toMatchObject({ kind: 'failed' });
  });

  test('C30 the number of clients is bounded, and who has gone makes room', async () => {
    const { get } = await running({});
    const clients = await Promise.all(Array.from({ length: 32 }, () => get('/api/events')));
    const refused = await get('/api/events');
    expect(refused.status).toBe(503);
    await Promise.all(clients.map(({ body }) => present(body).cancel()));
    await expect
      .poll(async () => {
        const next = await get('/api/events');
        await present(next.body).cancel();
        return next.status;
      })
      .toBe(200);
  });
});

describe('RULES.md section 9, what other clients than ours ask', () => {
  test('C30 HEAD of the event stream takes no place of a client that listens', async () => {
    const { get } = await running({});
    for (let i = 0; i < 40; i++) expect((await get('/api/events', { method: 'HEAD' })).status).toBe(200);
    const answer = await get('/api/events');
    expect(answer.status).toBe(200);
    await present(answer.body).cancel();
  });

  test.each([
    ['an absolute request target of another host', 'GET http://evil.example/api/apps HTTP/1.1\r\nHost: 127.0.0.1', 200],
    ['another host in the Host header alone', 'GET http://127.0.0.1/api/apps HTTP/1.1\r\nHost: evil.example', 403],
    ['no Host', 'GET /api/apps HTTP/1.0', 400],
    ['two Hosts', 'GET /api/apps HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example', 403],
    ['an invalid Host', 'GET /api/apps HTTP/1.1\r\nHost: a b', 400],
    ['no path', 'GET //evil.example/ HTTP/1.1\r\nHost: 127.0.0.1', 404],
    ['a broken escape', 'GET /api/calls/%zz HTTP/1.1\r\nHost: 127.0.0.1', 404],
    ['no HTTP', 'HELLO', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(40_000)}`, 431],
  ])('%s', async (_title, head, status) => {
    const { url } = await running({});
    expect(await answerTo(url, `${head}\r\nConnection: close\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('C30 who does not read what was asked for is let go', async () => {
    const { container, log } = await running({});
    const metrics = { contentType: 'text/plain', text: async () => 'x'.repeat(50_000_000) };
    const { deployments } = container;
    const overseen = { events: new Events(), metrics } as unknown as Overseen;
    const address = { address: '127.0.0.1', port: 0 };
    const admin = await startAdmin({ address, deployments, overseen, archiveSize: 1, log, idleTime: 200 });
    onTestFinished(() => admin.close());
    const socket = connected(admin.url, 'GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    // Longer than it is waited for: then what is left in the buffers is read, and the end.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    let octets = 0;
    socket.on('data', (chunk) => {
      octets += chunk.length;
    });
    await closed;
    expect(octets).toBeLessThan(50_000_000);
  });

  test('a body that never ends does not keep others waiting, and four archives at a time are received', async () => {
    const { url, get } = await running({});
    const head = `PUT /api/apps/hunt HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nx`;
    const slow = Array.from({ length: 4 }, () => connected(url, head));
    await expect.poll(async () => (await get('/api/apps/hunt', put(Buffer.from('x')))).status).toBe(503);
    expect((await get('/health/live')).status).toBe(200);
    for (const socket of slow) socket.destroy();
    await expect.poll(async () => (await get('/api/apps/hunt', put(Buffer.from('x')))).status).toBe(422);
  });

  test('a measurement whose help and labels have line ends and quotes stays one line', async () => {
    const source = `import { Invite, Metrics, Siplet } from '@siplet/sdk';
      import { inject } from 'inversify';
      @Siplet() export class Hunt {
        constructor(@inject(Metrics) metrics: Metrics) { metrics.counter('odd_total', 'a\\nb').increment({ x: 'c"\\nd' }); }
        @Invite() ring() {}
      }`;
    const { get } = await running({ 'hunt.ts': source });
    const lines = (await (await get('/metrics')).text()).split('\n');
    expect(lines).toContain('# HELP app_hunt_odd_total a\\nb');
    expect(lines).toContain('app_hunt_odd_total{app="hunt",x="c\\"\\nd"} 1');
    // The text format: comments, samples, and nothing else.
    const SAMPLE = /^[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="([^"\\\n]|\\[\\"n])*",?)*\})? (-?[\d.e+-]+|NaN|[+-]Inf)( \d+)?$/;
    expect(lines.filter((line) => line !== '' && !line.startsWith('# ') && !SAMPLE.test(line))).toEqual([]);
    // Conventions: counters end in _total, nothing else does; base units.
    for (const [, name, type] of lines.join('\n').matchAll(/^# TYPE (siplet_\S+) (\S+)$/gm)) {
      expect({ name, isTotal: present(name).endsWith('_total') }).toEqual({ name, isTotal: type === 'counter' });
      expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes)(_|$)/);
    }
  });
});

describe('RULES.md section 9, GET /', () => {
  test('one page with everything in it', async () => {
    const { get } = await running({});
    const answer = await get('/');
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(text).not.toMatch(/(src|href)="(?!data:)|https?:\/\/|@import|innerHTML/);
    // What it runs is a script that can be read.
    const script = present(present(/<script>([\s\S]*)<\/script>/.exec(text))[1]);
    expect(() => new Function(script)).not.toThrow();
    expect(script).not.toContain('__vite');
  });
});

describe('C30 who may ask', () => {
  test('loopback without a token: only by a name of this host, and by no page of another origin', async () => {
    const { url, get } = await running({});
    const { port } = new URL(url);
    expect(await raw(url, '/api/apps', { host: `localhost:${port}` })).toBe(200);
    expect(await raw(url, '/api/apps', { host: `evil.example:${port}` })).toBe(403);
    expect(await raw(url, '/api/apps', { host: '127.0.0.1.evil.example' })).toBe(403);
    expect(await raw(url, '/api/apps', { origin: 'http://evil.example' })).toBe(403);
    expect(await raw(url, '/api/apps', { origin: url })).toBe(200);
    expect(await raw(url, '/api/apps', { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect((await get('/api/apps/x/rollback', { method: 'POST', headers: { origin: 'null' } })).status).toBe(403);
  });

  test('with a token: everything but the page needs it', async () => {
    const { get } = await running({}, "admin: { listen: '127.0.0.1:0', token: secret }");
    const ask = async (path: string, authorization?: string) =>
      (await get(path, authorization === undefined ? {} : { headers: { authorization } })).status;
    for (const path of ['/api/apps', '/metrics', '/health/live', '/api/events', '/none']) {
      expect(await ask(path)).toBe(401);
      expect(await ask(path, 'Bearer wrong')).toBe(401);
      expect(await ask(path, 'Basic secret')).toBe(401);
    }
    expect(await ask('/api/apps', 'Bearer secret')).toBe(200);
    expect(await ask('/')).toBe(200);
  });

  test('another address than loopback: not without a token', async () => {
    const log = createLog({ level: 'silent', format: 'json' });
    const start = (token?: string) => {
      const configuration = {
        ...defaultConfiguration({ listen: ['udp:127.0.0.1:0'] }),
        admin: { address: '0.0.0.0', port: 0, ...(token === undefined ? {} : { token }) },
      };
      return startContainer({ configuration, log, directory: folder({}) });
    };
    await expect(start()).rejects.toThrow(/admin: 0\.0\.0\.0:0 .* needs a token/);
    const container = await start('secret');
    try {
      const { port } = new URL(present(container.admin));
      const outer = Object.values(networkInterfaces())
        .flat()
        .find((one) => one !== undefined && one.family === 'IPv4' && !one.internal);
      const url = `http://${outer?.address ?? '127.0.0.1'}:${port}/api/apps`;
      expect((await fetch(url)).status).toBe(401);
      expect((await fetch(url, { headers: { authorization: 'Bearer secret' } })).status).toBe(200);
    } finally {
      await container.stop();
    }
  });
});
