// What one call takes from its account: money in advance for the next stretch, and back what is left when it ends.
import type { Accounts } from './accounts.js';
import { type Amount, costOf, secondsFor, type Tariff } from './tariff.js';

export class Meter {
  #paid: Amount = 0;
  #isClosed = false;

  constructor(
    private readonly accounts: Accounts,
    readonly account: string,
    readonly tariff: Tariff,
  ) {}

  /** Seconds from the answer for which it is paid; -1 when it is not paid at all. */
  get seconds(): number {
    return secondsFor(this.#paid, this.tariff);
  }

  /**
   * Pays for so many seconds from the answer, or for as many as the account allows. What buys no further
   * second is left in the account.
   */
  async extendTo(seconds: number): Promise<void> {
    if (this.#isClosed || this.seconds >= seconds) return;
    const taken = await this.accounts.withdraw(this.account, costOf(seconds, this.tariff) - this.#paid);
    if (this.#isClosed) return this.accounts.deposit(this.account, taken);
    this.#paid += taken;
    await this.#giveBack(this.seconds < 0 ? 0 : costOf(this.seconds, this.tariff));
  }

  /**
   * The call has ended after so many seconds; undefined is that it was not answered, and costs
   * nothing. A second time does nothing.
   */
  async close(seconds: number | undefined): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#giveBack(seconds === undefined ? 0 : costOf(seconds, this.tariff));
  }

  /** All but this. */
  async #giveBack(needed: Amount): Promise<void> {
    const rest = this.#paid - needed;
    if (rest <= 0) return;
    this.#paid = needed;
    await this.accounts.deposit(this.account, rest);
  }
}
