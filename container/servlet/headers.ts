// The header fields of a message as an application sees them: text instead of octets; it may read system headers, but
// not write them (JSR 289 §5.4.2).
import type * as sdk from '@siplet/sdk';
import { Address, IllegalStateError, Parameterable } from '@siplet/sdk';
import { splitList } from '@siplet/sdk/grammar';
import {
  type Field,
  isList,
  keyOf,
  type Message,
  Party,
  type Request,
  type Response,
  textOf,
  wireOf,
} from '../message/index.js';

/** Written by the container alone. */
const SYSTEM = new Set(['via', 'call-id', 'cseq', 'record-route', 'route', 'max-forwards', 'content-length']);

/** The message that has these header fields. */
interface HeaderOwner {
  /** Throws when the message has been sent, and when the header would have no effect in it. */
  assertMayWrite(key: string, name: string): void;
}

export class Headers implements sdk.SipHeaders {
  readonly #message: Message;
  readonly #owner: HeaderOwner;
  /** The header fields that the application has written, by their names as it wrote them. */
  written: Map<string, string> | undefined;

  constructor(message: Message, owner: HeaderOwner) {
    this.#message = message;
    this.#owner = owner;
  }

  get(name: string): string | undefined {
    const field = this.#message.first(keyOf(name));
    if (field === undefined) return undefined;
    const { value } = field;
    return textOf(value.includes(',') ? (valuesIn(field)[0] ?? '') : value);
  }

  getAll(name: string): string[] {
    return this.#message.values(keyOf(name)).map(textOf);
  }

  has(name: string): boolean {
    return this.#message.has(keyOf(name));
  }

  names(): string[] {
    const seen = new Set<string>();
    const names: string[] = [];
    for (const field of this.#message.fields) {
      if (seen.has(field.key)) continue;
      seen.add(field.key);
      names.push(field.name);
    }
    return names;
  }

  keys(): IterableIterator<string> {
    return this.names().values();
  }

  *entries(): IterableIterator<[name: string, value: string]> {
    for (const field of this.#message.fields) for (const value of valuesIn(field)) yield [field.name, textOf(value)];
  }

  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.entries();
  }

  set(name: string, value: sdk.HeaderValue | readonly sdk.HeaderValue[]): void {
    const key = this.#assertWritable(name);
    const values = Array.isArray(value) ? value.map(String) : [String(value)];
    if (key === 'from' || key === 'to') this.#assertSameTag(key, name, values);
    this.#message.set(name, values.map(wireOf));
  }

  add(name: string, value: sdk.HeaderValue, position: sdk.HeaderPosition = 'last'): void {
    const key = this.#assertWritable(name);
    if (key === 'from' || key === 'to') throw this.#system(name);
    if (position === 'last') this.#message.append(name, wireOf(String(value)));
    else if (position === 'first') this.#message.push(name, wireOf(String(value)));
    else this.#message.insert(name, wireOf(String(value)), position);
  }

  delete(name: string): boolean {
    const key = this.#assertWritable(name, false);
    if (key === 'from' || key === 'to') throw this.#system(name);
    return this.#message.delete(name);
  }

  address(name: string): Address | undefined {
    return this.addresses(name)[0];
  }

  addresses(name: string): Address[] {
    const values = this.#message.values(keyOf(name)).filter((value) => value !== '*'); // Contact: * is not an address
    return values.map((value) => Address.parse(textOf(value)));
  }

  parameterable(name: string): Parameterable | undefined {
    const [value] = this.#message.values(keyOf(name));
    return value === undefined ? undefined : Parameterable.parse(textOf(value));
  }

  #assertWritable(name: string, isSet = true): string {
    const key = keyOf(name);
    if (SYSTEM.has(key) || (key === 'contact' && !mayWriteContact(this.#message))) throw this.#system(name);
    this.#owner.assertMayWrite(isSet ? key : '', name);
    if (isSet) {
      this.written ??= new Map();
      this.written.set(key, name);
    }
    return key;
  }

  #system(name: string): IllegalStateError {
    return new IllegalStateError(
      `${name} is a system header: the container writes it, an application can only read it`,
    );
  }

  /** An application may rewrite From and To, but not their tags (§19.3). */
  #assertSameTag(key: string, name: string, values: readonly string[]): void {
    const [only = ''] = values;
    const party = values.length === 1 ? Party.parse(wireOf(only)) : undefined;
    const current = key === 'from' ? this.#message.from : this.#message.to;
    if (party === undefined) throw new IllegalStateError(`${name} needs exactly one address`);
    if (party.tag !== current.tag)
      throw new IllegalStateError(`the tag of ${name} is the container's: an application can only read it`);
  }
}

/**
 * Contact belongs to the application where it gives the locations of users, not the address of a party of this dialog
 * (JSR 289 §5.4.2).
 */
function mayWriteContact(message: Message): boolean {
  if (message.isRequest) return (message as Request).method === 'REGISTER';
  const { status, cseq } = message as Response;
  return (
    (status >= 300 && status < 400) ||
    status === 485 ||
    (status === 200 && cseq.method === 'OPTIONS') ||
    cseq.method === 'REGISTER'
  );
}

/** The values of one field; a list is split (§7.3.1). */
function valuesIn({ key, value }: Field): string[] {
  if (!isList(key)) return [value];
  return value.includes(',') ? splitList(value) : value === '' ? [] : [value];
}
