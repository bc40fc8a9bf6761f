// Which path a name belongs to: of two deployables with one name the second is refused, until the first is gone (D-5).
import { DeploymentError } from '@siplet/sdk';
import { shortened } from './compile.js';

export class Names {
  readonly #owners = new Map<string, string>();
  /** Paths that were refused, with the name that they wanted. */
  readonly #refused = new Map<string, string>();

  /** Throws when it belongs to another path. */
  claim(name: string, path: string): void {
    const owner = this.#owners.get(name);
    if (owner !== undefined && owner !== path) {
      this.#refused.set(path, name);
      throw new DeploymentError(
        `${shortened(path)}: the name '${name}' belongs to ${shortened(owner)} already: give one of them another`,
      );
    }
    this.#refused.delete(path);
    this.#owners.set(name, path);
  }

  /** Takes the name from any owner: an operator has said so. */
  take(name: string, path: string): void {
    const owner = this.#owners.get(name);
    if (owner !== undefined && owner !== path) this.#refused.set(owner, name);
    this.#refused.delete(path);
    this.#owners.set(name, path);
  }

  ownerOf(name: string): string | undefined {
    return this.#owners.get(name);
  }

  namesOf(path: string): string[] {
    return [...this.#owners].filter(([, owner]) => owner === path).map(([name]) => name);
  }

  free(name: string): void {
    this.#owners.delete(name);
  }

  /** Nothing stands at that path any more. */
  forget(path: string): void {
    this.#refused.delete(path);
  }

  /** Paths that were refused because of that name, in alphabetical order. */
  waitingFor(name: string): string[] {
    return [...this.#refused]
      .filter(([, wanted]) => wanted === name)
      .map(([path]) => path)
      .sort();
  }
}
