// What the container calls: a siplet of a deployed application, a method of it, and what decides
// between methods (contract section 2).
import type { ReadonlySipRequest } from '@siplet/sdk';
import type { HandlerDeclaration, SipletClass } from '@siplet/sdk/declarations';

export interface SipletDefaults {
  readonly supervised: boolean;
  readonly stateless: boolean;
  /** Milliseconds; 0: for ever. */
  readonly sessionTimeout: number;
  /** Milliseconds. */
  readonly proxyTimeout: number;
  /** Seconds, as RFC 4028 counts; undefined: what the configuration says. */
  readonly sessionTimer?: number | undefined;
}

/** One siplet of a deployed application: a single instance of the author's class. */
export interface DeployedSiplet {
  readonly name: string;
  readonly className: string;
  readonly options: SipletDefaults;
  readonly instance: object;
}

/** A method of a siplet that the container calls. */
export interface Handler {
  readonly siplet: DeployedSiplet;
  readonly method: string;
  /** 'ReachMe.voicemail'. */
  readonly label: string;
  /** Calls it. May throw, or return a promise. */
  invoke(argument: unknown): unknown;
  /** Whose credentials a request needs before it is called (§22). */
  readonly realm?: string;
}

/** The static method of an application that names the session of an initial request (C-42). */
export interface SessionKeyMethod {
  /** What it returns is not checked. May throw. */
  (request: ReadonlySipRequest): string | undefined;
  /** 'Conference.room'. */
  readonly label: string;
}

/** What a table is compiled from: the siplet and the class that carries its declarations. */
export interface SipletEntry {
  readonly siplet: DeployedSiplet;
  readonly type: SipletClass;
}

/** A method that can be called, with the declaration that made it a handler. */
export interface DeclaredHandler {
  readonly handler: Handler;
  readonly declaration: HandlerDeclaration;
}
