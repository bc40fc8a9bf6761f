// The fuzz itself is put to the test: with one rule of the container bent at a time, it has to find a sequence that
// shows it.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { present } from '../../container/base/present.js';
import { played } from './run.js';

interface Mutant {
  /** What is bent. */
  readonly name: string;
  /** The module, and what it exports instead. */
  readonly module: string;
  readonly bend: (actual: never) => object;
  /** What has to be found, and in how many sequences. */
  readonly fault: RegExp;
  readonly within: number;
  /** The first sequence that has shown it; all are searched again when it does not. */
  readonly seed: number;
}

interface Final {
  readonly response: { readonly status: number };
}

const MUTANTS: readonly Mutant[] = [
  {
    name: '§16.7 step 6: the lowest number is the best response',
    module: '../../container/proxy/best-response.js',
    bend: (actual: object) => ({
      ...actual,
      bestResponse: (all: readonly Final[]) => all.toSorted((a, b) => a.response.status - b.response.status)[0],
    }),
    fault: /is better \(C-15\)/,
    within: 300,
    seed: 1,
  },
  {
    name: '§16.7 step 7: challenges of others are left out',
    module: '../../container/proxy/best-response.js',
    bend: (actual: object) => ({ ...actual, aggregateChallenges() {} }),
    fault: /lacks (www|proxy)-authenticate/,
    within: 1000,
    seed: 791,
  },
  {
    name: '§16.5: a target is tried as often as it is named',
    module: '../../container/proxy/target-set.js',
    bend: (actual: { TargetSet: new () => object }) => ({
      ...actual,
      TargetSet: class {
        add() {
          return true;
        }
      },
    }),
    fault: /is tried again \(C-19\)/,
    within: 100,
    seed: 1,
  },
  {
    name: '§16.7 step 4: only the first Contact of a 3xx is tried',
    module: '../../container/proxy/target-set.js',
    bend: (actual: { contactsOf(...args: unknown[]): string[] }) => ({
      ...actual,
      contactsOf: (...args: unknown[]) => actual.contactsOf(...args).slice(0, 1),
    }),
    fault: /never tried/,
    within: 6000,
    seed: 384,
  },
  {
    name: '§9.1: a CANCEL does not wait for a provisional response',
    module: '../../container/transaction/invite-client.js',
    bend: (actual: { INVITE_CLIENT: { states: Record<string, object> } }) => {
      const { INVITE_CLIENT: table } = actual;
      const calling = { ...table.states.calling, cancel: ['calling', 'sendCancel'] };
      return { ...actual, INVITE_CLIENT: { ...table, states: { ...table.states, calling } } };
    },
    fault: /a CANCEL before a provisional response/,
    within: 300,
    seed: 1,
  },
  {
    name: '§17.1.1.2: a final response that comes again is not acknowledged again',
    module: '../../container/transaction/invite-client.js',
    bend: (actual: { INVITE_CLIENT: { states: Record<string, object> } }) => {
      const { INVITE_CLIENT: table } = actual;
      const completed = { ...table.states.completed, '300-699': ['completed'] };
      return { ...actual, INVITE_CLIENT: { ...table, states: { ...table.states, completed } } };
    },
    fault: /was not acknowledged/,
    within: 300,
    seed: 6,
  },
  {
    name: 'C-10a: a second 2xx stays here',
    module: '../../container/transaction/invite-server.js',
    bend: (actual: { INVITE_SERVER: { states: Record<string, Record<string, unknown>> } }) => {
      const { INVITE_SERVER: table } = actual;
      const { send2xx: _, ...accepted } = present(table.states.accepted);
      return { ...actual, INVITE_SERVER: { ...table, states: { ...table.states, accepted } } };
    },
    fault: /did not go upstream \(C-10/,
    within: 1000,
    seed: 122,
  },
  {
    name: 'C-43: handlers of a session do not wait for each other',
    module: '../../container/session/mailbox.js',
    bend: (actual: { Mailbox: new (caller: unknown, application: unknown) => { post(job: unknown): void } }) => ({
      ...actual,
      Mailbox: class extends actual.Mailbox {
        constructor(
          readonly own: unknown,
          readonly theirs: unknown,
        ) {
          super(own, theirs);
        }

        override post(job: unknown) {
          new actual.Mailbox(this.own, this.theirs).post(job);
        }
      },
    }),
    fault: /C-43/,
    within: 300,
    seed: 1,
  },
  {
    name: 'a dialog set is never forgotten',
    module: '../../container/session/dialog-set.js',
    bend: (actual: { DialogSet: { prototype: { sessionEnded(): void } } }) => {
      actual.DialogSet.prototype.sessionEnded = () => {};
      return { ...actual };
    },
    fault: /dialogSets? (is|are) left/,
    within: 100,
    seed: 1,
  },
];

describe('the fuzz finds what is bent', () => {
  afterEach(() => {
    vi.doUnmock(current);
    vi.resetModules();
  });
  let current = '';

  for (const { name, module, bend, fault, within, seed: shown } of MUTANTS) {
    test(name, async () => {
      current = module;
      vi.resetModules();
      vi.doMock(module, async (original) => bend((await original()) as never));
      const bent = await import('./run.js');
      const seed = (await bent.firstFault(fault, 1, shown)) ?? (await bent.firstFault(fault, within));
      expect(seed, `nothing found in ${within} sequences`).toBeLessThanOrEqual(within);
      // As it is, the container has no such fault there.
      expect((await played(present(seed))).faults.filter((one) => fault.test(one))).toEqual([]);
    }, 60_000);
  }
});
