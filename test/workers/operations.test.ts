// One container, whatever its engines: deployments, metrics, calls, events, the end of it, and an engine that dies.
// Needs the build.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { responseTo } from '../running/wire.js';
import { application, StandingCall, TwoEngines } from './two-engines.js';

const ADMIN = ['--admin', '127.0.0.1:0'];

async function open(configuration = '', more = '', words: readonly string[] = []): Promise<TwoEngines> {
  const stage = await TwoEngines.open(`deploy: { typeCheck: off }\n${configuration}`, [...ADMIN, ...words], more);
  onTestFinished(async () => void (await stage.close()));
  return stage;
}

const json = async <T>(stage: TwoEngines, path: string): Promise<T> =>
  (await (await fetch(`${stage.container.admin}${path}`)).json()) as T;

interface Application {
  readonly version: string;
  readonly state: string;
  readonly sessions: number;
  readonly error?: string;
}
const applications = (stage: TwoEngines) => json<Application[]>(stage, '/api/apps');

/** Calls until both engines have one. */
async function onBoth(stage: TwoEngines, name: string, user?: string): Promise<StandingCall[]> {
  const calls: StandingCall[] = [];
  while (new Set(calls.map(({ thread }) => thread)).size < 2)
    calls.push(await StandingCall.begin(stage, `${name}-${calls.length}`, user));
  return calls;
}

async function until(isSo: () => boolean | Promise<boolean>, ms = 8000): Promise<void> {
  const late = Date.now() + ms;
  while (!(await isSo())) {
    if (Date.now() > late) throw new Error(`not within ${ms} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** As the watched directory has it from now on: a new version that says so in the responses of its own. */
function deploy(stage: TwoEngines, text: string): void {
  writeFileSync(join(stage.container.directory, 'place.ts'), text);
}

test('what is measured is the sum over the engines; calls are listed together, and each is found with its messages', async () => {
  const stage = await open();
  const calls = await onBoth(stage, 'measured');
  const streamed = await StandingCall.begin(stage, 'streamed', 'stream');
  const all = calls.length + 1;
  const text = await (await fetch(`${stage.container.admin}/metrics`)).text();
  expect(text).toContain(`app_place_calls{app="place"} ${all}\n`);
  expect(text).toContain(`siplet_calls ${all}\n`);
  expect(text).toContain(`siplet_initial_requests_total ${all}\n`);
  expect(text).toContain(`siplet_messages_total{direction="in",method="INVITE",status=""} ${all}\n`);
  expect(text).toContain(`siplet_handler_seconds_count{app="place",handler="Place.take"} ${all}\n`);
  expect(text).toContain('siplet_applications{state="active"} 1\n');
  expect(text).toContain('siplet_connections 1\n');
  for (const worker of [1, 2]) {
    expect(text).toContain(`siplet_dropped_datagrams_total{worker="${worker}"} 0\n`);
    expect(text).toMatch(new RegExp(`siplet_event_loop_delay_seconds\\{worker="${worker}",quantile="0.5"\\}`));
  }
  expect(new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map((match) => match[1])).size).toBe(
    [...text.matchAll(/^# TYPE /gm)].length,
  );

  const listed = await json<{ callId: string; state: string }[]>(stage, '/api/calls');
  expect(listed.map(({ callId }) => callId)).toEqual([...calls, streamed].map(({ callId }) => callId).reverse());
  expect(new Set(listed.map(({ state }) => state))).toEqual(new Set(['established']));
  const found = await json<{ trace: { transport: string; start: string }[] }>(stage, '/api/calls/streamed');
  expect(found.trace.map(({ start, transport }) => `${transport} ${start.split(' ').slice(0, 2).join(' ')}`)).toEqual(
    expect.arrayContaining(['UDP INVITE sip:stream@127.0.0.1', 'TCP SIP/2.0 200', 'UDP SIP/2.0 200']),
  );
  expect((await applications(stage))[0]).toMatchObject({ state: 'active', sessions: all });
  expect((await fetch(`${stage.container.admin}/api/calls/nobody`)).status).toBe(404);
  expect(await json(stage, '/health/ready')).toEqual({ status: 'ready' });
  for (const call of [...calls, streamed]) await call.passes('BYE');
});

test('every listener gets the events of all engines', async () => {
  const stage = await open();
  const ending = new AbortController();
  const answer = await fetch(`${stage.container.admin}/api/events`, { signal: ending.signal });
  let heard = '';
  void (async () => {
    for await (const chunk of present(answer.body)) heard += Buffer.from(chunk).toString();
  })().catch(() => {});
  await until(() => heard.includes(': siplet'));
  const calls = await onBoth(stage, 'heard');
  await until(() => calls.every(({ callId }) => heard.includes(`"callId":"${callId}"`)));
  ending.abort();
});

test('D-2 calls in progress stay with their version in both engines, and it is unloaded when the last has ended', async () => {
  // Sessions stay for 64*T1 after a call, for what comes again.
  const stage = await open('timers: { t1: 50 }', '', ['--watch']);
  const calls = await onBoth(stage, 'kept');
  deploy(stage, application(stage.callee.port).replace("'X-Thread', String(threadId)", "'X-Thread', 'new' + threadId"));
  await stage.container.said(({ msg }) => msg === 'place 0.0.0 deployed');
  await stage.container.said(({ msg }) => msg === 'place 0.0.0 deployed', 10_000);
  const later = await onBoth(stage, 'later');
  expect(later.every(({ thread }) => thread.startsWith('new'))).toBe(true);
  expect((await applications(stage)).map(({ state }) => state).sort()).toEqual(['active', 'draining']);
  for (const call of calls) expect(await call.passes('BYE')).toBe(call.thread);
  await until(async () => (await applications(stage)).length === 1);
  await stage.container.said(({ msg }) => msg === 'place 0.0.0 unloaded');
  for (const call of later) expect(await call.passes('BYE')).toBe(call.thread);
});

test('D-1 one that cannot be started in one of the engines takes no request in either', async () => {
  const stage = await open('', '', ['--watch']);
  const failing = application(stage.callee.port)
    .replace('readonly metrics: any) {}', "readonly metrics: any) { if (threadId === 2) throw new Error('not here'); }")
    .replace("'X-Thread', String(threadId)", "'X-Thread', 'new' + threadId");
  deploy(stage, failing);
  const { msg } = await stage.container.said(({ level }) => level === 50, 10_000);
  expect(msg).toMatch(/is not deployed; 0\.0\.0 stays in service: .*not here/s);
  for (const call of await onBoth(stage, 'old')) expect(call.thread).toMatch(/^\d+$/);
  expect(await applications(stage)).toMatchObject([{ state: 'active', error: expect.stringContaining('not here') }]);
});

test('SIGTERM: no new calls in either engine, those in progress end, and it exits with 0', async () => {
  const stage = await TwoEngines.open('shutdown: { timeout: 10s }\ntimers: { t1: 50 }');
  const calls = await onBoth(stage, 'last');
  const ended = stage.close();
  await stage.container.said(({ msg }) => /may end within/.test(msg));
  for (let i = 0; i < 6; i++) {
    const late = stage.send(stage.request('MESSAGE', { callId: `late-${i}` }));
    expect((await stage.answer(late, 503)).value('retry-after')).toBe('10');
  }
  for (const call of calls) expect(await call.passes('BYE')).toBe(call.thread);
  expect(await ended).toEqual({ status: 0, err: '' });
});

test('an engine that dies loses its calls alone, and is running again with the applications', async () => {
  const stage = await open();
  const calls = await onBoth(stage, 'before');
  // Until one is dead: where it goes is not known beforehand.
  stage.send(stage.request('INVITE', { callId: 'deadly', target: 'sip:die@127.0.0.1' }));
  const { worker } = await stage.container.said(({ msg }) => /has ended: its calls are lost$/.test(msg));
  const living = present(calls.find(({ thread }) => Number(thread) !== worker));
  expect(await living.passes('INFO')).toBe(living.thread);
  // What begins meanwhile is taken by the other.
  const between = await StandingCall.begin(stage, 'between');
  expect(Number(between.thread)).not.toBe(worker);
  await stage.container.said(({ msg }) => msg === `worker ${worker} is running again`, 10_000);
  expect(await between.passes('BYE')).toBe(between.thread);
  expect(await living.passes('BYE')).toBe(living.thread);
  const after = await onBoth(stage, 'after');
  expect(new Set(after.map(({ thread }) => thread))).toContain(living.thread);
  for (const call of after) expect(await call.passes('BYE')).toBe(call.thread);
  expect(await json(stage, '/health/ready')).toEqual({ status: 'ready' });
});

test('an engine whose application never gives way holds up nobody else, nor the end', async () => {
  const stage = await TwoEngines.open('deploy: { typeCheck: off }', ADMIN);
  const calls = await onBoth(stage, 'free');
  stage.send(stage.request('INVITE', { callId: 'hanging', target: 'sip:hang@127.0.0.1' }));
  const isMissed = async () => /a worker does not answer/.test(JSON.stringify(await json(stage, '/health/ready')));
  await until(isMissed, 15_000);
  const answers = await Promise.allSettled(calls.map((call) => call.passes('INFO')));
  const served = answers.filter(({ status }) => status === 'fulfilled').length;
  expect(served).toBeGreaterThan(0);
  expect(served).toBeLessThan(calls.length);
  expect(await stage.close()).toEqual({ status: 0, err: '' });
});

test('SIGHUP reaches every engine: the order of the router, and the level of the log', async () => {
  const stage = await open();
  const yaml = 'workers: 2\ndeploy: { typeCheck: off }\nrouter: { INVITE: [nobody] }\nlog: { level: error }\n';
  writeFileSync(join(stage.container.directory, '..', 'siplet.yaml'), yaml);
  stage.container.signal('SIGHUP');
  await until(async () => {
    const answers: number[] = [];
    for (let i = 0; i < 6; i++) {
      const invite = stage.send(
        stage.request('INVITE', { callId: `r${i}-${Date.now()}`, target: 'sip:busy@127.0.0.1' }),
      );
      const { raw } = await stage.caller.inbox.take(
        ({ raw: each }) => each.value('call-id') === invite.value('call-id') && each.status >= 300,
      );
      answers.push(raw.status);
    }
    return answers.every((status) => status === 404 || status === 405);
  });
});

test.each([1, 2])(
  'E-15 §15 SIGTERM: after shutdown.timeout both phones of a bridged call get a BYE, with %i engines',
  async (workers) => {
    const stage = await open(`workers: ${workers}\nshutdown: { timeout: 500ms }\n`);
    const call = await StandingCall.begin(stage, `stopped-${workers}`, 'bridge');
    const hungUp = async ({ inbox }: { readonly inbox: TwoEngines['caller']['inbox'] }, callId: string | undefined) => {
      const bye = await inbox.take(({ raw }) => raw.method === 'BYE' && raw.value('call-id') === callId, 5000);
      bye.reply(responseTo(bye.raw, 200));
      return bye.raw.value('reason');
    };
    const reasons = Promise.all([
      hungUp(stage.caller, call.callId),
      hungUp(stage.callee, call.invited.raw.value('call-id')),
    ]);
    const began = Date.now();
    const end = await stage.container.stop();
    expect(await reasons).toEqual(Array(2).fill('SIP;cause=503;text="Shutting down"'));
    expect(end.status).toBe(0);
    // Answered at once, the BYEs do not hold the end up.
    expect(Date.now() - began).toBeLessThan(4000);
  },
);
