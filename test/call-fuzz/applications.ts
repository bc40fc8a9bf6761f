// The applications of a call, one in front of the other: each forks, hunts, rewrites, answers, redirects or bridges as
// its recipe says, and ends what it has at any moment.
import {
  Ack,
  BestResponse,
  BranchResponse,
  CallFailedError,
  Cancel,
  type Credentials,
  IllegalStateError,
  Initial,
  NoAckReceived,
  ProvisionalResponse,
  type ProxyOptions,
  SessionInvalidError,
  type SipRequest,
  type SipResponse,
  type SipSession,
  Subsequent,
  SuccessResponse,
  Siplet as siplet,
} from '@siplet/sdk';
import type { Random } from '../world/random.js';
import type { ApplicationClass } from '../world/stage.js';

export interface Recipe {
  readonly kind: 'proxy' | 'forward' | 'answer' | 'redirect' | 'bridge';
  readonly handlers: 'all' | 'initial';
  readonly targets: readonly string[];
  /** What it makes the Request-URI before anything else. */
  readonly rewritten: string | undefined;
  readonly proxying: ProxyOptions;
  /** Probability that a best response is followed by another branch. */
  readonly adds: number;
  readonly slow: number;
  readonly throws: number;
  /** Handlers after which the call is terminated, and how long after. */
  readonly ends: readonly { readonly on: Moment; readonly after: number; readonly twice: boolean }[];
  readonly bridging: {
    readonly timeout: number;
    readonly credentials: Credentials | undefined;
    readonly several: boolean;
    readonly edits: boolean;
  };
}

export const MOMENTS = [
  'initial',
  'provisional',
  'success',
  'best',
  'branch',
  'cancel',
  'ack',
  'subsequent',
  'noAck',
] as const;
export type Moment = (typeof MOMENTS)[number];

const DECORATORS: Readonly<Record<Moment, () => MethodDecorator>> = {
  initial: () => Initial() as MethodDecorator,
  provisional: () => ProvisionalResponse() as MethodDecorator,
  success: () => SuccessResponse() as MethodDecorator,
  best: () => BestResponse() as MethodDecorator,
  branch: () => BranchResponse() as MethodDecorator,
  cancel: () => Cancel() as MethodDecorator,
  ack: () => Ack() as MethodDecorator,
  subsequent: () => Subsequent() as MethodDecorator,
  noAck: () => NoAckReceived() as MethodDecorator,
};

/** The applications at work, by name; the classes are deployed once and serve all calls. */
let current: ReadonlyMap<string, Application> = new Map();

export function perform(applications: ReadonlyMap<string, Application>): void {
  current = applications;
}

/** A siplet class for the application of this name. */
export function sipletOf(name: string, handlers: Recipe['handlers']): ApplicationClass {
  const Fuzz = class {};
  for (const handler of MOMENTS) {
    if (handlers === 'initial' && handler !== 'initial') continue;
    const value = (message: SipRequest | SipResponse): unknown => current.get(name)?.on(handler, message);
    const descriptor: PropertyDescriptor = { configurable: true, writable: true, value };
    Object.defineProperty(Fuzz.prototype, handler, descriptor);
    DECORATORS[handler]()(Fuzz.prototype, handler, descriptor);
  }
  siplet({ name })(Fuzz);
  return Fuzz;
}

/** What a handler throws of its own will. */
export class Scripted extends Error {
  override readonly name = 'Scripted';
}

export interface Surroundings {
  readonly random: Random;
  sleep(ms: number): Promise<void>;
  after(ms: number, job: () => void): void;
  fault(text: string): void;
  note(text: string): void;
}

export class Application {
  /** Bridges that were answered and have not ended. */
  bridged = 0;
  #descriptions = 0;
  readonly #ended = new Set<Recipe['ends'][number]>();

  constructor(
    readonly name: string,
    readonly recipe: Recipe,
    readonly around: Surroundings,
  ) {}

  on(moment: Moment, message: SipRequest | SipResponse): unknown {
    const { random, sleep } = this.around;
    const { slow, throws } = this.recipe;
    const fails = random.chance(throws);
    const delay = random.chance(slow) ? random.fraction() * 3000 : 0;
    this.around.note(`${this.name} ${moment} ${'status' in message ? message.status : message.method}`);
    const act = (): unknown => {
      if (fails) throw new Scripted(`${moment} was told to throw`);
      this.#endsAfter(moment, message.session);
      if (moment === 'initial') return this.#route(message as SipRequest);
      if (moment === 'best') this.#more(message as SipResponse);
      if (this.recipe.bridging.edits && moment === 'subsequent' && !message.isCommitted)
        message.headers.set('X-Seen', this.name);
      return undefined;
    };
    return delay === 0 ? act() : sleep(delay).then(act);
  }

  // Ending -----------------------------------------------------------------------------------------

  #endsAfter(moment: Moment, session: SipSession): void {
    for (const end of this.recipe.ends) {
      if (end.on !== moment || this.#ended.has(end)) continue;
      this.#ended.add(end);
      this.around.after(end.after, () => {
        this.#terminate(session);
        if (end.twice) this.#terminate(session);
      });
    }
  }

  #terminate(session: SipSession): void {
    const refused = (error: unknown): void => {
      this.around.note(`${this.name} terminate refused: ${error}`);
      if (!(error instanceof IllegalStateError || error instanceof SessionInvalidError))
        this.around.fault(`terminate() has thrown ${error}`);
    };
    try {
      this.around.note(`${this.name} terminates a session that is ${session.isValid ? session.state : 'invalid'}`);
      session.terminate().then(() => this.around.note(`${this.name} has terminated`), refused);
    } catch (error) {
      refused(error);
    }
  }

  // Routing ----------------------------------------------------------------------------------------

  #route(request: SipRequest): unknown {
    const { kind, rewritten, targets, proxying } = this.recipe;
    if (rewritten !== undefined) request.uri = rewritten as never;
    if (request.method !== 'INVITE') return request.forward();
    if (kind === 'forward') return request.forward();
    if (kind === 'proxy') return request.proxyTo(targets, proxying);
    if (kind === 'answer') return this.#answer(request);
    if (kind === 'bridge') return this.#bridge(request);
    const response = request.createResponse(302);
    response.headers.set(
      'Contact',
      targets.map((target) => `<${target}>`),
    );
    return response.send();
  }

  #more({ proxy, status }: SipResponse): void {
    const { random } = this.around;
    if (proxy === undefined || status >= 600 || !random.chance(this.recipe.adds)) return;
    try {
      proxy.proxyTo(random.pick(this.recipe.targets));
    } catch (error) {
      if (!(error instanceof IllegalStateError)) throw error;
    }
  }

  #answer(request: SipRequest): void {
    const { random, after } = this.around;
    if (random.chance(0.6)) request.createResponse(180).send();
    after(random.fraction() * 5000, () => {
      try {
        const response = request.createResponse(200);
        const description = `v=0\r\no=application 1 ${++this.#descriptions} IN IP4 10.0.0.9\r\ns=-\r\nt=0 0\r\n`;
        response.setBody(description, 'application/sdp');
        response.send();
      } catch (error) {
        if (!(error instanceof IllegalStateError || error instanceof SessionInvalidError))
          this.around.fault(`${error}`);
      }
    });
  }

  async #bridge(request: SipRequest): Promise<void> {
    const { targets, bridging } = this.recipe;
    const { timeout, credentials, several } = bridging;
    const b2bua = request.b2bua();
    const calls: (string | readonly string[])[] = several ? [targets] : [...targets];
    for (const [i, to] of calls.entries()) {
      try {
        const bridge = await b2bua.bridge({ to, timeout, ...(credentials && { credentials }) });
        this.bridged++;
        void bridge.ended.then(() => this.bridged--);
        this.#endsAfter('noAck', bridge.callee);
        return;
      } catch (error) {
        this.around.note(`${this.name} bridge failed: ${error}`);
        if (error instanceof IllegalStateError) return; // it was cancelled while the handler was slow
        if (!(error instanceof CallFailedError) || i === calls.length - 1) throw error;
      }
    }
  }
}
