// All engines do what one is told, also those that are away just then. Threads are played: what they are told is
// written down, and answered when the test says so.
import { EventEmitter } from 'node:events';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { defaultConfiguration } from '../../container/configuration/configuration.js';
import { Crew } from '../../container/workers/crew.js';
import { Exchange } from '../../container/workers/exchange.js';
import type { Thread } from '../../container/workers/member.js';
import type { Beginning, StartOrder } from '../../container/workers/messages.js';
import { Moved } from '../../container/workers/moved.js';

interface Asked {
  readonly ask?: number;
  readonly kind?: string;
  readonly tell?: string;
  readonly body?: unknown;
}

/** A thread that answers at once, unless the test has it wait. */
class PlayedThread extends EventEmitter {
  readonly seen: string[] = [];
  isEnded = false;
  readonly #waiting: Asked[] = [];

  constructor(
    readonly engine: number,
    readonly isSlow: (thread: PlayedThread, what: string) => boolean,
  ) {
    super();
  }

  postMessage(message: Asked | number): void {
    if (typeof message === 'number' || this.isEnded) return;
    const { body } = message;
    const what = `${message.kind ?? message.tell} ${JSON.stringify((body as StartOrder | undefined)?.revision ?? body)}`;
    this.seen.push(what);
    if (message.ask === undefined) return;
    if (this.isSlow(this, what)) this.#waiting.push(message);
    else this.#answer(message);
  }

  /** All that it has let wait. */
  answer(): void {
    for (const message of this.#waiting.splice(0)) this.#answer(message);
  }

  tells(kind: string, body: unknown): void {
    this.emit('message', { tell: kind, body });
  }

  #answer({ ask, kind }: Asked): void {
    const value = kind === 'start' ? ['a line'] : 0;
    queueMicrotask(() => this.emit('message', { answer: ask, value }));
  }

  async terminate(): Promise<void> {
    if (this.isEnded) return;
    this.isEnded = true;
    this.emit('exit', 1);
  }
}

function stage(isSlow: (thread: PlayedThread, what: string) => boolean = () => false) {
  const threads: PlayedThread[] = [];
  const open = ({ engine }: Beginning): Thread => {
    const thread = new PlayedThread(engine, isSlow);
    threads.push(thread);
    return thread as unknown as Thread;
  };
  const moved = new Moved(() => 0);
  const exchange = (salt: string) => new Exchange(2, salt, moved);
  const crew = new Crew(defaultConfiguration(), 2, pino({ level: 'silent' }), exchange, open);
  const idle: number[] = [];
  crew.user = {
    events: { tell() {} },
    idle: (revision) => void idle.push(revision),
    handOver() {},
    streams: { connect() {}, write() {}, leave() {}, taken() {}, gone() {} },
  };
  return { crew, threads, idle };
}
const order = (revision: number): StartOrder => ({ revision }) as StartOrder;
const active = (...revisions: number[]) => revisions.map((revision) => ({ revision }));

test('D-1 a version that is being started while an engine comes back is in service there too', async () => {
  const { crew, threads } = stage((thread, what) => thread === threads[0] && what === 'start 2');
  await crew.start();
  await crew.startApplication(order(1));
  crew.activate(active(1));
  await present(threads[1]).terminate();
  const started = crew.startApplication(order(2));
  await expect.poll(() => crew.missing).toEqual([]);
  await expect.poll(() => threads[2]?.seen).toContain('activate [1]');
  present(threads[0]).answer();
  await started;
  crew.activate(active(2));
  await expect.poll(() => present(threads[2]).seen.at(-1)).toBe('activate [2]');
  expect(present(threads[2]).seen).toContain('start 2');
});

test('D-2 a version is idle when the engines that have it have said so, regardless of engines that came later', async () => {
  const { crew, threads, idle } = stage((_thread, what) => what === 'start 1' && threads.length === 3);
  await crew.start();
  await crew.startApplication(order(1));
  crew.activate(active(1));
  await present(threads[1]).terminate();
  // It is loading the first version when the second takes its place.
  await expect.poll(() => threads[2]?.seen).toContain('start 1');
  await crew.startApplication(order(2));
  crew.activate(active(2));
  expect(crew.busyWith(1)).toBe(1);
  present(threads[0]).tells('idle', 1);
  expect(idle).toEqual([1]);
  present(threads[2]).answer();
  await expect.poll(() => present(threads[2]).seen.at(-1)).toBe('activate [2]');
});

test('one that cannot start what is in service elsewhere takes no calls, and is begun again', async () => {
  const { crew, threads } = stage((thread, what) => thread === threads[2] && what.startsWith('start'));
  await crew.start();
  await crew.startApplication(order(1));
  crew.activate(active(1));
  await present(threads[1]).terminate();
  await expect.poll(() => threads[2]?.seen).toContain('start 1');
  present(threads[2]).emit('message', {
    answer: 2,
    fault: { message: 'not here', stack: undefined, isDeployment: true },
  });
  await expect.poll(() => present(threads[2]).isEnded).toBe(true);
  await expect.poll(() => threads[3]?.seen).toContain('activate [1]');
});

test('C-42 none takes messages before all do', async () => {
  const { crew, threads } = stage((thread, what) => thread === threads[1] && what.startsWith('listen'));
  await crew.start();
  const listens = crew.listen([{ transport: 'TCP', address: '127.0.0.1', port: 5060 }]);
  await expect.poll(() => present(threads[1]).seen.at(-1)).toMatch(/^listen/);
  await new Promise((resolve) => setImmediate(resolve));
  expect(crew.exchange.isThere(0)).toBe(false);
  present(threads[1]).answer();
  await listens;
  expect([0, 1].map((engine) => crew.exchange.isThere(engine))).toEqual([true, true]);
});

test('a container that stops leaves no thread behind, also none that was just being begun', async () => {
  const { crew, threads } = stage((thread) => thread === threads[2]);
  await crew.start();
  await present(threads[1]).terminate();
  await expect.poll(() => threads.length).toBe(3);
  await crew.close();
  expect(threads.map(({ isEnded }) => isEnded)).toEqual([true, true, true]);
});

test('one that was being begun when the container began to stop takes no new calls', async () => {
  const { crew, threads } = stage((thread) => thread === threads[2]);
  await crew.start();
  await present(threads[1]).terminate();
  await expect.poll(() => threads.length).toBe(3);
  crew.refuseNew();
  present(threads[2]).answer();
  await expect.poll(() => present(threads[2]).seen).toContain('stopping undefined');
});
