// Plays the call of a seed and says what was wrong with it.

import { deploy, type LogEntry, Rig, stackOf } from '../fuzz/rig.js';
import { Sip } from '../fuzz/text.js';
import { CONTAINER } from '../fuzz/wires.js';
import { drawLadder } from '../world/ladder.js';
import { Account } from './account.js';
import { Agent } from './agent.js';
import { disagreements } from './agreement.js';
import { Application, perform, Scripted, sipletOf } from './applications.js';
import { type Part, type Plan, planOf, type Style } from './plan.js';

export class Call {
  readonly faults: string[] = [];
  readonly plan: Plan;
  readonly #rig: Rig;
  readonly #caller: Agent;
  readonly #callees: Agent[];
  readonly #applications = new Map<string, Application>();
  readonly #notes: string[] = [];

  constructor(
    readonly seed: number,
    style: Style,
  ) {
    const { plan, answer } = planOf(seed, style);
    this.plan = plan;
    const fault = (text: string): void => this.fault(text);
    this.#rig = new Rig(seed, { logged: (...entry) => this.#logged(...entry), fault }, true);
    const account = new Account(
      fault,
      plan.recipes.some(({ slow }) => slow > 0),
    );
    this.#account = account;
    this.#rig.wires.watch = {
      sent: (wire, to) => this.#read(wire, (sip) => account.sent(sip, to)),
      received: (wire) => this.#read(wire, (sip) => account.received(sip)),
      failed: () => {},
      travels: (...leg) => this.#rig.travels(...leg),
    };
    this.#caller = this.#agent(plan.caller);
    this.#callees = plan.callees.map((part) => this.#agent(part));
    for (const callee of this.#callees) {
      const random = this.#rig.random.fork(`${callee.name} answers`);
      callee.answers = () => answer(random);
    }
  }

  readonly #account: Account;

  fault(text: string): void {
    this.faults.push(`${(this.#rig.clock.now() / 1000).toFixed(3)} s: ${text}`);
  }

  #read(wire: string, take: (sip: Sip) => void): void {
    if (wire.trim() === '') return;
    try {
      take(new Sip(wire));
    } catch (error) {
      this.fault(`what is not SIP: ${error}`);
    }
  }

  #agent({ character, restlessness }: Part): Agent {
    const { wires, random } = this.#rig;
    const agent = new Agent(wires, character, random.fork(character.name), (text) => this.fault(text));
    agent.restlessness = restlessness;
    for (const address of [character.address, character.proxy])
      if (address !== undefined) wires.stations.set(address, agent);
    return agent;
  }

  /** Plays it to the end: until nothing is to come any more. */
  async run(): Promise<this> {
    const rig = this.#rig;
    const deployed = [];
    for (const [i, recipe] of this.plan.recipes.entries()) {
      const name = `a${i + 1}`;
      deployed.push(await deploy(name, `call ${recipe.handlers}`, () => sipletOf(name, recipe.handlers)));
      this.#applications.set(name, this.#application(name));
    }
    await rig.start(deployed, {});
    perform(this.#applications);
    this.#caller.invite(this.plan.call);
    await rig.quiet();
    for (const text of disagreements(this.#caller, this.#callees)) this.fault(text);
    for (const [, sip] of this.#account.unanswered) this.fault(`the container has not answered ${sip} ${sip.cseq}`);
    await this.#hangUp();
    await rig.end();
    for (const { name, bridged } of this.#applications.values())
      if (bridged > 0) this.fault(`${name}: bridge.ended has not resolved`);
    perform(new Map());
    return this;
  }

  #application(name: string): Application {
    const { wires, random } = this.#rig;
    return new Application(name, this.plan.recipes[Number(name.slice(1)) - 1] as never, {
      random: random.fork(name),
      sleep: (ms) => this.#rig.sleep(ms),
      after: (ms, job) => wires.after(ms, job),
      fault: (text) => this.fault(`${name}: ${text}`),
      note: (text) => void this.#notes.push(`${(this.#rig.clock.now() / 1000).toFixed(3).padStart(9)} ${text}`),
    });
  }

  /** Either side hangs up what still stands; the other hears of it. */
  async #hangUp(): Promise<void> {
    const sides = [[this.#caller], this.#callees];
    if (this.#rig.random.chance(0.5)) sides.reverse();
    for (const side of sides) {
      for (const agent of side) for (const dialog of agent.standing) agent.hangUp(dialog);
      await this.#rig.quiet();
      // A call that the application answered has no callee.
      const left = side === sides[0] ? sides[1]?.flatMap(({ standing }) => standing) : [];
      for (const dialog of left ?? [])
        if (!dialog.offers.remote.includes('o=application'))
          this.fault(`the dialog ${dialog.localTag} stands after the other side has hung up`);
    }
  }

  /** Failures that the plan asked for, and peers that cannot be reached, are told as such; nothing else goes wrong. */
  #logged(level: 'warn' | 'error', { err }: LogEntry, text: string): void {
    if (/ failed$/.test(text) && (err instanceof Scripted || (err as Error)?.name === 'HandlerTimeout')) return;
    if (level === 'warn' && /cannot be sent|way back to the caller|neither answered nor/.test(text)) return;
    this.fault(`the container has logged: ${text}${err === undefined ? '' : `: ${stackOf(err)}`}`);
  }

  get ladder(): string {
    const names = new Map([[CONTAINER, 'siplet']]);
    for (const { character } of [this.plan.caller, ...this.plan.callees])
      for (const address of [character.address, character.proxy])
        if (address !== undefined) names.set(address, character.name);
    return drawLadder(this.#rig.transmissions, ({ address }) => names.get(address), {
      participants: ['alice', 'siplet', ...this.#callees.map(({ name }) => name)],
      note: (message) =>
        `${message.toTag ?? ''}${message.body === '' ? '' : ` ${/o=(\S+ \d+ \d+)/.exec(message.body)?.[1] ?? '+'}`}`,
    });
  }

  /** Seed, faults, plan, what the applications did, and the ladder. */
  get report(): string {
    const { caller, callees, call, recipes } = this.plan;
    return [
      `seed ${this.seed}`,
      ...this.faults.map((fault) => `  ${fault}`),
      '',
      `call ${JSON.stringify(call)}`,
      ...[caller, ...callees].map((part) => JSON.stringify(part)),
      ...recipes.map((recipe, i) => `a${i + 1} ${JSON.stringify(recipe)}`),
      '',
      ...this.#notes,
      '',
      this.ladder,
    ].join('\n');
  }
}

export async function played(seed: number, style: Style): Promise<Call> {
  return new Call(seed, style).run();
}
