// An application that is a table of handlers, with a note of every handler that was called.
import {
  Ack,
  BestResponse,
  BranchResponse,
  Bye,
  Cancel,
  ErrorResponse,
  Info,
  Initial,
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
  type SipTimer,
  Subsequent,
  SuccessResponse,
  Siplet as siplet,
  Update,
} from '@siplet/sdk';
import { type ApplicationClass, type Stage, type StageOptions, stage } from './stage.js';

const REQUESTS = {
  initial: Initial(),
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
} as const;

const RESPONSES = {
  provisional: ProvisionalResponse(),
  success: SuccessResponse(),
  redirect: RedirectResponse(),
  error: ErrorResponse(),
  best: BestResponse(),
  branch: BranchResponse(),
} as const;

const DECORATORS: Readonly<Record<string, unknown>> = { ...REQUESTS, ...RESPONSES, timer: OnTimer() };

/** What the application does, by decorator; what is left out it does not declare. */
export type Script = { readonly [K in keyof typeof REQUESTS]?: (request: SipRequest) => unknown } & {
  readonly [K in keyof typeof RESPONSES]?: (response: SipResponse) => unknown;
} & { readonly timer?: (timer: SipTimer) => unknown };

/** Declared, and does nothing. */
export const watch = (): void => {};

/** A handler of initial requests that proxies. */
export function proxies(targets: string | readonly string[], options?: ProxyOptions): (request: SipRequest) => void {
  return (request) => request.proxy(options).proxyTo(targets);
}

/** The class of a script: one decorated method for each entry, which notes its call in `seen`. */
export function applicationOf(
  script: Script,
  seen: string[] = [],
  options: Parameters<typeof siplet>[0] = {},
): ApplicationClass {
  const Rules = { Rules: class {} }.Rules;
  for (const [key, act] of Object.entries<(argument: never) => unknown>(script)) {
    const descriptor: PropertyDescriptor = {
      configurable: true,
      writable: true,
      value(argument: SipRequest & SipResponse & SipTimer) {
        seen.push(lineOf(key, argument));
        return act(argument as never);
      },
    };
    Object.defineProperty(Rules.prototype, key, descriptor);
    (DECORATORS[key] as MethodDecorator)(Rules.prototype, key, descriptor);
  }
  siplet({ name: 'rules', ...options })(Rules);
  return Rules;
}

/** 'invite', 'subsequent INFO', 'provisional 180', 'success 200 BYE', 'success 200 again', 'timer NAME' */
function lineOf(key: string, argument: SipRequest & SipResponse & SipTimer): string {
  if (key === 'timer') return `timer ${argument.name}`;
  if (key === 'subsequent') return `subsequent ${argument.method}`;
  if (argument.status === undefined) return key;
  const method = argument.method === 'INVITE' ? '' : ` ${argument.method}`;
  return `${key} ${argument.status}${method}${argument.isRetransmission ? ' again' : ''}`;
}

export interface ScriptOptions extends StageOptions {
  /** Of `@Siplet`. */
  readonly siplet?: Parameters<typeof siplet>[0];
}

export interface ScriptedStage extends Stage {
  /** 'invite', 'provisional 180', 'success 200 BYE' … as the handlers were called. */
  readonly seen: string[];
}

/** A stage whose application is this script. */
export async function scripted(script: Script, options: ScriptOptions = {}): Promise<ScriptedStage> {
  const seen: string[] = [];
  const Rules = applicationOf(script, seen, options.siplet);
  return { ...(await stage({ rules: { Rules } }, options)), seen };
}

/** What a call throws: an error as the application sees it. */
export function thrown(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
