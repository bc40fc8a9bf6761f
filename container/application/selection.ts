// Selects the method that takes a message: the most specific one (RULES.md section 2).
import type { ReadonlySipRequest } from '@siplet/sdk';
import type { HandlerDeclaration, HandlerKind } from '@siplet/sdk/declarations';
import type { DeclaredHandler, Handler } from './handler.js';
import { FIRST_STATUS, LAST_STATUS, RANGES } from './status-ranges.js';
import { messagesOf } from './table-lines.js';

/** A handler with its predicate. */
interface GuardedHandler {
  readonly handler: Handler;
  readonly when: (request: ReadonlySipRequest) => boolean;
}

/** The handlers of initial requests of one method. */
export interface InitialHandlers {
  /** In the order in which they are asked. */
  readonly guarded: readonly GuardedHandler[];
  /** The handler of requests that no predicate accepts. */
  readonly otherwise: Handler | undefined;
}

/** The handler for each status, indexed by status. */
export type StatusLine = readonly (Handler | undefined)[];

/** A method with its declaration, and how specific that is. */
export class Candidate implements DeclaredHandler {
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
    const [from = FIRST_STATUS, to = from] = statuses ?? RANGES[kind] ?? [FIRST_STATUS, LAST_STATUS];
    this.from = from;
    this.to = to;
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

/** Selects among candidates, and records each pair that is equally specific. */
export class Selection {
  readonly faults: string[] = [];
  readonly #candidates: readonly Candidate[];
  readonly #told = new Set<string>();

  constructor(candidates: readonly Candidate[]) {
    this.#candidates = candidates;
  }

  /** The SIP methods that declarations name. */
  get methods(): ReadonlySet<string> {
    return new Set(this.#candidates.flatMap(({ declaration }) => declaration.methods));
  }

  /** The timers that declarations name. */
  get timers(): ReadonlySet<string> {
    return new Set(this.#candidates.flatMap(({ declaration }) => declaration.timer ?? []));
  }

  of(kind: HandlerKind, method: string | undefined): Handler | undefined {
    const candidates = this.#candidates.filter((each) => each.declaration.kind === kind && each.takesMethod(method));
    return this.#best(candidates, () => messagesOf(kind, method));
  }

  /** The handlers of initial requests of this method: those with predicates, in source order, and the one without. */
  initial(method: string | undefined): InitialHandlers {
    const takers = this.#candidates.filter((each) => each.declaration.kind === 'initial' && each.takesMethod(method));
    const plain = takers.filter(({ declaration }) => declaration.when === undefined);
    const best = this.#bestOf(plain, () => messagesOf('initial', method));
    const guarded = takers
      .filter(({ declaration, named }) => declaration.when !== undefined && (named || best?.named !== true))
      .sort((a, b) => Number(b.named) - Number(a.named))
      .flatMap(({ handler, declaration: { when } }) => (when === undefined ? [] : { handler, when }));
    return { guarded, otherwise: best?.handler };
  }

  timer(name: string | undefined): Handler | undefined {
    const candidates = this.#candidates.filter(
      ({ declaration: { kind, timer } }) => kind === 'timer' && (timer === undefined || timer === name),
    );
    return this.#best(candidates, () => (name === undefined ? 'timers' : `the timer '${name}'`));
  }

  responses(method: string | undefined): StatusLine {
    const candidates = this.#candidates.filter(
      (each) => (each.declaration.kind in RANGES || each.declaration.kind === 'status') && each.takesMethod(method),
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
    return this.#bestOf(candidates, what)?.handler;
  }

  #bestOf(candidates: readonly Candidate[], what: () => string): Candidate | undefined {
    let best: Candidate | undefined;
    for (const each of candidates) if (!best || each.isMoreSpecificThan(best)) best = each;
    for (const each of candidates) {
      if (best && each !== best && each.isAsSpecificAs(best) && !each.isSameMethodAs(best))
        this.#tell(best, each, what);
    }
    return best;
  }

  #tell(a: Candidate, b: Candidate, what: () => string): void {
    const one = `${a.handler.label} (${a.declaration.decorator})`;
    const other = `${b.handler.label} (${b.declaration.decorator})`;
    const pair = `${one}|${other}`;
    if (this.#told.has(pair)) return;
    this.#told.add(pair);
    this.faults.push(
      `${one} and ${other} are equally specific for ${what()}: each message goes to exactly one method; remove one, or name SIP methods or a 'when' in its decorator`,
    );
  }
}
