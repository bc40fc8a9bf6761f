// Which version of a stateless siplet a request belongs to (RULES.md section 6): after a redeployment or a removal the
// former version is asked for CANCELs, ACKs and repeats of what it has routed, for 64*T1.
import type { Clock, Deadline, Timed } from '../base/clock.js';
import type { Request, Uri } from '../message/index.js';
import type { Flow } from '../transport/flow.js';

/**
 * Where a stateless siplet sends a request: wire text of the target's URI; undefined when it names none. Must not
 * throw.
 */
export type StatelessRoute = (request: Request, flow: Flow, popped: Uri | undefined) => string | undefined;

/** How many of the last requests are known. Older ones are overwritten in no particular order. */
const REMEMBERED = 1 << 18;
/** How many versions can be told from each other: the low bits of an entry. */
const VERSIONS = 16;

export class FormerRoutes implements Timed {
  /** By one hash of the branch: another hash, and the version. Made with the first request. */
  #table: Uint32Array | undefined;
  readonly #versions: (StatelessRoute | undefined)[] = new Array(VERSIONS).fill(undefined);
  /** Undefined where a version is in service, as far as is known. */
  readonly #until: (number | undefined)[] = new Array(VERSIONS).fill(undefined);
  #newest = -1;
  #deadline: Deadline | undefined;

  constructor(
    private readonly clock: Clock,
    /** Milliseconds: 64*T1. */
    private readonly time: number,
  ) {}

  /** Versions are kept that may be out of service. */
  get hasFormer(): boolean {
    return this.#deadline !== undefined;
  }

  /** The version that has routed the request with this branch before; otherwise `route`, which is remembered. */
  of(branch: string, route: StatelessRoute | undefined): StatelessRoute | undefined {
    let place = 0;
    let mark = 0x811c_9dc5;
    for (let i = 0; i < branch.length; i++) {
      const code = branch.charCodeAt(i);
      place = (Math.imul(place, 31) + code) | 0;
      mark = Math.imul(mark ^ code, 0x0100_0193);
    }
    this.#table ??= new Uint32Array(REMEMBERED);
    const at = (place ^ (place >>> 15)) & (REMEMBERED - 1);
    const entry = this.#table[at] ?? 0;
    if (entry !== 0 && ((entry ^ mark) & ~(VERSIONS - 1)) === 0) {
      const known = this.#versions[entry & (VERSIONS - 1)];
      if (known !== undefined) return known;
    }
    if (route === undefined) return undefined;
    this.#table[at] = ((mark & ~(VERSIONS - 1)) | this.#versionOf(route)) >>> 0;
    return route;
  }

  /** Applications were deployed or removed. Those that remain show it with their next request. */
  changed(): void {
    if (this.#newest < 0) return;
    const until = this.clock.now() + this.time;
    for (let i = 0; i < VERSIONS; i++) if (this.#versions[i] !== undefined) this.#until[i] ??= until;
    this.#deadline ??= this.clock.start(this.time, this, 'former');
  }

  expire(): void {
    this.#deadline = undefined;
    const now = this.clock.now();
    let next = Number.POSITIVE_INFINITY;
    this.#until.forEach((until, i) => {
      if (until === undefined) return;
      if (until > now) next = Math.min(next, until);
      else this.#versions[i] = this.#until[i] = undefined;
    });
    if (next < Number.POSITIVE_INFINITY) this.#deadline = this.clock.start(next - now, this, 'former');
  }

  #versionOf(route: StatelessRoute): number {
    let version = this.#versions[Math.max(0, this.#newest)] === route ? this.#newest : this.#versions.indexOf(route);
    if (version < 0) {
      version = (this.#newest + 1) % VERSIONS;
      this.#newest = version;
      this.#versions[version] = route;
    }
    this.#until[version] = undefined;
    return version;
  }
}
