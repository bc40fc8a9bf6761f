// One branch of a proxy as its application holds it (JSR 289 §10.2.3).
import type * as sdk from '@siplet/sdk';
import { IllegalStateError, parseUri, type SipUri, timeLimit } from '@siplet/sdk';
import { textOf } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { HeldProxy, ProxyRole } from './answerer.js';
import { copyParameters, ownUri, parametersText } from './own-uri.js';
import { reasonText } from './reason.js';
import { ServedResponse } from './served-response.js';
import { SipRequest } from './sip-request.js';
import type { SipResponse } from './sip-response.js';
import type { UriOrAddress } from './values.js';

export class ProxyBranch implements sdk.ProxyBranch {
  readonly #branch: Branch;
  readonly #role: ProxyRole;
  #request: SipRequest | undefined;
  #response: SipResponse | undefined;
  #recordRouteUri: SipUri | undefined;

  constructor(
    branch: Branch,
    readonly proxy: HeldProxy,
    role: ProxyRole,
  ) {
    this.#branch = branch;
    this.#role = role;
  }

  get uri(): sdk.Uri {
    return parseUri(textOf(this.#branch.target));
  }

  get request(): sdk.SipRequest {
    const { session, transaction, isInitial, routeParameters } = this.#role.received;
    const branch = this.#branch;
    this.#request ??= new SipRequest(
      branch.request,
      session,
      isInitial,
      routeParameters,
      transaction.flow,
      undefined,
      branch,
    );
    return this.#request;
  }

  get response(): sdk.SipResponse | undefined {
    const { latest } = this.#branch;
    if (latest === undefined) return undefined;
    if (this.#response?.message !== latest) {
      this.#response = new ServedResponse(
        latest,
        this.#role.received,
        this.#role.sessionOf(latest),
        this.#branch,
        'received',
      );
    }
    return this.#response;
  }

  get state(): sdk.BranchState {
    return this.#branch.state;
  }

  cancel(reason?: sdk.CancelReason): void {
    const text = reasonText(reason);
    const cancel = (branch: Branch): void => {
      branch.cancel('application', text);
      for (const below of branch.recursed) cancel(below);
    };
    cancel(this.#branch);
  }

  get timeout(): number {
    return this.#branch.timeout ?? this.#branch.context.timeout;
  }

  set timeout(timeout: sdk.Duration) {
    this.#assertWaiting('timeout');
    this.#branch.timeout = timeLimit(timeout, 'the timeout of a branch');
  }

  get recurse(): boolean {
    return this.#branch.recurse ?? this.#branch.context.recurse;
  }

  set recurse(value: boolean) {
    this.#branch.recurse = value;
  }

  get recursed(): sdk.ProxyBranch[] {
    return this.#branch.recursed.map((branch) => this.proxy.facadeOf(branch));
  }

  get recordRoute(): boolean {
    return this.#branch.recordRoute === undefined ? this.proxy.recordRoute : this.#branch.recordRoute !== null;
  }

  set recordRoute(value: boolean) {
    this.#assertWaiting('recordRoute');
    this.#branch.recordRoute =
      value && this.#role.received.request.method !== 'REGISTER' ? () => this.#parameters() : null;
  }

  get recordRouteUri(): SipUri {
    if (!this.recordRoute) throw new IllegalStateError('recordRouteUri is there only when recordRoute is true');
    this.#assertWaiting('recordRouteUri');
    if (this.#recordRouteUri === undefined) {
      this.#recordRouteUri = this.proxy.recordRoute
        ? this.proxy.recordRouteUri.clone()
        : ownUri(this.#branch.context.inbound);
      this.#branch.recordRoute = () => this.#parameters();
    }
    return this.#recordRouteUri;
  }

  set recordRouteUri(uri: UriOrAddress) {
    copyParameters(uri, this.recordRouteUri);
  }

  #parameters(): string {
    return this.#role.recordRoute(parametersText(this.#recordRouteUri));
  }

  #assertWaiting(what: string): void {
    if (this.#branch.state !== 'waiting')
      throw new IllegalStateError(`${what}: the branch to ${this.#branch.target} has been started`);
  }
}
