// GET /metrics: what is counted, what it is called, and what is gone when an application is.
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { ApplicationMetrics } from '../../container/observe/application-metrics.js';
import { Distribution, MAX_SERIES, Numbers } from '../../container/observe/series.js';
import { answering, call, running } from './running-container.js';

test('RULES.md section 9, GET /metrics: messages, sessions, handlers, deployments, the process', async () => {
  const { get, sip } = await running({ 'hunt.ts': answering('Hunt'), 'bad.ts': 'export const x = ;' });
  await call(sip);
  await call(sip, 'DANCE', 'another');
  const answer = await get('/metrics');
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  for (const line of [
    'siplet_messages_total{direction="in",method="INVITE",status=""} 1',
    'siplet_messages_total{direction="out",method="INVITE",status="486"} 1',
    'siplet_messages_total{direction="in",method="other",status=""} 1',
    'siplet_sessions{app="hunt",version="0.0.0",revision="2",state="active"} 0',
    'siplet_transactions{side="server",kind="invite"} 1',
    'siplet_handler_seconds_count{app="hunt",handler="Hunt.ring"} 1',
    'siplet_handler_failures_total{app="hunt",handler="Hunt.ring"} 0',
    'siplet_deployments_total{result="deployed"} 1',
    'siplet_deployments_total{result="failed"} 1',
    'siplet_applications{state="failed"} 1',
    'app_hunt_calls_total{app="hunt",from="somewhere"} 1',
  ])
    expect(text.split('\n')).toContain(line);
  expect(text).toMatch(/^siplet_event_loop_delay_seconds\{quantile="0\.99"\} \d/m);
  expect(text).toMatch(/^process_cpu_seconds_total \d/m);
  // A family has one head.
  const heads = text.split('\n').filter((line) => line.startsWith('# TYPE '));
  expect(new Set(heads).size).toBe(heads.length);
});

test('a handler that fails is counted with its application and method', async () => {
  const source = `import { Invite, Siplet } from '@siplet/sdk';
    @Siplet() export class Hunt { @Invite() async ring() { throw new Error('why'); } }`;
  const { get, sip } = await running({ 'hunt.ts': source });
  expect(await call(sip)).toContain('SIP/2.0 500 Server Internal Error');
  const text = await (await get('/metrics')).text();
  expect(text).toContain('siplet_handler_failures_total{app="hunt",handler="Hunt.ring"} 1');
  expect(text).toContain('siplet_handler_seconds_count{app="hunt",handler="Hunt.ring"} 1');
});

test('D-3 an application that is unloaded takes its measurements with it', async () => {
  const { get, container } = await running({ 'hunt.ts': answering('Hunt') });
  const application = present(container.deployments.get('hunt'));
  expect(await (await get('/metrics')).text()).toContain('# TYPE app_hunt_calls_total counter');
  container.deployments.undeploy('hunt');
  await container.deployments.release(application);
  await expect.poll(async () => await (await get('/metrics')).text()).not.toContain('hunt');
});

test('Metrics: one name is one measurement; the versions of an application share it until the last that declared it has gone', () => {
  const metrics = new ApplicationMetrics();
  const first = metrics.of({ name: 'hunt', version: '1.0.0', revision: 1 });
  first.counter('calls').increment();
  first.counter('old').increment();
  expect(first.counter('calls')).toBe(first.counter('calls'));
  expect(() => first.gauge('calls')).toThrow(TypeError);
  expect(() => first.counter('no name')).toThrow(TypeError);
  const second = metrics.of({ name: 'hunt', version: '2.0.0', revision: 2 });
  second.counter('calls').increment({}, 2);
  const names = () => metrics.families().map(({ name }) => name);
  expect(present(metrics.families()[0]).get().values).toEqual([{ labels: { app: 'hunt' }, value: 3 }]);
  metrics.unloaded('hunt', 1, new Set([2]));
  expect(names()).toEqual(['app_hunt_calls']);
  metrics.unloaded('hunt', 2, new Set());
  expect(names()).toEqual([]);
});

test('Metrics: a version that was never put in service is forgotten with the next', () => {
  const metrics = new ApplicationMetrics();
  metrics.of({ name: 'hunt', version: '1.0.0', revision: 1 }).counter('broken');
  metrics.sweep('hunt', new Set());
  metrics.of({ name: 'hunt', version: '1.0.0', revision: 2 }).counter('calls');
  metrics.sweep('hunt', new Set([2]));
  expect(metrics.families().map(({ name }) => name)).toEqual(['app_hunt_calls']);
});

test('Metrics: labels and numbers are checked, and series are bounded', () => {
  const metrics = new ApplicationMetrics().of({ name: 'hunt', version: '1.0.0', revision: 1 });
  expect(() => metrics.counter('calls').increment({ app: 'another' })).toThrow(TypeError);
  expect(() => metrics.counter('calls').increment({ 'a b': 1 })).toThrow(TypeError);
  expect(() => metrics.counter('calls').increment({}, -1)).toThrow(TypeError);
  expect(() => metrics.histogram('time', 'Time', [2, 1])).toThrow(TypeError);
  const numbers = new Numbers();
  for (let i = 0; i < MAX_SERIES + 10; i++) numbers.add(1, { i });
  expect(numbers.values()).toHaveLength(MAX_SERIES);
});

test('a distribution counts what is at most each bound', () => {
  const distribution = new Distribution([1, 2]);
  for (const value of [0.5, 1, 1.5, 3]) distribution.observe(value);
  expect(distribution.values('t', {}).map(({ value }) => value)).toEqual([2, 3, 4, 6, 4]);
});
