// The host's own table of names (hosts(5)), read again after a while. localhost is always loopback, whatever the file
// says (RFC 6761 §6.3).
import { readFile } from 'node:fs/promises';
import type { Clock } from '../base/clock.js';
import { familyOf } from './address.js';

interface NumericAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

const LOOPBACK: readonly NumericAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
const FRESH = 5_000;

export class HostsFile {
  readonly #clock: Clock;
  readonly #path: string;
  #table: Promise<ReadonlyMap<string, NumericAddress[]>> | undefined;
  #readAt = 0;

  constructor(
    clock: Clock,
    path = process.platform === 'win32' ? `${process.env.SystemRoot}\\System32\\drivers\\etc\\hosts` : '/etc/hosts',
  ) {
    this.#clock = clock;
    this.#path = path;
  }

  /** Undefined when the file does not contain the name. */
  async addresses(host: string): Promise<NumericAddress[] | undefined> {
    const name = host.toLowerCase().replace(/\.$/, '');
    if (name === 'localhost' || name.endsWith('.localhost')) return [...LOOPBACK];
    const now = this.#clock.now();
    if (this.#table === undefined || now - this.#readAt > FRESH) {
      this.#readAt = now;
      this.#table = readFile(this.#path, 'latin1').then(tableOf, () => new Map());
    }
    return (await this.#table).get(name);
  }
}

function tableOf(text: string): Map<string, NumericAddress[]> {
  const table = new Map<string, NumericAddress[]>();
  for (const line of text.split('\n')) {
    const comment = line.indexOf('#');
    const [address = '', ...names] = (comment < 0 ? line : line.slice(0, comment)).trim().split(/\s+/);
    const family = familyOf(address);
    if (family === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase();
      const known = table.get(key);
      if (known === undefined) table.set(key, [{ address, family }]);
      else known.push({ address, family });
    }
  }
  return table;
}
