// URIs that name an application session (JSR 289 §15.11.1): the id, and a check that the container wrote it for that
// application.
import { type HashKey, KeyedHash } from '../base/keyed-hash.js';
import type { Uri } from '../message/index.js';

/** The URI parameter. */
export const SESSION_PARAMETER = 'siplet-session';
/** An id and a check are far shorter: longer values are not looked at. */
const MAX_LENGTH = 128;

export class EncodedUris {
  readonly #hash: KeyedHash;

  constructor(key: HashKey) {
    this.#hash = new KeyedHash(key);
  }

  /** The parameter's value. */
  write(applicationName: string, id: string): string {
    return `${id}.${this.#check(applicationName, id)}`;
  }

  /**
   * The result of `find` for the id in the URI, if the check is right for its application; undefined if the container
   * did not write the parameter.
   */
  read<S extends { readonly appName: string }>(uri: Uri, find: (id: string) => S | undefined): S | undefined {
    const value = uri.parameter(SESSION_PARAMETER);
    if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
    const dot = value.lastIndexOf('.');
    if (dot < 0) return undefined;
    const id = value.slice(0, dot);
    const session = find(id);
    if (session === undefined) return undefined;
    return isSame(this.#check(session.appName, id), value.slice(dot + 1)) ? session : undefined;
  }

  #check(applicationName: string, id: string): string {
    return this.#hash.begin().add(SESSION_PARAMETER).add(applicationName).add(id).end();
  }
}

/** Compares in a time that does not reveal where they differ. */
function isSame(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}
