// Maps messages to handlers (RULES.md section 2). The table is compiled once at deployment; a look-up is a few Map and
// array reads.
import { DeploymentError, type ReadonlySipRequest } from '@siplet/sdk';
import {
  type AuthenticationDeclaration,
  authenticationsOf,
  type HandlerKind,
  handlersOf,
  type SipletClass,
} from '@siplet/sdk/declarations';
import { faultsOf } from './declaration-faults.js';
import type { DeployedSiplet, Handler, SessionKeyMethod, SipletEntry } from './handler.js';
import { Candidate, type InitialHandlers, Selection, type StatusLine } from './selection.js';
import { tableLines } from './table-lines.js';

/** Wraps a handler declared with `@Authenticated` in the check of credentials (§22). */
export type AuthenticatedBy = (handler: Handler, declaration: AuthenticationDeclaration) => Handler;

/** The kinds that `life` looks up: one handler each. */
const LIFE: ReadonlySet<HandlerKind> = new Set<HandlerKind>([
  'sessionCreated',
  'sessionDestroyed',
  'sessionReadyToInvalidate',
  'applicationSessionCreated',
  'applicationSessionDestroyed',
  'applicationSessionExpired',
  'applicationSessionReadyToInvalidate',
  'noAckReceived',
  'noPrackReceived',
]);

/** The method is looked up once, at deployment. */
class MethodHandler implements Handler {
  readonly siplet: DeployedSiplet;
  readonly method: string;
  readonly label: string;
  readonly invoke: (argument: unknown) => unknown;

  constructor(siplet: DeployedSiplet, property: string | symbol) {
    this.siplet = siplet;
    this.method = typeof property === 'symbol' ? (property.description ?? 'symbol') : property;
    this.label = `${siplet.className}.${this.method}`;
    const method = Reflect.get(siplet.instance, property) as (argument: unknown) => unknown;
    this.invoke = method.bind(siplet.instance);
  }
}

export class HandlerTable {
  readonly initialMethods: readonly string[] | 'any';
  /** Whether a handler of initial requests has a predicate. */
  readonly hasPredicates: boolean;
  readonly stateless: Handler | undefined;
  readonly sessionKey: SessionKeyMethod | undefined;

  // One entry for every method that a decorator names; the fields `other…` serve all others.
  readonly #initial = new Map<string, InitialHandlers>();
  readonly #subsequent = new Map<string, Handler | undefined>();
  readonly #branch = new Map<string, Handler | undefined>();
  readonly #responses = new Map<string, StatusLine>();
  readonly #otherInitial: InitialHandlers;
  readonly #otherSubsequent: Handler | undefined;
  readonly #otherBranch: Handler | undefined;
  readonly #otherResponses: StatusLine;
  readonly #cancel: Handler | undefined;
  readonly #timers = new Map<string, Handler | undefined>();
  readonly #otherTimer: Handler | undefined;
  readonly #life = new Map<HandlerKind, Handler>();
  readonly #lines: string[];

  /** Throws a DeploymentError that names class, methods and reason for every fault found. */
  static compile(siplets: readonly SipletEntry[], authenticated: AuthenticatedBy): HandlerTable {
    assertNone(faultsOf(siplets));
    const candidates = siplets.flatMap((entry) => candidatesOf(entry, authenticated));
    const selection = new Selection(candidates);
    const table = new HandlerTable(selection, sessionKeyIn(siplets), tableLines(candidates, siplets));
    assertNone(selection.faults);
    return table;
  }

  private constructor(selection: Selection, sessionKey: SessionKeyMethod | undefined, lines: string[]) {
    for (const method of selection.methods) {
      this.#initial.set(method, selection.initial(method));
      this.#subsequent.set(method, selection.of('subsequent', method));
      this.#branch.set(method, selection.of('branch', method));
      this.#responses.set(method, selection.responses(method));
    }
    this.#otherInitial = selection.initial(undefined);
    this.#otherSubsequent = selection.of('subsequent', undefined);
    this.#otherBranch = selection.of('branch', undefined);
    this.#otherResponses = selection.responses(undefined);
    this.#cancel = selection.of('cancel', 'CANCEL');
    this.stateless = selection.of('stateless', undefined);
    for (const timer of selection.timers) this.#timers.set(timer, selection.timer(timer));
    this.#otherTimer = selection.timer(undefined);
    for (const kind of LIFE) {
      const handler = selection.of(kind, undefined);
      if (handler) this.#life.set(kind, handler);
    }
    this.sessionKey = sessionKey;
    this.hasPredicates = [...this.#initial.values(), this.#otherInitial].some(({ guarded }) => guarded.length > 0);
    this.initialMethods = anyOf(this.#otherInitial) || this.stateless ? 'any' : this.#initialOnes();
    this.#lines = lines;
  }

  #initialOnes(): string[] {
    return [...this.#initial].filter(([, handlers]) => anyOf(handlers) !== undefined).map(([method]) => method);
  }

  /** A handler that may take initial requests of this method. */
  initial(method: string): Handler | undefined {
    return anyOf(this.#initial.get(method) ?? this.#otherInitial);
  }

  /**
   * The handler that takes this initial request: the first whose predicate accepts it, otherwise the one without a
   * predicate. Throws the error of a predicate, and TypeError when a predicate returns a promise.
   */
  initialFor(method: string, request: () => ReadonlySipRequest): Handler | undefined {
    const { guarded, otherwise } = this.#initial.get(method) ?? this.#otherInitial;
    if (guarded.length === 0) return otherwise;
    const seen = request();
    for (const { handler, when } of guarded) {
      const accepted: unknown = when(seen);
      if (accepted instanceof Promise) {
        accepted.catch(() => {}); // the error below reports the promise
        throw new TypeError(`the predicate of ${handler.label} returned a promise: a predicate must answer at once`);
      }
      if (accepted) return handler;
    }
    return otherwise;
  }

  /** The handler of a request inside a dialog. */
  subsequent(method: string): Handler | undefined {
    return this.#subsequent.has(method) ? this.#subsequent.get(method) : this.#otherSubsequent;
  }

  cancel(): Handler | undefined {
    return this.#cancel;
  }

  /** 101-199. */
  provisional(status: number, method: string): Handler | undefined {
    return (this.#responses.get(method) ?? this.#otherResponses)[status];
  }

  /** 200-299. */
  success(status: number, method: string): Handler | undefined {
    return (this.#responses.get(method) ?? this.#otherResponses)[status];
  }

  /** 300-699, the best response of all branches. */
  best(status: number, method: string): Handler | undefined {
    return (this.#responses.get(method) ?? this.#otherResponses)[status];
  }

  /** An intermediate final response of one branch (C-14), whatever its status. */
  branch(_status: number, method: string): Handler | undefined {
    return this.#branch.has(method) ? this.#branch.get(method) : this.#otherBranch;
  }

  timer(name: string): Handler | undefined {
    return this.#timers.has(name) ? this.#timers.get(name) : this.#otherTimer;
  }

  life(kind: HandlerKind): Handler | undefined {
    return this.#life.get(kind);
  }

  /** The table as a deployment prints it: one line for each declaration, `message → Class.method`. */
  lines(): string[] {
    return [...this.#lines];
  }
}

function anyOf({ guarded, otherwise }: InitialHandlers): Handler | undefined {
  return otherwise ?? guarded[0]?.handler;
}

function assertNone(faults: readonly string[]): void {
  if (faults.length > 0) throw new DeploymentError(faults.join('\n'), { problems: faults });
}

function candidatesOf({ siplet, type }: SipletEntry, authenticated: AuthenticatedBy): Candidate[] {
  const authentications = authenticationsOf(type);
  return handlersOf(type)
    .filter(({ kind }) => kind !== 'sessionKey')
    .map((declaration) => {
      const handler = new MethodHandler(siplet, declaration.property);
      const authentication = authentications.find(({ property }) => property === declaration.property);
      return new Candidate(authentication ? authenticated(handler, authentication) : handler, declaration);
    });
}

/** The session key method of the application; it has at most one. */
function sessionKeyIn(siplets: readonly SipletEntry[]): SessionKeyMethod | undefined {
  for (const { siplet, type } of siplets) {
    const declaration = handlersOf(type).find(({ kind }) => kind === 'sessionKey');
    if (declaration !== undefined) return sessionKeyOf(siplet, type, declaration.property);
  }
  return undefined;
}

function sessionKeyOf({ className }: DeployedSiplet, type: SipletClass, property: string | symbol): SessionKeyMethod {
  const key = Reflect.get(type, property) as (request: ReadonlySipRequest) => string | undefined;
  return Object.assign((request: ReadonlySipRequest) => key.call(type, request), {
    label: `${className}.${String(property)}`,
  });
}

/**
 * The methods for the Allow of a user agent's 405 (§21.4.6): those that the container handles itself, and those that
 * the application has handlers for.
 */
export function allowedBy(table: HandlerTable): string[] {
  return METHODS.filter(
    (method) =>
      OWN_METHODS.has(method) || table.initial(method) !== undefined || table.subsequent(method) !== undefined,
  );
}

const OWN_METHODS: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'PRACK']);
const METHODS = [
  'INVITE',
  'ACK',
  'CANCEL',
  'BYE',
  'OPTIONS',
  'REGISTER',
  'PRACK',
  'UPDATE',
  'INFO',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'PUBLISH',
] as const;
