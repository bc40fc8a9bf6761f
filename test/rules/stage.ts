// A container with one application that is a table of handlers, four phones around it, and a note of every handler that was called.
import {
  Ack,
  BestResponse,
  BranchResponse,
  Bye,
  Cancel,
  ErrorResponse,
  Info,
  Invite,
  Message,
  OnTimer,
  Options,
  Prack,
  ProvisionalResponse,
  type ProxyOptions,
  RedirectResponse,
  Register,
  type SipRequest,
  type SipResponse,
  Subsequent,
  SuccessResponse,
  Siplet as siplet,
  type Timer,
  Update,
} from '@siplet/sdk';
import { expect } from 'vitest';
import type { Phone } from '../world/phone.js';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import type { TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';

export const ALICE = 'sip:alice@10.0.0.1';
export const BOB = 'sip:bob@10.0.0.2';
export const CAROL = 'sip:carol@10.0.0.3';
export const DAVE = 'sip:dave@10.0.0.4';
/** Nobody listens there. */
export const NOBODY = 'sip:nobody@10.0.0.8;transport=tcp';

const DECORATORS = {
  invite: Invite(),
  register: Register(),
  options: Options(),
  message: Message(),
  subsequent: Subsequent(),
  ack: Ack(),
  bye: Bye(),
  prack: Prack(),
  update: Update(),
  info: Info(),
  cancel: Cancel(),
  provisional: ProvisionalResponse(),
  success: SuccessResponse(),
  redirect: RedirectResponse(),
  error: ErrorResponse(),
  best: BestResponse(),
  branch: BranchResponse(),
  timer: OnTimer(),
} as const;

type RequestKey =
  | 'invite'
  | 'register'
  | 'options'
  | 'message'
  | 'subsequent'
  | 'ack'
  | 'bye'
  | 'prack'
  | 'update'
  | 'info'
  | 'cancel';
type ResponseKey = 'provisional' | 'success' | 'redirect' | 'error' | 'best' | 'branch';

/** What the application does, by decorator; what is left out it does not declare. */
export type Script = { readonly [K in RequestKey]?: (request: SipRequest) => unknown } & {
  readonly [K in ResponseKey]?: (response: SipResponse) => unknown;
} & { readonly timer?: (timer: Timer) => unknown };

/** Declared, and does nothing. */
export const watch = (): void => {};

/** An `invite` (or other) handler that proxies. */
export function proxies(targets: string | readonly string[], options?: ProxyOptions): (request: SipRequest) => void {
  return (request) => request.proxy(options).proxyTo(targets);
}

export interface StageOptions extends SipletOptions {
  /** Of `@Siplet`. */
  readonly siplet?: Parameters<typeof siplet>[0];
  readonly seed?: number;
}

export interface Stage {
  readonly world: World;
  readonly container: Siplet;
  readonly alice: Phone;
  readonly bob: Phone;
  readonly carol: Phone;
  readonly dave: Phone;
  /** 'invite', 'provisional 180', 'success 200 BYE', 'success 200 again' … as the handlers were called. */
  readonly seen: string[];
  /** Alice's INVITE to sip:bob@example.com by way of the container. */
  call(options?: Parameters<Phone['invite']>[1]): ReturnType<Phone['invite']>;
  /** What an application awaits that is no message. */
  after(ms: number): Promise<void>;
  /** Nothing more is to come, nothing is left in any table, and nothing went wrong but what `problems` tells of. */
  ends(problems?: number): Promise<void>;
}

/** The application of a script: a class with one decorated method for each entry, which notes its call in `seen`. */
export function applicationOf(script: Script, seen: string[], options: StageOptions['siplet'] = {}): Function {
  const Rules = { Rules: class {} }.Rules;
  for (const key of Object.keys(script) as (keyof Script)[]) {
    const act = script[key] as (argument: unknown) => unknown;
    const descriptor: PropertyDescriptor = {
      configurable: true,
      writable: true,
      value(argument: SipRequest & SipResponse & Timer) {
        seen.push(lineOf(key, argument));
        return act(argument);
      },
    };
    Object.defineProperty(Rules.prototype, key, descriptor);
    (DECORATORS[key] as MethodDecorator)(Rules.prototype, key, descriptor);
  }
  siplet({ name: 'rules', ...options })(Rules);
  return Rules;
}

function lineOf(key: keyof Script, argument: SipRequest & SipResponse & Timer): string {
  if (key === 'timer') return `timer ${argument.name}`;
  if (key === 'subsequent') return `subsequent ${argument.method}`;
  if (argument.status === undefined) return key;
  const method = argument.method === 'INVITE' ? '' : ` ${argument.method}`;
  return `${key} ${argument.status}${method}${argument.isRetransmission ? ' again' : ''}`;
}

export async function stage(script: Script, options: StageOptions = {}): Promise<Stage> {
  const world = new World({ seed: options.seed ?? 1 });
  const alice = world.phone('alice', '10.0.0.1');
  const seen: string[] = [];
  const container = await Siplet.start(
    world,
    { rules: { Rules: applicationOf(script, seen, options.siplet) } },
    options,
  );
  const [bob, carol, dave] = ['bob', 'carol', 'dave'].map((name, i) => world.phone(name, `10.0.0.${i + 2}`));
  return {
    world,
    container,
    alice,
    bob: bob!,
    carol: carol!,
    dave: dave!,
    seen,
    call: (callOptions = {}) => alice.invite('sip:bob@example.com', { via: 'siplet', ...callOptions }),
    after: (ms) => new Promise((resolve) => void world.clock.after(ms, resolve)),
    async ends(problems = 0) {
      await world.runUntilIdle();
      expect(left(container)).toEqual({});
      expect(container.problems()).toHaveLength(problems);
    },
  };
}

/** What is alive in the container, without what is not. */
export function left(container: Siplet): Record<string, number> {
  return Object.fromEntries(Object.entries(container.alive).filter(([, count]) => count !== 0));
}

/** What has come to a phone, each with its virtual time: '2 INVITE', '20004 408'. */
export function arrivals(phone: Phone, only: (message: TextMessage) => boolean = () => true): string[] {
  return phone.received
    .filter(({ message }) => only(message))
    .map(({ time, message }) => `${time} ${message.isRequest ? message.method : message.status}`);
}

/** Final responses that came to a phone, in order. */
export function finals(phone: Phone): number[] {
  return phone.received.filter(({ message }) => message.status >= 200).map(({ message }) => message.status);
}

/** Requests that came to a phone, by method, in order. */
export function requests(phone: Phone): string[] {
  return phone.received.filter(({ message }) => message.isRequest).map(({ message }) => message.method);
}

/** What a call throws, for errors that an application sees. */
export function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
