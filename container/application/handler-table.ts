// Which method of which siplet takes a message: contract section 2, compiled once at deployment, a few Map and array reads afterwards.
import { DeploymentError, type ReadonlySipRequest } from '@siplet/sdk';
import { authenticationsOf, type HandlerDeclaration, type HandlerKind, handlersOf } from '@siplet/sdk/declarations';
import { authenticated } from '../servlet/authenticated-handler.js';
import { faultsOf } from './declaration-faults.js';

export interface SipletDefaults {
  readonly supervised: boolean;
  readonly stateless: boolean;
  /** Minutes. */
  readonly sessionTimeout: number;
  /** Seconds. */
  readonly proxyTimeout: number;
  /** Seconds; undefined: what the configuration says. */
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
  readonly type: Function;
}

/** The kinds of `life`: one handler each. */
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

/** Statuses that each response decorator takes, both ends included. 100 is the container's own (C-5). */
const RANGES: Partial<Record<HandlerKind, readonly [number, number]>> = {
  provisional: [101, 199],
  success: [200, 299],
  redirect: [300, 399],
  error: [400, 699],
  best: [300, 699],
};

const FIRST_STATUS = 101;
const LAST_STATUS = 699;

/** A declaration that has become a callable method, with what decides between it and another. */
class Candidate {
  readonly handler: Handler;
  readonly declaration: HandlerDeclaration;
  readonly named: boolean;
  readonly from: number;
  readonly to: number;

  constructor(handler: Handler, declaration: HandlerDeclaration) {
    this.handler = handler;
    this.declaration = declaration;
    this.named = declaration.methods.length > 0 || declaration.timer !== undefined;
    const { statuses, kind } = declaration;
    const [from, to] = statuses ?? RANGES[kind] ?? [FIRST_STATUS, LAST_STATUS];
    this.from = from!;
    this.to = to ?? from!;
  }

  takesMethod(method: string | undefined): boolean {
    return this.declaration.methods.length === 0 || (method !== undefined && this.declaration.methods.includes(method));
  }

  takesStatus(status: number): boolean {
    return status >= this.from && status <= this.to;
  }

  /** A named method outranks the status; an exact status beats a range; a narrow range beats a wide one. */
  isMoreSpecificThan(other: Candidate): boolean {
    if (this.named !== other.named) return this.named;
    return this.width < other.width;
  }

  get width(): number {
    return this.to - this.from + 1;
  }

  isAsSpecificAs(other: Candidate): boolean {
    return this.named === other.named && this.width === other.width;
  }

  isSameMethodAs(other: Candidate): boolean {
    return this.handler.siplet === other.handler.siplet && this.declaration.property === other.declaration.property;
  }
}

/** The method itself is looked up once, at deployment. */
class MethodHandler implements Handler {
  readonly siplet: DeployedSiplet;
  readonly method: string;
  readonly label: string;
  readonly #call: (argument: unknown) => unknown;
  readonly #instance: object;

  constructor(siplet: DeployedSiplet, property: string | symbol) {
    this.siplet = siplet;
    this.method = typeof property === 'symbol' ? (property.description ?? 'symbol') : property;
    this.label = `${siplet.className}.${this.method}`;
    this.#instance = siplet.instance;
    this.#call = Reflect.get(siplet.instance, property) as (argument: unknown) => unknown;
  }

  invoke(argument: unknown): unknown {
    return this.#call.call(this.#instance, argument);
  }
}

type StatusLine = readonly (Handler | undefined)[];

export class HandlerTable {
  readonly initialMethods: readonly string[] | 'any';
  readonly stateless: Handler | undefined;
  readonly sessionKey: SessionKeyMethod | undefined;

  // One entry for every method that some decorator names; '' stands for all others.
  readonly #initial = new Map<string, Handler | undefined>();
  readonly #subsequent = new Map<string, Handler | undefined>();
  readonly #branch = new Map<string, Handler | undefined>();
  readonly #responses = new Map<string, StatusLine>();
  readonly #otherInitial: Handler | undefined;
  readonly #otherSubsequent: Handler | undefined;
  readonly #otherBranch: Handler | undefined;
  readonly #otherResponses: StatusLine;
  readonly #cancel: Handler | undefined;
  readonly #timers = new Map<string, Handler | undefined>();
  readonly #otherTimer: Handler | undefined;
  readonly #life = new Map<HandlerKind, Handler>();
  readonly #lines: string[];

  /** Throws a DeploymentError that names class and methods, and why, for every fault that it finds. */
  static compile(siplets: readonly SipletEntry[]): HandlerTable {
    return new HandlerTable(siplets);
  }

  private constructor(siplets: readonly SipletEntry[]) {
    const faults = faultsOf(siplets);
    if (faults.length > 0) throw new DeploymentError(faults.join('\n'), { problems: faults });

    const candidates: Candidate[] = [];
    for (const { siplet, type } of siplets) {
      for (const declaration of handlersOf(type)) {
        if (declaration.kind === 'sessionKey') {
          this.sessionKey = sessionKeyOf(siplet, type, declaration.property);
          continue;
        }
        const handler = new MethodHandler(siplet, declaration.property);
        const authentication = authenticationsOf(type).find(({ property }) => property === declaration.property);
        candidates.push(new Candidate(authentication ? authenticated(handler, authentication) : handler, declaration));
      }
    }
    const choice = new Choice(candidates);
    const methods = new Set(candidates.flatMap((candidate) => candidate.declaration.methods));

    for (const method of methods) {
      this.#initial.set(method, choice.of('initial', method));
      this.#subsequent.set(method, choice.of('subsequent', method));
      this.#branch.set(method, choice.of('branch', method));
      this.#responses.set(method, choice.responses(method));
    }
    this.#otherInitial = choice.of('initial', undefined);
    this.#otherSubsequent = choice.of('subsequent', undefined);
    this.#otherBranch = choice.of('branch', undefined);
    this.#otherResponses = choice.responses(undefined);
    this.#cancel = choice.of('cancel', 'CANCEL');
    this.stateless = choice.of('stateless', undefined);
    for (const { declaration } of candidates) {
      if (declaration.timer !== undefined) this.#timers.set(declaration.timer, choice.timer(declaration.timer));
    }
    this.#otherTimer = choice.timer(undefined);
    for (const kind of LIFE) {
      const handler = choice.of(kind, undefined);
      if (handler) this.#life.set(kind, handler);
    }
    if (choice.faults.length > 0) throw new DeploymentError(choice.faults.join('\n'), { problems: choice.faults });

    this.initialMethods =
      this.#otherInitial || this.stateless
        ? 'any'
        : [...methods].filter((method) => this.#initial.get(method) !== undefined);
    this.#lines = printed(candidates, siplets);
  }

  /** The handler of an initial request of this method. */
  initial(method: string): Handler | undefined {
    return this.#initial.has(method) ? this.#initial.get(method) : this.#otherInitial;
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

  /** The table as it is printed at deployment: what → Class.method. */
  lines(): string[] {
    return [...this.#lines];
  }
}

/** Chooses among candidates, and notes where two are equally specific. */
class Choice {
  readonly faults: string[] = [];
  readonly #candidates: readonly Candidate[];
  readonly #told = new Set<string>();

  constructor(candidates: readonly Candidate[]) {
    this.#candidates = candidates;
  }

  of(kind: HandlerKind, method: string | undefined): Handler | undefined {
    const candidates = this.#candidates.filter((each) => each.declaration.kind === kind && each.takesMethod(method));
    return this.#best(candidates, () => whatOf(kind, method));
  }

  timer(name: string | undefined): Handler | undefined {
    const candidates = this.#candidates.filter(
      ({ declaration: { kind, timer } }) => kind === 'timer' && (timer === undefined || timer === name),
    );
    return this.#best(candidates, () => (name === undefined ? 'timers' : `the timer '${name}'`));
  }

  responses(method: string | undefined): StatusLine {
    const candidates = this.#candidates.filter(
      (each) => (each.declaration.kind in RANGES || each.declaration.kind === 'response') && each.takesMethod(method),
    );
    const line = new Array<Handler | undefined>(LAST_STATUS + 1).fill(undefined);
    if (candidates.length === 0) return line;
    for (let status = FIRST_STATUS; status <= LAST_STATUS; status++) {
      const takers = candidates.filter((each) => each.takesStatus(status));
      line[status] = this.#best(takers, () => `${status} responses${method ? ` to ${method}` : ''}`);
    }
    return line;
  }

  #best(candidates: readonly Candidate[], what: () => string): Handler | undefined {
    let best: Candidate | undefined;
    for (const each of candidates) if (!best || each.isMoreSpecificThan(best)) best = each;
    for (const each of candidates) {
      if (best && each !== best && each.isAsSpecificAs(best) && !each.isSameMethodAs(best))
        this.#tell(best, each, what);
    }
    return best?.handler;
  }

  #tell(a: Candidate, b: Candidate, what: () => string): void {
    const one = `${a.handler.label} (${a.declaration.decorator})`;
    const other = `${b.handler.label} (${b.declaration.decorator})`;
    const pair = `${one}|${other}`;
    if (this.#told.has(pair)) return;
    this.#told.add(pair);
    this.faults.push(`${one} and ${other} are equally specific for ${what()}: each message goes to exactly one method`);
  }
}

function sessionKeyOf({ className }: DeployedSiplet, type: Function, property: string | symbol): SessionKeyMethod {
  const key = Reflect.get(type, property) as (request: ReadonlySipRequest) => string | undefined;
  return Object.assign((request: ReadonlySipRequest) => key.call(type, request), {
    label: `${className}.${String(property)}`,
  });
}

const WORDS: Partial<Record<HandlerKind, string>> = {
  initial: 'initial',
  subsequent: 'subsequent',
  cancel: 'CANCEL',
  stateless: 'every request, stateless',
  branch: 'branch response',
  timer: 'timer',
  sessionKey: 'session key',
};

function whatOf(kind: HandlerKind, method: string | undefined): string {
  if (kind === 'initial' || kind === 'subsequent') return `${kind} ${method ?? ''}${method ? ' ' : ''}requests`;
  if (kind === 'branch') return `branch responses${method ? ` to ${method}` : ''}`;
  return WORDS[kind] ?? spaced(kind);
}

/** 'applicationSessionExpired' → 'application session expired'. */
function spaced(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function printed(candidates: readonly Candidate[], siplets: readonly SipletEntry[]): string[] {
  const rows = candidates.map(({ declaration, handler }): [string, string] => [
    told(declaration),
    handler.realm === undefined ? handler.label : `${handler.label}, authenticated in '${handler.realm}'`,
  ]);
  for (const { siplet, type } of siplets) {
    for (const { kind, property } of handlersOf(type)) {
      if (kind === 'sessionKey') rows.push(['session key', `${siplet.className}.${String(property)} (static)`]);
    }
  }
  const width = Math.max(0, ...rows.map(([what]) => what.length));
  return [...new Set(rows.map(([what, label]) => `${what.padEnd(width)} → ${label}`))];
}

/** What a declaration takes, in a few words: 'initial INVITE', 'response 300-699 to any'. */
function told({ kind, methods, statuses, timer }: HandlerDeclaration): string {
  const named = methods.length > 0 ? methods.join(' ') : 'any';
  if (kind === 'initial' || kind === 'subsequent') return `${kind} ${named}`;
  if (kind === 'timer') return `timer ${timer ?? 'any'}`;
  if (kind === 'branch') return `branch response 300-699 to ${named}`;
  const range = RANGES[kind];
  if (range || statuses) return `response ${(statuses ?? range!).join('-')} to ${named}`;
  return WORDS[kind] ?? spaced(kind);
}

/** For the Allow of a user agent's 405 (§21.4.6): what the container takes itself, and what the application has handlers for. */
export function allowedBy(table: HandlerTable): string[] {
  return METHODS.filter(
    (method) =>
      OWN_METHODS.has(method) || table.initial(method) !== undefined || table.subsequent(method) !== undefined,
  );
}

const OWN_METHODS: ReadonlySet<string> = new Set(['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS']);
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
