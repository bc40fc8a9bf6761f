// What the container calls: a siplet of a deployed application, and its methods with their declarations (RULES.md
// section 2).
import type { ReadonlySipRequest } from '@siplet/sdk';
import type { HandlerDeclaration, SipletClass } from '@siplet/sdk/declarations';

export interface SipletDefaults {
  readonly supervised: boolean;
  readonly stateless: boolean;
  /** Milliseconds; 0 means no limit. */
  readonly sessionTimeout: number;
  /** Milliseconds. */
  readonly proxyTimeout: number;
  /** Seconds, as RFC 4028 counts; undefined takes the configured value. */
  readonly sessionTimer?: number | undefined;
}

/** One siplet of a deployed application: the only instance of the author's class. */
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
  /** Calls the method, which may throw or return a promise. */
  invoke(argument: unknown): unknown;
  /** The realm whose credentials a request needs before the method is called (§22). */
  readonly realm?: string;
}

/** The static method of an application that returns the session key of an initial request (C-42). */
export interface SessionKeyMethod {
  /** The caller must check the result. May throw. */
  (request: ReadonlySipRequest): string | undefined;
  /** 'Conference.room'. */
  readonly label: string;
}

/** What a table is compiled from: a siplet and the class that carries its declarations. */
export interface SipletEntry {
  readonly siplet: DeployedSiplet;
  readonly type: SipletClass;
}

/** A method that can be called, with the declaration that made it a handler. */
export interface DeclaredHandler {
  readonly handler: Handler;
  readonly declaration: HandlerDeclaration;
}
