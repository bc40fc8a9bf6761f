// The application of a sequence: a siplet with the handlers that the script names, each doing what the seed says:
// nothing, branches, cancels, its own responses, slowly, or failing.
import {
  Ack,
  BestResponse,
  BranchResponse,
  Cancel,
  IllegalStateError,
  Initial,
  ProvisionalResponse,
  type SipProxy,
  type SipRequest,
  type SipResponse,
  Subsequent,
  SuccessResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import type { Random } from '../world/random.js';
import type { ApplicationClass } from '../world/stage.js';
import type { Act, ActName } from './journal.js';
import type { HandlerName, Script } from './script.js';

const DECORATORS: Readonly<Record<HandlerName, () => MethodDecorator>> = {
  provisional: () => ProvisionalResponse() as MethodDecorator,
  success: () => SuccessResponse() as MethodDecorator,
  best: () => BestResponse() as MethodDecorator,
  branch: () => BranchResponse() as MethodDecorator,
  cancel: () => Cancel() as MethodDecorator,
  ack: () => Ack() as MethodDecorator,
  subsequent: () => Subsequent() as MethodDecorator,
};

/** The application at work; the classes are deployed once and serve all sequences. */
let current: Application | undefined;

export function play(application: Application | undefined): void {
  current = application;
}

/** A siplet class with an initial handler and these. */
export function sipletWith(handlers: readonly HandlerName[]): ApplicationClass {
  const Fuzz = class {};
  const add = (name: HandlerName | 'initial', decorate: MethodDecorator): void => {
    const value = (argument: SipRequest | SipResponse): unknown => current?.on(name, argument);
    const descriptor: PropertyDescriptor = { configurable: true, writable: true, value };
    Object.defineProperty(Fuzz.prototype, name, descriptor);
    decorate(Fuzz.prototype, name, descriptor);
  };
  add('initial', Initial() as MethodDecorator);
  for (const name of handlers) add(name, DECORATORS[name]());
  siplet({ name: 'fuzz' })(Fuzz);
  return Fuzz;
}

/** What a handler throws of its own will. */
export class Scripted extends Error {
  override readonly name = 'Scripted';
}

export interface Surroundings {
  readonly random: Random;
  now(): number;
  sleep(ms: number): Promise<void>;
  after(ms: number, job: () => void): void;
  note(act: Omit<Act, 'kind' | 'index' | 'time'>): void;
  /** A promise of a handler is under way, or settles: promises have to settle before time passes. */
  stir(): void;
  fault(text: string): void;
}

type Message = SipRequest | SipResponse;
type Name = HandlerName | 'initial' | 'later';
type Deed = 'add' | 'cancel all' | 'cancel and add' | 'cancel branch' | 'own 1xx' | 'own final' | 'header';

const DEEDS: Readonly<Record<Name, readonly Deed[]>> = {
  initial: ['own 1xx', 'own 1xx', 'own final', 'cancel branch', 'cancel and add', 'add'],
  provisional: ['add', 'add', 'cancel all', 'cancel and add', 'cancel branch', 'own 1xx', 'own final', 'header'],
  branch: ['add', 'add', 'add', 'cancel all', 'cancel and add', 'cancel branch', 'own 1xx', 'own final', 'header'],
  best: ['add', 'add', 'add', 'add', 'own final', 'header', 'own 1xx', 'cancel and add'],
  success: ['header', 'header', 'add', 'own final', 'cancel branch'],
  cancel: ['add', 'own final', 'cancel all'],
  ack: ['header'],
  subsequent: ['header'],
  later: ['add', 'add', 'cancel all', 'cancel and add', 'cancel branch', 'own 1xx', 'own final'],
};

const OWN_FINALS = [200, 302, 401, 404, 480, 486, 503, 603];
/** A handler that a message waits for is given up then (C-41). */
const HANDLER_TIMEOUT = 10_000;

const EDITS = { timeout: undefined, recurse: undefined };

/** Marks handlers that are called for something else than the caller's first request. */
export const IN_DIALOG = 'in a dialog';

interface Run {
  readonly since: number;
  readonly session: unknown;
}

export class Application {
  readonly #running = new Set<Run>();
  #best = 0;
  #ids = 0;
  #request: SipRequest | undefined;

  constructor(
    readonly script: Script,
    readonly around: Surroundings,
  ) {}

  /** Whether a handler is still awaiting something. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  on(name: HandlerName | 'initial', message: Message): unknown {
    const { random } = this.around;
    const { slow, throws, acts } = this.script.application;
    const run: Run = { since: this.around.now(), session: message.applicationSession };
    this.#begin(name, message, run);
    const delays = random.chance(slow) ? [this.#delay()] : [];
    if (delays.length > 0 && random.chance(0.3)) delays.push(this.#delay());
    const fails = random.chance(throws);
    const deeds = random.chance(acts) ? [random.pick(DEEDS[name])] : [];
    if (deeds.length > 0 && random.chance(0.2)) deeds.push(random.pick(DEEDS[name]));
    const act = (): void => {
      const proxied = name !== 'initial' || this.#route(message as SipRequest, fails);
      for (const deed of proxied ? deeds : []) this.#perform(name, deed, message);
      if (fails) throw new Scripted(`${name} was told to throw`);
    };
    if (delays.length === 0 && random.chance(0.8)) {
      try {
        return act();
      } catch (error) {
        this.#note(name, 'fails', { detail: String(error) });
        throw error;
      } finally {
        this.#end(name, run);
      }
    }
    this.around.stir();
    return this.#slowly(name, run, delays, act);
  }

  async #slowly(name: HandlerName | 'initial', run: Run, delays: readonly number[], act: () => void): Promise<void> {
    const [first, second] = delays;
    try {
      if (first !== undefined) await this.around.sleep(first);
      act();
      if (second !== undefined) await this.around.sleep(second);
    } catch (error) {
      this.#note(name, 'fails', { detail: String(error) });
      throw error;
    } finally {
      this.#end(name, run);
    }
  }

  #delay(): number {
    const { random } = this.around;
    return random.pick([0, 100, 2000, 9000]) + random.fraction() * 3000;
  }

  #begin(name: HandlerName | 'initial', message: Message, run: Run): void {
    for (const other of this.#running) {
      if (other.session !== run.session || run.since - other.since > HANDLER_TIMEOUT - 0.001) continue;
      this.around.fault(`C-43 the ${name} handler was called while another of the session was running`);
    }
    this.#running.add(run);
    if (name === 'best') this.#best++;
    if (name === 'initial') this.#request = message as SipRequest;
    const status = 'status' in message ? message.status : 0;
    const id = message.headers.get('X-Id') ?? '';
    const initial = 'isRetransmission' in message ? message.request.isInitial : name !== 'subsequent' && name !== 'ack';
    const again = 'isRetransmission' in message && message.isRetransmission ? 'again' : '';
    this.#note(name, 'begins', { status, id, detail: initial ? again : IN_DIALOG });
  }

  #end(name: HandlerName | 'initial', run: Run): void {
    this.#running.delete(run);
    if (name === 'best') this.#best--;
    this.#note(name, 'ends', {});
  }

  #note(handler: Name, what: ActName, rest: Partial<Omit<Act, 'kind' | 'index' | 'time'>>): void {
    const inBest = this.#best > 0;
    this.around.note({ what, handler, uris: [], status: 0, id: '', detail: '', inBest, ...EDITS, ...rest });
  }

  // What handlers do -------------------------------------------------------------------------------

  /** False when it does not proxy it, with the options of the script. */
  #route(request: SipRequest, fails: boolean): boolean {
    const { random } = this.around;
    const { initial, acts, parallel, recurse, recordRoute, noCancel, supervised, timeout } = this.script.application;
    if (fails && random.chance(0.5)) throw new Scripted('initial was told to throw before it proxied');
    if (random.chance(0.05 * acts)) return false; // nobody answers it: C-41a
    if (random.chance(0.1 * acts)) {
      this.#own('initial', request, random.pick(OWN_FINALS));
      return false;
    }
    const options = { parallel, recurse, recordRoute, noCancel, supervised };
    let proxy: SipProxy;
    try {
      proxy = request.proxy(timeout === undefined ? options : { ...options, timeout: timeout * 1000 });
    } catch (error) {
      this.#refused('initial', 'proxy', error);
      return false;
    }
    this.#add('initial', proxy, initial);
    for (let n = random.chance(acts * 0.4) ? random.between(1, 2) : 0; n > 0; n--) {
      const deed = random.pick(DEEDS.later);
      this.around.after(random.fraction() * 20_000, () => this.#perform('later', deed, request));
    }
    return true;
  }

  #perform(name: Name, deed: Deed, message: Message): void {
    const { random } = this.around;
    const request = this.#request;
    if (deed === 'header') {
      this.#mark(name, message);
      return;
    }
    if (request === undefined) return;
    if (deed === 'own 1xx') {
      this.#own(name, request, random.pick([180, 182, 183]));
      return;
    }
    if (deed === 'own final') {
      this.#own(name, request, random.pick(OWN_FINALS));
      return;
    }
    let proxy: SipProxy;
    try {
      proxy = request.proxy();
    } catch (error) {
      this.#refused(name, 'proxy', error);
      return;
    }
    if (deed === 'cancel branch') {
      if (proxy.branches.length === 0) return;
      const branch = random.pick(proxy.branches);
      this.#note(name, 'cancel branch', { uris: [String(branch.uri)] });
      this.#cancel(name, branch);
      return;
    }
    if (deed !== 'add') {
      this.#note(name, 'cancel all', {});
      this.#cancel(name, proxy);
    }
    if (deed !== 'cancel all') this.#add(name, proxy, random.between(1, 2));
  }

  /** It throws when nothing is under way. */
  #cancel(name: Name, under: Pick<SipProxy, 'cancel'>): void {
    try {
      under.cancel('SIP;cause=799;text="application"');
    } catch (error) {
      this.#refused(name, 'cancel', error);
    }
  }

  #mark(name: Name, message: Message): void {
    try {
      message.headers.set('X-Handled', name);
    } catch (error) {
      this.#refused(name, 'header', error);
    }
  }

  #add(name: Name, proxy: SipProxy, count: number): void {
    const { random } = this.around;
    const uris = Array.from({ length: count }, () => {
      const target = random.pick(this.script.targets);
      return random.chance(0.1) ? target.alias : target.uri;
    });
    const edited = random.chance(0.2);
    const timeout = edited && random.chance(0.5) ? 1 + random.fraction() * 20 : undefined;
    const recurse = edited && random.chance(0.5) ? random.chance(0.5) : undefined;
    const recordRoute = edited && random.chance(0.3) ? random.chance(0.5) : undefined;
    const detail = recordRoute === undefined ? '' : `recordRoute ${recordRoute}`;
    // Noted first: what comes of it is noted behind it.
    this.#note(name, 'proxyTo', { uris, timeout, recurse, detail });
    try {
      if (!edited) {
        proxy.proxyTo(uris);
        return;
      }
      for (const branch of proxy.createBranches(uris)) edit(branch, { timeout, recurse, recordRoute });
      proxy.start();
    } catch (error) {
      this.#refused(name, 'proxyTo', error);
    }
  }

  #own(name: Name, request: SipRequest, status: number): void {
    const id = `app.${++this.#ids}`;
    const what = status < 200 ? 'own 1xx' : 'own final';
    // Noted first: what comes of it is noted behind it.
    this.#note(name, what, { status, id });
    try {
      const response = request.createResponse(status);
      response.headers.set('X-Id', id);
      response.send();
    } catch (error) {
      this.#refused(name, what, error, id);
    }
  }

  #refused(name: Name, detail: string, error: unknown, id = ''): void {
    this.#note(name, 'refused', { detail: `${detail}: ${(error as Error).message}`, id });
    if (!(error instanceof IllegalStateError)) this.around.fault(`${name}: ${detail} has thrown ${String(error)}`);
  }
}

interface Edits {
  readonly timeout: number | undefined;
  readonly recurse: boolean | undefined;
  readonly recordRoute: boolean | undefined;
}

/** What the application changes of a branch before it starts. */
function edit(branch: SipProxy['branches'][number], { timeout, recurse, recordRoute }: Edits): void {
  if (branch.state !== 'waiting') return;
  if (timeout !== undefined) branch.timeout = timeout * 1000;
  if (recurse !== undefined) branch.recurse = recurse;
  if (recordRoute !== undefined) branch.recordRoute = recordRoute;
  branch.request.headers.set('X-Branch', String(branch.uri));
}
