// What happens in a sequence, drawn from its seed: the calls, the answers and their times, and the behaviour of the
// application.

import { present } from '../../container/base/present.js';
import { Random } from '../world/random.js';
import type { Headers } from './text.js';
import type { Link, Reach, Transport } from './wires.js';

/** A response of a callee, `after` ms behind the one before. */
export interface Step {
  readonly after: number;
  readonly status: number;
  readonly tag: string;
  readonly headers: Headers;
  /** Sent at once so many times. */
  readonly copies: number;
}

/** What a callee does with a CANCEL: 487; 200 to the INVITE that crosses it; another refusal; 481; nothing. */
export type OnCancel = 'terminate' | 'answer' | 'busy' | 'unknown' | 'ignore';

export interface Plan {
  readonly steps: readonly Step[];
  readonly onCancel: OnCancel;
  readonly cancelDelay: number;
  /** Finals are sent again until they are acknowledged. */
  readonly repeats: boolean;
  /** Breaks its connection so long after the request came. */
  readonly breaks: number | undefined;
  /** Hangs up so long after the first ACK to its 2xx. */
  readonly bye: number | undefined;
}

/** A URI that the application, or a Contact, may name. */
export interface Target {
  readonly name: string;
  readonly uri: string;
  /** The same by §19.1.4, spelled otherwise. */
  readonly alias: string;
  /** Where it leads, one hop after another; none: nowhere. */
  readonly addresses: readonly string[];
  readonly plans: readonly Plan[];
}

export interface Party {
  readonly address: string;
  readonly link: Link;
  readonly reach: Reach;
}

export interface CallerScript extends Party {
  readonly transport: Transport;
  readonly method: string;
  readonly bodySize: number;
  readonly cancelAt: number | undefined;
  /** Does not wait for a provisional response with it. */
  readonly cancelsEarly: boolean;
  /** Hangs up so long after the first 2xx. */
  readonly bye: number | undefined;
  readonly vanishesAt: number | undefined;
}

export interface ApplicationScript {
  readonly handlers: readonly HandlerName[];
  readonly supervised: boolean;
  readonly parallel: boolean;
  readonly recurse: boolean;
  readonly recordRoute: boolean;
  readonly noCancel: boolean;
  /** Seconds. */
  readonly timeout: number | undefined;
  /** How many targets it begins with. */
  readonly initial: number;
  /** Probability that a handler does something, that it is slow, that it throws. */
  readonly acts: number;
  readonly slow: number;
  readonly throws: number;
}

export const HANDLERS = ['provisional', 'success', 'best', 'branch', 'cancel', 'ack', 'subsequent'] as const;
export type HandlerName = (typeof HANDLERS)[number];

export interface Script {
  readonly seed: number;
  readonly caller: CallerScript;
  readonly callees: readonly Party[];
  readonly targets: readonly Target[];
  readonly application: ApplicationScript;
  /** How long each question to the DNS takes. */
  readonly dns: number;
}

const METHODS = ['MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'REGISTER', 'INFO'];
const PROVISIONAL = [100, 180, 181, 183, 199];
const FINALS: readonly (readonly number[])[] = [
  [300, 301, 302, 302, 302, 305, 380],
  [400, 401, 401, 403, 404, 407, 407, 408, 415, 420, 480, 484, 486, 486, 487, 488, 491],
  [500, 501, 502, 503, 503, 504, 580],
  [600, 603, 604, 606],
];
const FINAL_WEIGHTS = [0, 0, 1, 1, 1, 1, 1, 2, 2, 3];

/** Milliseconds, most of them short: the interesting races are near the beginning. */
function pause(random: Random, slowness: number): number {
  const kind = random.fraction() * (1 + slowness);
  if (kind < 0.4) return 1 + random.fraction() * 100;
  if (kind < 0.8) return 10 + random.fraction() * 3000;
  if (kind < 1.6) return 500 + random.fraction() * 12_000;
  if (kind < 1.97) return 5000 + random.fraction() * 35_000;
  return 150_000 + random.fraction() * 50_000;
}

function maybe<T>(random: Random, probability: number, make: () => T): T | undefined {
  return random.chance(probability) ? make() : undefined;
}

class Writer {
  readonly random: Random;
  readonly isInvite: boolean;
  /** 0: a small sequence; 2: everything. */
  readonly size: number;
  readonly names: { uri: string; alias: string }[] = [];

  constructor(readonly seed: number) {
    this.random = new Random(seed).fork('script');
    this.size = this.random.pick([0, 1, 1, 2]);
    this.isInvite = this.random.chance(0.72);
  }

  script(): Script {
    const { random, size } = this;
    const count = random.between(1, size === 0 ? 2 : 6);
    const callees = Array.from({ length: count }, (_, i) => this.callee(i));
    // Some callees have a second URI, and some targets have none.
    const places = callees.map((_, i) => [i]);
    while (size > 0 && places.length < 9 && random.chance(0.5)) {
      const kind = random.fraction();
      if (kind < 0.6) places.push([random.between(0, count - 1)]);
      else if (kind < 0.8) places.push([random.between(0, count - 1), random.between(0, count - 1)]);
      else places.push([]);
    }
    places.forEach((stations, i) => void this.names.push(this.uris(i, stations)));
    const targets = places.map((stations, i) => this.target(i, stations));
    const dns = random.chance(0.5) ? 0 : random.fraction() * 1400;
    return { seed: this.seed, caller: this.caller(), callees, targets, application: this.application(), dns };
  }

  link(): Link {
    const { random, size } = this;
    const bad = size > 0 && random.chance(0.35);
    return {
      loss: bad && random.chance(0.7) ? random.fraction() * 0.3 : 0,
      duplicate: bad && random.chance(0.5) ? random.fraction() * 0.5 : 0,
      delay: 0.5 + random.fraction() * 30,
      jitter: random.chance(0.3) ? random.fraction() * 900 : random.fraction() * 3,
    };
  }

  callee(i: number): Party {
    const { random, size } = this;
    const reach = size > 0 && random.chance(0.08) ? random.pick<Reach>(['deaf', 'refused']) : 'open';
    return { address: `10.0.1.${i + 1}`, link: this.link(), reach };
  }

  uris(i: number, stations: readonly number[]): { uri: string; alias: string } {
    const { random } = this;
    if (stations.length === 0) {
      const uri = random.pick(['sip:c@nowhere.example', 'tel:+4930123', 'sip:c@10.0.7.7;transport=sctp']);
      const own = uri.replace('sip:c', `sip:c${i}`).replace('123', `123${i}`);
      return { uri: own, alias: own };
    }
    const host = stations.length > 1 ? `c${i}.example` : `10.0.1.${present(stations[0]) + 1}`;
    const tail = random.chance(0.3) ? ';transport=tcp' : '';
    return { uri: `sip:c${i}@${host}${tail}`, alias: `SIP:%63${i}@${host}${tail}` };
  }

  target(i: number, stations: readonly number[]): Target {
    const plans = stations.map((_, hop) => this.plan(`${i}${hop === 0 ? '' : `h${hop}`}`));
    const addresses = stations.map((station) => `10.0.1.${station + 1}`);
    return { name: `c${i}`, ...present(this.names[i]), addresses, plans };
  }

  plan(name: string): Plan {
    const { random, size } = this;
    return {
      steps: this.steps(name),
      onCancel: random.pick<OnCancel>(['terminate', 'terminate', 'terminate', 'answer', 'busy', 'unknown', 'ignore']),
      cancelDelay: random.chance(0.7) ? random.fraction() * 50 : random.fraction() * 6000,
      repeats: random.chance(0.9),
      breaks: maybe(random, size > 1 ? 0.05 : 0, () => pause(random, 0.5)),
      bye: maybe(random, 0.3, () => pause(random, 0.8)),
    };
  }

  steps(name: string): Step[] {
    const { random, size } = this;
    const steps: Step[] = [];
    const story = random.fraction();
    if (story < 0.1) return steps;
    const tags = random.chance(0.25) ? 3 : 1;
    const tag = (): string => `${name}${'abc'[random.between(0, tags - 1)]}`;
    const rings = random.chance(0.6) ? random.between(1, 3) : 0;
    for (let i = 0; i < rings; i++) steps.push(this.step(random.pick(PROVISIONAL), tag(), 0.6));
    if (story < 0.2) return steps;
    if (story < 0.42) {
      steps.push(this.step(random.chance(0.8) ? 200 : 202, tag(), 1));
      while (this.isInvite && tags > 1 && random.chance(0.5)) steps.push(this.step(200, tag(), 0.3));
    } else {
      steps.push(this.step(random.pick(present(FINALS[random.pick(FINAL_WEIGHTS)])), tag(), 1));
    }
    // What should not come any more, and does.
    if (size > 1 && random.chance(0.08)) steps.push(this.step(random.pick([180, 200, 404, 600]), tag(), 0.3));
    return steps;
  }

  step(status: number, tag: string, slowness: number): Step {
    const { random } = this;
    return {
      after: pause(random, slowness),
      status,
      tag: status === 100 ? '' : tag,
      headers: this.headers(status),
      copies: random.chance(0.05) ? 2 : 1,
    };
  }

  headers(status: number): Headers {
    if (status === 401 || status === 407) return this.challenges(status);
    if (status >= 300 && status < 400) return this.contacts();
    return status === 503 ? [['Retry-After', '30']] : [];
  }

  challenges(status: 401 | 407): Headers {
    const { random } = this;
    const value = (n: number): string => `Digest realm="r${random.between(1, 4)}", nonce="n${n}"`;
    const own = status === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const names = random.chance(0.2) ? ['WWW-Authenticate', 'Proxy-Authenticate'] : [own];
    if (random.chance(0.2)) names.push(present(names[0]));
    return names.map((name): [string, string] => [name, value(random.between(1, 9))]);
  }

  contacts(): Headers {
    const { random } = this;
    const contacts: [string, string][] = [];
    for (let n = random.between(0, 3); n > 0; n--) {
      const { uri, alias } = random.pick(this.names);
      const text = random.chance(0.1) ? 'mailto:c@example.com' : random.chance(0.2) ? alias : uri;
      contacts.push(['Contact', `<${text}>${random.chance(0.5) ? `;q=0.${random.between(1, 9)}` : ''}`]);
    }
    return contacts;
  }

  caller(): CallerScript {
    const { random, size } = this;
    return {
      address: '10.0.0.1',
      link: this.link(),
      reach: 'open',
      transport: random.chance(0.3) ? 'TCP' : 'UDP',
      method: this.isInvite ? 'INVITE' : random.pick(METHODS),
      bodySize: random.chance(0.05) ? 1400 : random.pick([0, 40]),
      cancelAt: maybe(random, this.isInvite ? 0.3 : 0, () => pause(random, 0.9)),
      cancelsEarly: random.chance(0.1),
      bye: maybe(random, 0.6, () => pause(random, 0.8)),
      vanishesAt: maybe(random, size > 1 ? 0.1 : 0, () => pause(random, 0.8)),
    };
  }

  application(): ApplicationScript {
    const { random, size, names } = this;
    const handlers = HANDLERS.filter(() => random.chance(0.75));
    return {
      handlers,
      supervised: random.chance(0.85),
      parallel: random.chance(0.6),
      recurse: random.chance(0.7),
      recordRoute: random.chance(0.4),
      noCancel: random.chance(0.15),
      timeout: maybe(random, 0.7, () => 1 + random.fraction() * (random.chance(0.5) ? 10 : 39)),
      initial: random.between(1, Math.min(6, names.length)),
      acts: size === 0 ? random.pick([0, 0.3]) : random.pick([0, 0.2, 0.5, 0.8]),
      slow: size === 0 ? 0 : random.pick([0, 0, 0.2, 0.5]),
      throws: random.pick([0, 0, 0.1]),
    };
  }
}

export function scriptOf(seed: number): Script {
  return new Writer(seed).script();
}
