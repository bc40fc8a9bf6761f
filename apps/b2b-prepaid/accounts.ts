// Balances. Calls take money in advance, a little at a time, and give back what they have not used: so calls of one
// account never spend more than it has.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServiceIdentifier } from 'inversify';
import { type Amount, UNIT } from './tariff.js';

/** A database may stand behind it: bind another one to ACCOUNTS. */
export interface Accounts {
  /** Whether there is such an account. */
  has(account: string): Promise<boolean>;
  /** Takes up to `most` off the balance, and tells how much it was. */
  withdraw(account: string, most: Amount): Promise<Amount>;
  /** Puts it back. */
  deposit(account: string, amount: Amount): Promise<void>;
}

export const ACCOUNTS: ServiceIdentifier<Accounts> = Symbol.for('b2b-prepaid.ACCOUNTS');

/** Balances in memory: each start, and each new version of the application, begins with what is configured. */
export class AccountsInMemory implements Accounts {
  readonly #balances: Map<string, Amount>;

  constructor(balances: ReadonlyMap<string, Amount>) {
    this.#balances = new Map(balances);
  }

  async has(account: string): Promise<boolean> {
    return this.#balances.has(account);
  }

  async withdraw(account: string, most: Amount): Promise<Amount> {
    const balance = this.#balances.get(account) ?? 0;
    const taken = Math.max(0, Math.min(balance, most));
    if (taken > 0) this.#balances.set(account, balance - taken);
    return taken;
  }

  async deposit(account: string, amount: Amount): Promise<void> {
    this.#balances.set(account, (this.#balances.get(account) ?? 0) + amount);
  }
}

/**
 * Balances in a JSON file, `{ "alice": 4.2 }`. It is read and written whole at each step and replaced in one, so that
 * two versions of the application, of which one drains, share it, and a crash leaves the old file or the new one. For
 * thousands of accounts take a database.
 */
export class AccountsInFile implements Accounts {
  /** What could not be written, and is put back at the next step. */
  readonly #owed = new Map<string, Amount>();

  /** Accounts that are not in the file have these balances. */
  constructor(
    private readonly file: string,
    private readonly balances: ReadonlyMap<string, Amount>,
  ) {
    mkdirSync(dirname(file), { recursive: true });
    this.#read();
  }

  async has(account: string): Promise<boolean> {
    return this.#read().has(account);
  }

  async withdraw(account: string, most: Amount): Promise<Amount> {
    const balances = this.#read();
    const balance = balances.get(account) ?? 0;
    const taken = Math.max(0, Math.min(balance, most));
    if (taken > 0) this.#write(balances.set(account, balance - taken));
    return taken;
  }

  async deposit(account: string, amount: Amount): Promise<void> {
    this.#owed.set(account, (this.#owed.get(account) ?? 0) + amount);
    this.#write(this.#read());
  }

  #read(): Map<string, Amount> {
    const balances = new Map(this.balances);
    for (const [account, units] of Object.entries(this.#parsed())) {
      if (typeof units !== 'number' || !Number.isFinite(units))
        throw new Error(`${this.file}: the balance of ${JSON.stringify(account)} is no number`);
      balances.set(account, Math.round(units * UNIT));
    }
    for (const [account, amount] of this.#owed) balances.set(account, (balances.get(account) ?? 0) + amount);
    return balances;
  }

  #parsed(): object {
    let text: string;
    try {
      text = readFileSync(this.file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
    try {
      return Object(JSON.parse(text)) as object;
    } catch (error) {
      throw new Error(`${this.file} is no JSON: ${(error as Error).message}`);
    }
  }

  #write(balances: ReadonlyMap<string, Amount>): void {
    const units = Object.fromEntries([...balances].map(([account, amount]) => [account, amount / UNIT]));
    const fresh = `${this.file}.new`;
    writeFileSync(fresh, `${JSON.stringify(units, null, 2)}\n`);
    renameSync(fresh, this.file);
    this.#owed.clear();
  }
}
