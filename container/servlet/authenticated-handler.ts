// A handler that is called when the credentials of its request are right: @Authenticated (§22), compiled at deployment.
import type { AuthenticationOptions, SipRequest, Users } from '@siplet/sdk';
import type { AuthenticationDeclaration } from '@siplet/sdk/declarations';
import type { DeployedSiplet, Handler } from '../application/handler.js';
import { authenticate, isNeverChallenged } from './authentication.js';

/** `handler` behind the check; the declaration has no faults. */
export function authenticated(handler: Handler, declaration: AuthenticationDeclaration): Handler {
  return new AuthenticatedHandler(handler, declaration);
}

class AuthenticatedHandler implements Handler {
  readonly siplet: DeployedSiplet;
  readonly method: string;
  readonly label: string;
  readonly realm: string;
  readonly #handler: Handler;
  readonly #options: AuthenticationOptions;

  constructor(handler: Handler, { options }: AuthenticationDeclaration) {
    this.#handler = handler;
    this.siplet = handler.siplet;
    this.method = handler.method;
    this.label = handler.label;
    this.realm = options.realm;
    const { instance } = handler.siplet;
    const users = (typeof options.users === 'function' ? options.users : Reflect.get(instance, options.users)) as Users;
    this.#options = { ...options, users: (name, realm) => users.call(instance, name, realm) };
  }

  invoke(argument: unknown): unknown {
    const request = argument as SipRequest;
    return isNeverChallenged(request.method) ? this.#handler.invoke(request) : this.#authenticate(request);
  }

  async #authenticate(request: SipRequest): Promise<void> {
    if ((await authenticate(request, this.#options)) !== undefined) await this.#handler.invoke(request);
  }
}
