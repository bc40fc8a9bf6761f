// What happens in a call, drawn from its seed: its user agents, the network and the applications.
import type { Link } from '../fuzz/wires.js';
import { Random } from '../world/random.js';
import type { AnswerPlan, CallPlan, Restlessness, Step } from './agent.js';
import { MOMENTS, type Recipe } from './applications.js';
import type { Character, Temper } from './talker.js';

/** Which calls: through proxies, or with a bridge among the applications. */
export type Style = 'proxied' | 'bridged';

export interface Part {
  readonly character: Character;
  readonly restlessness: Restlessness;
}

export interface Plan {
  readonly seed: number;
  readonly style: Style;
  readonly caller: Part;
  readonly callees: readonly Part[];
  readonly call: CallPlan;
  readonly recipes: readonly Recipe[];
}

const FINALS = [302, 302, 401, 403, 404, 407, 408, 480, 486, 486, 500, 503, 600, 603];

class Writer {
  readonly random: Random;
  /** 0: a friendly call; 2: everything. */
  readonly size: number;
  readonly hasCredentials: boolean;
  readonly uris: string[] = [];

  constructor(
    readonly seed: number,
    readonly style: Style,
  ) {
    this.random = new Random(seed).fork(style);
    this.size = this.random.pick([0, 1, 1, 2]);
    this.hasCredentials = style === 'bridged' && this.random.chance(0.2);
  }

  plan(): Plan {
    const { random } = this;
    const count = random.between(1, this.size === 0 ? 2 : 4);
    const callees = Array.from({ length: count }, (_, i) =>
      this.part(`c${i + 1}`, `10.0.1.${i + 1}`, `10.0.2.${i + 1}`),
    );
    for (const { character } of callees) this.uris.push(`sip:${character.name}@${character.address}`);
    return {
      seed: this.seed,
      style: this.style,
      caller: this.part('alice', '10.0.0.1', '10.0.0.2'),
      callees,
      call: this.call(),
      recipes: this.recipes(),
    };
  }

  call(): CallPlan {
    const { random } = this;
    return {
      uri: random.pick(this.uris),
      isOfferless: random.chance(0.15),
      reliable: random.chance(0.4),
      cancelAt: random.chance(0.25) ? random.fraction() * 12_000 : undefined,
    };
  }

  part(name: string, address: string, proxy: string): Part {
    const { random, size } = this;
    const character: Character = {
      name,
      address,
      proxy: random.chance(0.3) ? proxy : undefined,
      link: this.link(),
      reach: name !== 'alice' && size > 0 && random.chance(0.06) ? random.pick(['deaf', 'refused']) : 'open',
      isTcp: name === 'alice' && random.chance(0.2),
      temper: this.temper(name !== 'alice'),
    };
    return { character, restlessness: this.restlessness() };
  }

  link(): Link {
    const { random, size } = this;
    const isBad = size > 1 && random.chance(0.5);
    return {
      loss: isBad && random.chance(0.7) ? random.fraction() * 0.2 : 0,
      duplicate: isBad && random.chance(0.5) ? random.fraction() * 0.4 : 0,
      delay: 0.5 + random.fraction() * 30,
      jitter: random.chance(0.2) && size > 0 ? random.fraction() * 600 : random.fraction() * 3,
    };
  }

  /** The credentials of a bridge are for its callees. */
  temper(isCalled: boolean): Temper {
    const { random, size } = this;
    return {
      refuses: size === 0 ? 0 : random.pick([0, 0.1, 0.4]),
      silent: size > 1 ? random.pick([0, 0, 0.1]) : 0,
      forgets: size > 1 ? random.pick([0, 0, 0.2]) : 0,
      slowness: random.pick([5, 1000, 4000]),
      moves: random.pick([0, 0.3, 0.7]),
      changes: random.pick([0, 0.3]),
      challenges: this.hasCredentials && isCalled ? ['INVITE', 'BYE'].filter(() => random.chance(0.4)) : [],
    };
  }

  restlessness(): Restlessness {
    const { random, size } = this;
    const count = random.between(0, size === 0 ? 3 : 6);
    return {
      talks: Array.from({ length: count }, () => random.fraction() * 25_000),
      bye: random.chance(0.45) ? random.fraction() * 30_000 : undefined,
    };
  }

  // How callees answer -----------------------------------------------------------------------------

  answer(random: Random): AnswerPlan {
    const onCancel = random.pick(['terminate', 'terminate', 'terminate', 'answer', 'busy', 'ignore'] as const);
    return { steps: this.steps(random), onCancel };
  }

  steps(random: Random): Step[] {
    const steps: Step[] = [];
    const tags = random.chance(0.25) ? ['a', 'b', 'c'] : ['a'];
    const story = random.fraction();
    if (story < 0.06) return steps;
    for (let n = random.between(0, 3); n > 0; n--)
      steps.push({
        ...this.step(random, random.pick([180, 180, 183, 183, 181]), random.pick(tags)),
        described: random.chance(0.5),
        reliable: random.chance(0.6),
      });
    if (story < 0.12) return steps;
    if (story > 0.68) {
      const status = random.pick(FINALS);
      const headers: [string, string][] = status === 302 ? [['Contact', `<${random.pick(this.uris)}>`]] : [];
      if (status === 401) headers.push(['WWW-Authenticate', 'Digest realm="r", nonce="n"']);
      if (status === 407) headers.push(['Proxy-Authenticate', 'Digest realm="r", nonce="n"']);
      steps.push({ ...this.step(random, status, random.pick(tags)), headers });
      return steps;
    }
    steps.push(this.step(random, 200, random.pick(tags)));
    while (tags.length > 1 && random.chance(0.5)) steps.push(this.step(random, 200, random.pick(tags)));
    return steps;
  }

  step(random: Random, status: number, tag: string): Step {
    const after = random.chance(0.7) ? random.fraction() * 2000 : random.fraction() * 15_000;
    return { after, status, tag, described: true, reliable: false, headers: [] };
  }

  // Applications -----------------------------------------------------------------------------------

  recipes(): Recipe[] {
    const { random, style } = this;
    const count = random.pick([1, 2, 2, 3]);
    const bridge = style === 'bridged' ? random.between(0, count - 1) : random.chance(0.2) ? count - 1 : -1;
    return Array.from({ length: count }, (_, i) => this.recipe(i === bridge, i === count - 1));
  }

  recipe(isBridge: boolean, isLast: boolean): Recipe {
    const { random, size } = this;
    const isEager = random.chance(size === 0 ? 0.2 : 0.4);
    const kind = this.kind(isLast);
    return {
      kind: isBridge ? 'bridge' : kind,
      handlers: random.chance(0.6) ? 'all' : 'initial',
      targets: Array.from({ length: random.between(1, 3) }, () => random.pick(this.uris)),
      rewritten: random.chance(0.2) ? random.pick(this.uris) : undefined,
      proxying: this.proxying(),
      adds: random.pick([0, 0, 0.5]),
      slow: size === 0 ? 0 : random.pick([0, 0, 0.3]),
      throws: size > 1 ? random.pick([0, 0, 0.05]) : 0,
      ends: isEager ? [this.end(), ...(random.chance(0.3) ? [this.end()] : [])] : [],
      bridging: {
        timeout: random.pick([4000, 15_000, 60_000]),
        credentials: this.hasCredentials ? { username: 'u', password: 'p' } : undefined,
        several: random.chance(0.3),
        edits: random.chance(0.5),
      },
    };
  }

  kind(isLast: boolean): Recipe['kind'] {
    const story = this.random.fraction();
    if (story < 0.7) return 'proxy';
    if (story < 0.88) return 'forward';
    return story < 0.94 && isLast ? 'answer' : 'redirect';
  }

  proxying(): Recipe['proxying'] {
    const { random } = this;
    const timeout = 1000 + random.fraction() * (random.chance(0.5) ? 8000 : 40_000);
    return {
      supervised: random.chance(0.8),
      parallel: random.chance(0.5),
      recurse: random.chance(0.6),
      recordRoute: random.chance(0.75),
      noCancel: random.chance(0.1),
      ...(random.chance(0.5) && { timeout }),
    };
  }

  end(): Recipe['ends'][number] {
    const { random } = this;
    const after = random.chance(0.4) ? random.fraction() * 100 : random.fraction() * 20_000;
    return { on: random.pick(MOMENTS), after, twice: random.chance(0.3) };
  }
}

export function planOf(seed: number, style: Style): { plan: Plan; answer: (random: Random) => AnswerPlan } {
  const writer = new Writer(seed, style);
  return { plan: writer.plan(), answer: (random) => writer.answer(random) };
}
