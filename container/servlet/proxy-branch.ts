// One branch of a proxy as its application holds it (JSR 289 §10.2.3).
import type * as sdk from '@siplet/sdk';
import { IllegalStateError, parseUri, type SipUri, timeLimit } from '@siplet/sdk';
import { textOf } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import { cancelOpen } from '../proxy/branches.js';
import { BranchOptions } from '../proxy/proxy-options.js';
import type { HeldProxy, ProxyRole } from './answerer.js';
import { copyParameters, ownUri, parametersText, seal } from './own-uri.js';
import { reasonText } from './reason.js';
import { ServedResponse } from './served-response.js';
import { SipRequest } from './sip-request.js';
import type { SipResponse } from './sip-response.js';
import { assertInterface, type UriOrAddress } from './values.js';

export class ProxyBranch implements sdk.ProxyBranch {
  readonly #branch: Branch;
  readonly #role: ProxyRole;
  #request: SipRequest | undefined;
  #response: SipResponse | undefined;
  #recordRouteUri: SipUri | undefined;
  #pathUri: SipUri | undefined;

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
    const { session, transaction, isInitial, servlet } = this.#role.received;
    const branch = this.#branch;
    this.#request ??= new SipRequest(
      branch.request,
      session,
      isInitial,
      servlet.parameters,
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
    cancelOpen([this.#branch], undefined, 'application', reasonText(reason));
  }

  get recursed(): sdk.ProxyBranch[] {
    return this.#branch.recursed.map((branch) => this.proxy.facadeOf(branch));
  }

  // Options ----------------------------------------------------------------------------------------

  get timeout(): number {
    return this.#branch.options?.timeout ?? this.#branch.context.timeout;
  }

  set timeout(timeout: sdk.Duration) {
    this.#settable('timeout').timeout = timeLimit(timeout, 'the timeout of a branch');
  }

  get recurse(): boolean {
    return this.#branch.options?.recurse ?? this.#branch.context.recurse;
  }

  set recurse(value: boolean) {
    this.#settable('recurse').recurse = value;
  }

  get outboundInterface(): string | undefined {
    return this.#branch.options?.outboundInterface ?? this.#branch.context.outboundInterface;
  }

  set outboundInterface(value: string | undefined) {
    const options = this.#settable('outboundInterface');
    assertInterface(value, this.#branch.context.services);
    options.outboundInterface = value;
  }

  get recordRoute(): boolean {
    const own = this.#branch.options?.recordRoute;
    return own === undefined ? this.proxy.recordRoute : own !== null;
  }

  set recordRoute(value: boolean) {
    const options = this.#settable('recordRoute');
    // C-38: a registration makes no dialog.
    options.recordRoute = value && !this.#isRegister ? () => this.#recordRouteParameters() : null;
  }

  get recordRouteUri(): SipUri {
    if (!this.recordRoute) throw new IllegalStateError('recordRouteUri is there only when recordRoute is true');
    if (this.#recordRouteUri === undefined) {
      const options = this.#settable('recordRouteUri');
      this.#recordRouteUri = this.#own(this.proxy.recordRoute ? this.proxy.recordRouteUri : undefined);
      options.recordRoute = () => this.#recordRouteParameters();
    }
    return this.#recordRouteUri;
  }

  set recordRouteUri(uri: UriOrAddress) {
    this.#settable('recordRouteUri');
    copyParameters(uri, this.recordRouteUri);
  }

  get addToPath(): boolean {
    const own = this.#branch.options?.path;
    return own === undefined ? this.proxy.addToPath : own !== null;
  }

  set addToPath(value: boolean) {
    this.#settable('addToPath').path = value && this.#isRegister ? () => this.#pathParameters() : null;
  }

  get pathUri(): SipUri {
    if (!this.addToPath) throw new IllegalStateError('pathUri is there only when addToPath is true');
    if (this.#pathUri === undefined) {
      const options = this.#settable('pathUri');
      this.#pathUri = this.#own(this.proxy.addToPath ? this.proxy.pathUri : undefined);
      options.path = () => this.#pathParameters();
    }
    return this.#pathUri;
  }

  set pathUri(uri: UriOrAddress) {
    this.#settable('pathUri');
    copyParameters(uri, this.pathUri);
  }

  get #isRegister(): boolean {
    return this.#role.received.request.method === 'REGISTER';
  }

  /** A URI of this branch alone; at first it equals that of the proxy. */
  #own(ofProxy: SipUri | undefined): SipUri {
    return ofProxy?.clone() ?? ownUri(this.#branch.context.inbound);
  }

  /** Called when the branch is started. */
  #recordRouteParameters(): string {
    seal(this.#recordRouteUri, 'recordRouteUri');
    return this.#role.recordRoute(parametersText(this.#recordRouteUri));
  }

  #pathParameters(): string {
    seal(this.#pathUri, 'pathUri');
    return parametersText(this.#pathUri);
  }

  #settable(what: string): BranchOptions {
    const branch = this.#branch;
    if (branch.state !== 'waiting')
      throw new IllegalStateError(`${what}: the branch to ${branch.target} has been started`);
    branch.options ??= new BranchOptions();
    return branch.options;
  }
}
