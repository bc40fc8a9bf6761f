// What our Record-Route URIs carry besides lr: the dialogs that they are for, the application's parameters, and a check
// that no one else wrote them (C-35).
import { type HashKey, KeyedHash } from '../base/keyed-hash.js';
import { integerAt, type Uri } from '../message/index.js';

/**
 * The parameter that names the dialog set, followed by a dot and the check. It comes before the application's own
 * parameters.
 */
const NAME = 'sid';
/** More than the number of possible dialogs. */
const MAX_SLOT = 999_999_999;

/** The parameters of applications that the container has written beside the name of a dialog set. */
interface Written {
  /** Each raw, with a leading ';'. */
  parametersOf(name: string): readonly string[];
}

/** A Route value of ours that came back. */
export interface RouteCookie {
  /** The name of the dialog set. */
  readonly name: string;
  /** The application's parameters, raw, with a leading ';' or empty. */
  readonly parameters: string;
}

export class RouteCookies {
  readonly #hash: KeyedHash;

  constructor(key: HashKey) {
    this.#hash = new KeyedHash(key);
  }

  /** Parameters for our URI, with a leading ';'; those of the application are raw, with a leading ';' too, or ''. */
  write(name: string, callId: string, parameters: string): string {
    return `;${NAME}=${name}.${this.#check(name, callId, parameters)}${parameters}`;
  }

  /**
   * Undefined when it carries none, or one that this container did not write for this call. A peer may have added
   * parameters or changed their order: `written` tells which are ours. Without it, everything must be as written.
   */
  read(uri: Uri, callId: string, written?: Written): RouteCookie | undefined {
    const { parameters: text } = uri;
    const value = cookieOf(uri);
    if (value === undefined) return undefined;
    const dot = value.lastIndexOf('.');
    const name = value.slice(0, Math.max(0, dot));
    const parameters = text.slice(text.indexOf(value) + value.length);
    const check = value.slice(dot + 1);
    if (this.#check(name, callId, parameters) === check) return { name, parameters };
    if (written === undefined) return undefined;
    for (const ours of written.parametersOf(name)) {
      if (includes(text, ours) && this.#check(name, callId, ours) === check) return { name, parameters: ours };
    }
    return this.#check(name, callId, '') === check ? { name, parameters: '' } : undefined;
  }

  #check(name: string, callId: string, parameters: string): string {
    return this.#hash.begin().add(name).add(callId).add(parameters).end();
  }
}

/** Whether every one of our parameters is among the received ones. */
function includes(received: string, ours: string): boolean {
  const there = received.split(';');
  return ours.split(';').every((parameter) => there.includes(parameter));
}

/** The number behind the last dot of a name; -1 where there is none. */
export function slotIn(name: string): number {
  return integerAt(name, name.lastIndexOf('.') + 1, name.length, MAX_SLOT);
}

/** Name and check as they are in the URI: the same in both values of a double Record-Route. */
export function cookieOf(uri: Uri): string | undefined {
  const value = uri.parameter(NAME);
  return typeof value === 'string' ? value : undefined;
}
