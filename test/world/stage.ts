// The stage of most flows: a world with one container, scripted phones around it, and an end at which nothing is left.
import { expect } from 'vitest';
import type { RequestOptions } from './compose.js';
import type { ServerRequest } from './incoming.js';
import type { ClientRequest } from './outgoing.js';
import type { Phone } from './phone.js';
import type { Transport } from './phone-wire.js';
import { type Applications, Siplet, type SipletOptions } from './siplet.js';
import { World } from './world.js';

export const SIPLET = '10.0.0.9';
export const ALICE = 'sip:alice@10.0.0.1';
export const BOB = 'sip:bob@10.0.0.2';
export const CAROL = 'sip:carol@10.0.0.3';
export const DAVE = 'sip:dave@10.0.0.4';
/** No phone listens there. */
export const NOBODY = 'sip:nobody@10.0.0.8;transport=tcp';

/** For tests that run once over each. */
export const BOTH: readonly Transport[] = ['UDP', 'TCP'];

/** The parameter of a URI that asks for this transport. */
export function over(transport: Transport): string {
  return transport === 'TCP' ? ';transport=tcp' : '';
}

export const PEOPLE = { alice: '10.0.0.1', bob: '10.0.0.2', carol: '10.0.0.3', dave: '10.0.0.4' } as const;
export type Person = keyof typeof PEOPLE;

/** What `@Siplet` decorates, whatever its constructor takes. */
export type ApplicationClass = abstract new (...args: never[]) => object;

export interface StageOptions<Name extends string = Person> extends SipletOptions {
  readonly seed?: number;
  /** A world in which something is already; a new one unless told. */
  readonly world?: World;
  /** The addresses of the phones by name; Alice, who calls, is one of them. */
  readonly phones?: Readonly<Record<Name | 'alice', string>>;
  /** What the phones send their own requests with; UDP unless told. */
  readonly transport?: Transport;
  /** The Request-URI of what Alice sends; sip:bob@example.com unless told. */
  readonly callee?: string;
}

interface Play {
  readonly world: World;
  readonly container: Siplet;
  readonly transport: Transport;
  /** Alice's INVITE by way of the container. */
  call(options?: RequestOptions, uri?: string): ClientRequest;
  /** Any request of Alice's by way of the container. */
  request(method: string, options?: RequestOptions, uri?: string): ClientRequest;
  /** A promise that is kept when so many virtual milliseconds have passed: an application may await it. */
  after(ms: number): Promise<void>;
  /** Every timer has fired, no table holds anything, and these problems were logged: how many, or which. */
  ends(problems?: number | readonly unknown[]): Promise<void>;
}

export type Stage<Name extends string = Person> = Play & Readonly<Record<Name | 'alice', Phone>>;

/** A container with one application, named 'agent', or with several by name, and phones around it. */
export async function stage<Name extends string = Person>(
  applications: ApplicationClass | Applications,
  options: StageOptions<Name> = {},
): Promise<Stage<Name>> {
  const { world = new World({ seed: options.seed ?? 1 }), transport = 'UDP', callee = 'sip:bob@example.com' } = options;
  const phones = Object.entries<string>(options.phones ?? PEOPLE).map(([name, address]) => [
    name,
    world.phone(name, address, { transport }),
  ]);
  const { alice, ...others } = Object.fromEntries(phones) as Record<Name | 'alice', Phone>;
  const named = typeof applications === 'function' ? { agent: { applications } } : applications;
  const container = await Siplet.start(world, named, options);
  const via = container.address.includes(':') ? `[${container.address}]` : container.address;
  const request: Play['request'] = (method, more, uri = callee) => alice.request(method, uri, { via, ...more });
  const play: Play = {
    world,
    container,
    transport,
    request,
    call: (more, uri) => request('INVITE', more, uri),
    after: (ms) => new Promise((resolve) => void world.clock.after(ms, resolve)),
    ends: (problems) => nothingLeft(world, [container], problems),
  };
  return { ...play, alice, ...others } as Stage<Name>;
}

/** A call that stands: Alice has acknowledged the 200, and the callee has her ACK. */
export async function established(
  on: { call(options?: RequestOptions): ClientRequest; readonly bob: Phone },
  options: RequestOptions = {},
): Promise<{ call: ClientRequest; invite: ServerRequest }> {
  const call = on.call(options);
  const invite = await on.bob.receive('INVITE');
  invite.reply(200);
  await call.response(200);
  call.ack();
  await invite.ack();
  return { call, invite };
}

/** What is alive in a container, without what is not. */
export function left(container: Siplet): Record<string, number> {
  return Object.fromEntries(Object.entries(container.alive).filter(([, count]) => count !== 0));
}

/** As `ends`, of a world with more than one container. */
export async function nothingLeft(
  world: World,
  containers: readonly Siplet[],
  problems: number | readonly unknown[] = [],
): Promise<void> {
  await world.runUntilIdle();
  expect(containers.map(left)).toEqual(containers.map(() => ({})));
  expect(world.clock.pending).toBe(0);
  const logged = containers.flatMap((container) => container.problems());
  if (typeof problems === 'number') expect(logged).toHaveLength(problems);
  else expect(logged).toEqual(problems);
}
