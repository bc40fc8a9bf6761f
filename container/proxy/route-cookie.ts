// What our Record-Route URIs carry besides lr: which dialogs they are for, what the application wrote, and a check that nobody else wrote it (C-35).
import { type HashKey, KeyedHash } from '../keyed-hash.js';
import type { Uri } from '../message/index.js';

/** The parameter that names the dialog set, with the check behind a dot. It comes before the application's own parameters. */
const NAME = 'sid';

/** A Route value of ours that came back as it was written. */
export interface RouteCookie {
  /** Of the dialog set. */
  readonly id: string;
  /** The application's parameters, raw, with a leading ';' or empty. */
  readonly parameters: string;
}

export class RouteCookies {
  readonly #hash: KeyedHash;

  constructor(key: HashKey) {
    this.#hash = new KeyedHash(key);
  }

  /** Parameters for our URI, with a leading ';'; those of the application raw, with one too, or ''. */
  write(id: string, callId: string, parameters: string): string {
    return `;${NAME}=${id}.${this.#check(id, callId, parameters)}${parameters}`;
  }

  /** Undefined when it carries none, or one that this container did not write for this call. */
  read(uri: Uri, callId: string): RouteCookie | undefined {
    const { parameters: text } = uri;
    const value = cookieOf(uri);
    if (value === undefined) return undefined;
    const dot = value.lastIndexOf('.');
    const id = value.slice(0, Math.max(0, dot));
    const parameters = text.slice(text.indexOf(value) + value.length);
    return this.#check(id, callId, parameters) === value.slice(dot + 1) ? { id, parameters } : undefined;
  }

  #check(id: string, callId: string, parameters: string): string {
    return this.#hash.begin().add(id).add(callId).add(parameters).end();
  }
}

/** Identifier and check as they stand in the URI: the same in both values of a double Record-Route. */
export function cookieOf(uri: Uri): string | undefined {
  const value = uri.parameter(NAME);
  return typeof value === 'string' ? value : undefined;
}
