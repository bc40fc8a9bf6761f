// Runs one sequence: a new engine on virtual time and lean wires, a caller, callees, and the application of the script;
// keeps what happened.
import { parseConfiguration } from '../../container/configuration/configuration.js';
import { drawLadder } from '../world/ladder.js';
import { Application, play, Scripted, sipletWith } from './application.js';
import { Callee } from './callee.js';
import { Caller } from './caller.js';
import { describe, type Entry } from './journal.js';
import { deploy, type LogEntry, Rig, stackOf } from './rig.js';
import { type Script, scriptOf } from './script.js';
import { Sip } from './text.js';
import { CONTAINER, type Transport } from './wires.js';

/**
 * A subscription ends by silence here: nobody sends NOTIFY. Anything else that has to be forgotten was not ended as it
 * should be.
 */
const OF_SUBSCRIPTION = parseConfiguration('limits: { dialogIdle: 2h }');

export class Sequence {
  readonly entries: Entry[] = [];
  /** What went wrong, in words. */
  readonly faults: string[] = [];
  readonly caller: Caller;
  readonly callees: Callee[];
  readonly script: Script;
  readonly #rig: Rig;

  constructor(readonly seed: number) {
    this.script = scriptOf(seed);
    // Promises locate a target that is not an address.
    const resolves = this.script.targets.some(({ uri }) => /\.example|^tel:|sctp/.test(uri));
    const rig = new Rig(
      seed,
      { logged: (level, entry, text) => this.#logged(level, entry, text), fault: (text) => this.fault(text) },
      resolves,
    );
    this.#rig = rig;
    rig.wires.watch = {
      sent: (wire, to, transport, line) => this.#packet('out', wire, to, transport, line),
      received: (wire, from, transport, line) => this.#packet('in', wire, from, transport, line),
      failed: (peer, wire, line) =>
        void this.entries.push({
          kind: 'failed',
          index: this.entries.length,
          time: rig.clock.now(),
          peer,
          wire,
          line,
        }),
      travels: (from, to, transport, wire, copies) => rig.travels(from, to, transport, wire, copies),
    };
    this.caller = new Caller(rig.wires, this.script.caller);
    this.callees = this.script.callees.map(
      (party) => new Callee(rig.wires, party, this.script.targets, (text) => this.fault(text)),
    );
    for (const peer of [this.caller, ...this.callees]) rig.wires.stations.set(peer.address, peer);
  }

  fault(text: string): void {
    this.faults.push(`${(this.#rig.clock.now() / 1000).toFixed(3)} s: ${text}`);
  }

  #packet(kind: 'in' | 'out', wire: string, peer: string, transport: Transport, line: number): void {
    if (wire.trim() === '') return;
    const index = this.entries.length;
    try {
      this.entries.push({ kind, index, time: this.#rig.clock.now(), peer, transport, line, sip: new Sip(wire) });
    } catch (error) {
      this.fault(`${kind === 'out' ? 'the container has sent' : 'a peer has sent'} what is not SIP: ${error}`);
    }
  }

  #names(): Map<string, readonly string[]> {
    const names = new Map<string, readonly string[]>();
    for (const { uri, addresses } of this.script.targets) {
      const host = /@([^;]*)/.exec(uri)?.[1];
      if (host?.endsWith('.example') && addresses.length > 0) names.set(host, addresses);
    }
    return names;
  }

  /** Plays it to the end: until nothing is to come any more. */
  async run(): Promise<this> {
    const rig = this.#rig;
    const { clock, wires } = rig;
    const { handlers } = this.script.application;
    const fuzz = await deploy('fuzz', handlers.join(' '), () => sipletWith(handlers));
    await rig.start([fuzz], {
      ...(this.script.caller.method === 'SUBSCRIBE' && { configuration: OF_SUBSCRIPTION }),
      names: this.#names(),
      dns: this.script.dns,
    });
    const application = new Application(this.script, {
      random: rig.random.fork('application'),
      now: () => clock.now(),
      sleep: (ms) => rig.sleep(ms),
      after: (ms, job) => wires.after(ms, job),
      note: (act) =>
        void this.entries.push({ kind: 'app', index: this.entries.length, time: clock.now(), ...act } as never),
      stir: () => rig.stir(),
      fault: (text) => this.fault(text),
    });
    play(application);
    this.caller.start();
    await rig.quiet();
    // A dialog that goes through the container stands until somebody ends it.
    for (const callee of this.callees) {
      for (const dialog of callee.standing) callee.hangUp(dialog);
    }
    await rig.end();
    play(undefined);
    return this;
  }

  /**
   * Failures that the script asked for, and peers that cannot be reached, are told as such; nothing else goes wrong.
   */
  #logged(level: 'warn' | 'error', { err }: LogEntry, text: string): void {
    const expected = / failed$/.test(text) && (err instanceof Scripted || (err as Error)?.name === 'HandlerTimeout');
    if (expected || (level === 'warn' && /cannot be sent|way back to the caller|neither answered nor/.test(text)))
      return;
    this.fault(`the container has logged: ${text}${err === undefined ? '' : `: ${stackOf(err)}`}`);
  }

  get ladder(): string {
    const names = new Map([
      [CONTAINER, 'siplet'],
      [this.caller.address, 'caller'],
    ]);
    this.callees.forEach(({ address }, i) => void names.set(address, `c@${i + 1}`));
    const columns = ['caller', 'siplet', ...this.callees.map((_, i) => `c@${i + 1}`)];
    return drawLadder(this.#rig.transmissions, ({ address }) => names.get(address), {
      participants: columns,
      note: (message) => message.header('X-Id') ?? (message.isRequest ? /:(?:c|%63)\d+/.exec(message.uri)?.[0] : ''),
    });
  }

  /** Seed, script, what happened at the container's edge, and the ladder. */
  get report(): string {
    const { application, caller, callees, targets } = this.script;
    const lines = [
      `seed ${this.seed}`,
      ...this.faults.map((fault) => `  ${fault}`),
      '',
      `application ${JSON.stringify(application)}`,
      `caller ${JSON.stringify(caller)}`,
      ...callees.map((callee) => `callee ${JSON.stringify(callee)}`),
      ...targets.flatMap(({ name, uri, addresses, plans }) => [
        `target ${name} ${uri} at ${addresses.join(', ')}`,
        ...plans.map((plan) => `  ${JSON.stringify(plan)}`),
      ]),
      '',
      ...this.entries.map(describe),
      '',
      this.ladder,
    ];
    return lines.join('\n');
  }
}
