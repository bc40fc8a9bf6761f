// apps.b2b-prepaid of siplet.yaml: accounts, rates, and when the caller is warned.
import { SipUri, TelUri, type Uri } from '@siplet/sdk';
import { amount, count, expect, type Kind, positive, Section, text } from './section.js';
import { type Amount, type Tariff, UNIT } from './tariff.js';

interface Warning {
  /** Before the end; 0 is no warning. */
  readonly seconds: number;
  readonly method: 'INFO' | 'MESSAGE';
  /** '%d' is the number of seconds that are left. */
  readonly text: string;
}

export class Settings {
  /** What accounts begin with. */
  readonly accounts: ReadonlyMap<string, Amount>;
  /** Where balances are kept; undefined is in memory alone. */
  readonly file: string | undefined;
  /** Seconds that a call takes from its account at a time. */
  readonly reserve: number;
  readonly warning: Warning;
  readonly #rates: ReadonlyMap<string, Tariff>;

  /** Throws an Error that names every fault of the section. */
  constructor(section: unknown) {
    const read = Section.read(section, 'apps.b2b-prepaid', (all) => ({
      accounts: all.section('accounts', (each) => each.values(money)),
      file: all.take('file', text, undefined),
      reserve: all.take('reserve', positive, 60),
      warning: all.section('warning', warningOf),
      rates: all.section('rates', (each) => each.each(tariffOf)),
    }));
    this.accounts = read.accounts;
    this.file = read.file;
    this.reserve = read.reserve;
    this.warning = read.warning;
    this.#rates = read.rates;
  }

  /** The rate of the longest prefix; undefined: the call is free. */
  tariffFor(uri: Uri): Tariff | undefined {
    const number = numberIn(uri);
    for (let length = number.length; length > 0; length--) {
      const tariff = this.#rates.get(number.slice(0, length));
      if (tariff !== undefined) return tariff;
    }
    return undefined;
  }
}

/** '+' and digits, as dialled; '' for a name. */
function numberIn(uri: Uri): string {
  const written = uri instanceof TelUri ? uri.number : uri instanceof SipUri ? (uri.user ?? '') : '';
  const [beginning = ''] = written.split(';');
  const number = beginning.replace(/[-.()]/g, '');
  return /^\+?\d{1,24}$/.test(number) ? number : '';
}

const money: Kind<Amount> = (value) => Math.round(amount(value) * UNIT);

function tariffOf(section: Section): Tariff {
  return {
    connection: section.take('connection', money, 0),
    perMinute: section.need('perMinute', money, 0),
    interval: section.take('interval', seconds, 1),
    minimum: section.take('minimum', count, 0),
  };
}

function warningOf(section: Section): Warning {
  return {
    seconds: section.take('seconds', count, 30),
    method: section.take('method', method, 'INFO'),
    text: section.take('text', text, 'Your call ends in %d seconds.'),
  };
}

const seconds: Kind<number> = (value) => expect(count(value) > 0, 'must be a whole number above 0', value as number);

const method: Kind<'INFO' | 'MESSAGE'> = (value) =>
  expect(value === 'INFO' || value === 'MESSAGE', 'must be INFO or MESSAGE', value as 'INFO');
