// The port to the object that answers or proxies a received request (C-1), for the objects that applications hold.
import type * as sdk from '@siplet/sdk';
import type { DeployedApplication } from '../application/application.js';
import type { DigestServer } from '../digest/index.js';
import type { Request, Response, Uri } from '../message/index.js';
import type { Branch } from '../proxy/branch.js';
import type { SipSession } from '../session/sip-session.js';
import type { ServerTransaction } from '../transaction/user.js';
import type { Flow } from '../transport/flow.js';
import type { RoutingState } from '../transport/routing-state.js';

/** A proxy as the application holds it. */
export interface HeldProxy extends sdk.SipProxy {
  /** A branch as the application holds it: the same branch is always the same object. */
  facadeOf(branch: Branch): sdk.ProxyBranch;
}

/** A received request that an application has taken. */
export interface Answerer {
  /** As received, after route preprocessing. */
  readonly request: Request;
  readonly transaction: ServerTransaction;
  readonly session: SipSession;
  readonly application: DeployedApplication;
  readonly isInitial: boolean;
  /**
   * Raw parameters of the Route value of ours by which it came, if they can be trusted (C-35); undefined: it came by
   * none.
   */
  readonly routeParameters: string | undefined;
  /** That Route value. */
  readonly route: Uri | undefined;
  readonly routingState: RoutingState;
  /** A final response has gone, or has been handed over to go. */
  readonly answered: boolean;
  /** Its final response has been chosen: nothing in it can be changed any more. */
  readonly isCommitted: boolean;
  /** The application or the container proxies it. */
  readonly isProxied: boolean;
  /** The request as the application holds it. */
  readonly servlet: sdk.SipRequest & {
    readonly entryFlow: Flow | undefined;
    /** Raw parameters of the URI by which the request came. */
    readonly parameters: string;
  };
  readonly services: { readonly digest: DigestServer };
  /**
   * Takes the role of proxy. Throws IllegalStateError when it has the other role or cannot be proxied (C-1),
   * TooManyHopsError.
   */
  proxy(options: sdk.ProxyOptions | undefined): sdk.SipProxy;
  /** The proxy, if it is proxied; in a dialog it refuses to add branches. */
  readonly servletProxy: HeldProxy | undefined;
  /**
   * Takes the role of B2BUA, a user agent on both sides. Throws IllegalStateError when it is proxied or answered (C-1).
   */
  becomeB2bua(): void;
  /**
   * Sends a response that the application made (C-1, C-6, C-12). Throws IllegalStateError when none may be sent any
   * more.
   */
  answerByApplication(response: Response): void;
  /** Sends it so that the caller acknowledges it by PRACK (RFC 3262 §3). */
  answerReliably(response: Response): void;
  /** §22.1: the credentials were right. */
  authenticated(): void;
  /** §22.1: refuses it, since its sender is not authenticated; its dialog remains unchanged. */
  refuseUnauthenticated(response: Response): void;
}

/** The role of proxy in a request, for SipProxy and ProxyBranch. */
export interface ProxyRole {
  readonly received: Answerer;
  /** The application's handlers are called for responses (C-2). */
  supervised: boolean;
  /** Stays on the path: parameters of our Record-Route URI, with those of the application (C-34, C-35). */
  recordRoute(parameters: string): string;
  /** The session of the dialog that a response belongs to. */
  sessionOf(response: Response): SipSession;
}
