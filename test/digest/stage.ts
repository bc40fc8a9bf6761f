// A container whose application lets nobody pass whom it does not know, alice who calls, bob who is called.
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
import type { RequestOptions } from '../world/compose.js';
import type { ClientRequest } from '../world/outgoing.js';
import type { Phone } from '../world/phone.js';
import { Siplet, type SipletOptions } from '../world/siplet.js';
import type { TextMessage } from '../world/text-message.js';
import { World } from '../world/world.js';
import { type Answer, challengesIn, credentialsFor, type Parameters } from './peer.js';

export const REALM = 'example.com';
export const BOB = 'sip:bob@10.0.0.2';
const CONTAINER = '10.0.0.9';

export type Options = Omit<AuthenticationOptions, 'users' | 'realm'> & {
  readonly users?: (name: string, realm: string) => Secret | undefined | Promise<Secret | undefined>;
  readonly realm?: string;
};

/** Proxies what authenticated users send, and record-routes. `seen` has each call of a handler with its user. */
function gate(options: Options, inDialog: boolean, seen: string[]): Function {
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
      (decorator as MethodDecorator)(Gate.prototype, name, Object.getOwnPropertyDescriptor(Gate.prototype, name)!);
  };
  decorate('initial', Authenticated(all), Initial());
  decorate('subsequent', ...(inDialog ? [Authenticated(all)] : []), Subsequent());
  siplet({ name: 'gate' })(Gate);
  return Gate;
}

export function passwordOf(name: string): string | undefined {
  return name === 'alice' ? 'secret' : undefined;
}

export class Stage {
  readonly alice: Phone;
  readonly bob: Phone;

  constructor(
    readonly world: World,
    readonly container: Siplet,
    readonly seen: string[],
    readonly header: 'Authorization' | 'Proxy-Authorization',
  ) {
    this.alice = world.phone('alice', '10.0.0.1');
    this.bob = world.phone('bob', '10.0.0.2');
  }

  /** Alice sends a request to bob by way of the container. */
  send(method = 'MESSAGE', options: RequestOptions = {}, uri = BOB): ClientRequest {
    return this.alice.request(method, uri, { via: CONTAINER, ...options });
  }

  /** The challenges that a request without credentials gets. */
  async challenges(method = 'MESSAGE', uri = BOB): Promise<Parameters[]> {
    return challengesIn(await this.send(method, {}, uri).response());
  }

  async challenge(method = 'MESSAGE'): Promise<Parameters> {
    return (await this.challenges(method))[0]!;
  }

  /** The response to a request with these credentials; bob answers what reaches him with 200. */
  async answerTo(
    challenge: Parameters,
    answer: Partial<Answer> = {},
    options: RequestOptions = {},
    uri = BOB,
  ): Promise<TextMessage> {
    const value = credentialsFor(challenge, { method: 'MESSAGE', uri, ...answer });
    return this.responseWith({ [this.header]: value }, options, uri);
  }

  async responseWith(
    headers: Readonly<Record<string, string | readonly string[]>>,
    options: RequestOptions = {},
    uri = BOB,
  ): Promise<TextMessage> {
    this.bob.on('MESSAGE', (request) => void request.reply(200));
    return this.send('MESSAGE', { ...options, headers }, uri).response();
  }
}

export interface StageOptions extends SipletOptions {
  /** Requests in dialogs need credentials too. */
  readonly inDialog?: boolean;
}

export async function stage(options: Options = {}, { inDialog = false, ...rest }: StageOptions = {}): Promise<Stage> {
  const world = new World();
  const seen: string[] = [];
  const container = await Siplet.start(world, { gate: { Gate: gate(options, inDialog, seen) } }, rest);
  return new Stage(world, container, seen, options.proxy ? 'Proxy-Authorization' : 'Authorization');
}
