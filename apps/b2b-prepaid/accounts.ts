// Balances. Calls pay in advance, a little at a time, and get back what they have not used. So the calls of one account
// never spend more than it has.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Config, DialPlan, Injectable } from '@siplet/sdk';
import type { Settings } from './settings.js';
import { type Amount, UNIT } from './tariff.js';

/**
 * Balances in a JSON file, `{ "alice": 4.2 }`, or in memory alone. The file is read and written whole at each step and
 * replaced at once. So two versions of the application can share it while one drains, and a crash leaves either the
 * old file or the new one. For thousands of accounts bind a class with the same three methods that asks a database.
 */
@Injectable('Singleton')
export class Accounts {
  readonly #file: string | undefined;
  readonly #numbers: DialPlan;
  /** What is configured; without a file, what accounts have now. */
  #balances: ReadonlyMap<string, Amount>;
  /** Deposits that could not be written: they are added at the next step. */
  readonly #owed = new Map<string, Amount>();

  /** Throws when the file cannot be read. */
  constructor(
    @Config() { file, accounts, numbers = new DialPlan() }: Pick<Settings, 'file' | 'accounts'> & Partial<Settings>,
  ) {
    this.#numbers = numbers;
    this.#file = file;
    this.#balances = accounts;
    if (file === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    this.#read();
  }

  /** Whether there is such an account. */
  async has(account: string): Promise<boolean> {
    return this.#read().has(account);
  }

  /** Takes up to `most` off the balance. Resolves with the amount taken. */
  async withdraw(account: string, most: Amount): Promise<Amount> {
    const balances = this.#read();
    const balance = balances.get(account) ?? 0;
    const taken = Math.max(0, Math.min(balance, most));
    if (taken > 0) this.#write(balances.set(account, balance - taken));
    return taken;
  }

  /** Puts an amount back. */
  async deposit(account: string, amount: Amount): Promise<void> {
    this.#owed.set(account, (this.#owed.get(account) ?? 0) + amount);
    this.#write(this.#read());
  }

  #read(): Map<string, Amount> {
    const balances = new Map(this.#balances);
    if (this.#file !== undefined)
      for (const [account, amount] of balancesIn(this.#file)) balances.set(this.#numbers.canonical(account), amount);
    for (const [account, amount] of this.#owed) balances.set(account, (balances.get(account) ?? 0) + amount);
    return balances;
  }

  #write(balances: ReadonlyMap<string, Amount>): void {
    if (this.#file === undefined) this.#balances = balances;
    else {
      const units = Object.fromEntries([...balances].map(([account, amount]) => [account, amount / UNIT]));
      writeFileSync(`${this.#file}.new`, `${JSON.stringify(units, null, 2)}\n`);
      renameSync(`${this.#file}.new`, this.#file);
    }
    this.#owed.clear();
  }
}

function balancesIn(file: string): [account: string, amount: Amount][] {
  return Object.entries(objectIn(file)).map(([account, units]) => {
    if (typeof units !== 'number' || !Number.isFinite(units))
      throw new Error(`${file}: the balance of ${JSON.stringify(account)} is not a number`);
    return [account, Math.round(units * UNIT)];
  });
}

/** Empty when there is no such file yet. */
function objectIn(file: string): object {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return Object(JSON.parse(text)) as object;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}
