// A stage whose application lets nobody pass whom it does not know, and what Alice sends with credentials and without.
import {
  Authenticated,
  type AuthenticatedOptions,
  type AuthenticationOptions,
  Initial,
  type Secret,
  type SipRequest,
  Subsequent,
  Siplet as siplet,
} from '@siplet/sdk';
import { present } from '../../container/base/present.js';
import type { RequestOptions } from '../world/compose.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { SipletOptions } from '../world/siplet.js';
import { type ApplicationClass, BOB, type Stage, stage } from '../world/stage.js';
import type { TextMessage } from '../world/text-message.js';
import { type Answer, challengesIn, credentialsFor, type Parameters } from './peer.js';

export const REALM = 'example.com';

export type Options = Omit<AuthenticationOptions, 'users' | 'realm'> & {
  readonly users?: (name: string, realm: string) => Secret | undefined | Promise<Secret | undefined>;
  readonly realm?: string;
};

/** Proxies what authenticated users send, and record-routes. `seen` has each call of a handler with its user. */
function gate(options: Options, inDialog: boolean, seen: string[]): ApplicationClass {
  const all = { realm: REALM, users: passwordOf, ...options } satisfies AuthenticatedOptions;
  class Gate {
    initial(request: SipRequest) {
      seen.push(`${request.method} ${request.user}`);
      request.proxy({ recordRoute: true }).proxyTo(request.uri);
    }
    subsequent(request: SipRequest) {
      seen.push(`${request.method} ${request.user}`);
    }
  }
  const decorate = (name: 'initial' | 'subsequent', ...decorators: readonly unknown[]): void => {
    for (const decorator of decorators)
      (decorator as MethodDecorator)(
        Gate.prototype,
        name,
        present(Object.getOwnPropertyDescriptor(Gate.prototype, name)),
      );
  };
  decorate('initial', Authenticated(all), Initial());
  decorate('subsequent', ...(inDialog ? [Authenticated(all)] : []), Subsequent());
  siplet({ name: 'gate' })(Gate);
  return Gate;
}

export function passwordOf(name: string): string | undefined {
  return name === 'alice' ? 'secret' : undefined;
}

export interface GuardedStage extends Stage {
  /** Each call of a handler with its user. */
  readonly seen: readonly string[];
  /** What carries credentials to the application. */
  readonly header: 'Authorization' | 'Proxy-Authorization';
  /** Alice sends a request to Bob by way of the container. */
  send(method?: string, options?: RequestOptions, uri?: string): ClientRequest;
  /** The challenges that a request without credentials gets. */
  challenges(method?: string, uri?: string): Promise<Parameters[]>;
  challenge(method?: string): Promise<Parameters>;
  /** The response to a MESSAGE with these credentials. */
  answerTo(
    challenge: Parameters,
    answer?: Partial<Answer>,
    options?: RequestOptions,
    uri?: string,
  ): Promise<TextMessage>;
  /** The response to a MESSAGE with these headers; Bob answers what reaches him with 200. */
  responseWith(
    headers: Readonly<Record<string, string | readonly string[]>>,
    options?: RequestOptions,
    uri?: string,
  ): Promise<TextMessage>;
}

export interface GuardedOptions extends SipletOptions {
  /** Requests in dialogs need credentials too. */
  readonly inDialog?: boolean;
}

export async function guarded(
  options: Options = {},
  { inDialog = false, ...rest }: GuardedOptions = {},
): Promise<GuardedStage> {
  const seen: string[] = [];
  const on = await stage({ gate: { Gate: gate(options, inDialog, seen) } }, { callee: BOB, ...rest });
  const header = options.proxy ? 'Proxy-Authorization' : 'Authorization';
  const send: GuardedStage['send'] = (method = 'MESSAGE', more, uri) => on.request(method, more, uri);
  const challenges: GuardedStage['challenges'] = async (method, uri) =>
    challengesIn(await send(method, {}, uri).response());
  const responseWith: GuardedStage['responseWith'] = (headers, more, uri) => {
    on.bob.on('MESSAGE', (request) => void request.reply(200));
    return send('MESSAGE', { ...more, headers }, uri).response();
  };
  const answerTo: GuardedStage['answerTo'] = (challenge, answer, more, uri = BOB) =>
    responseWith({ [header]: credentialsFor(challenge, { method: 'MESSAGE', uri, ...answer }) }, more, uri);
  const challenge: GuardedStage['challenge'] = async (method) => present((await challenges(method))[0]);
  return { ...on, seen, header, send, challenges, challenge, answerTo, responseWith };
}
