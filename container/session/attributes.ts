// The attributes of a session (JSR 289 §6.4): JSON values by name; nothing is written once the session has ended.
import type { Json } from '@siplet/sdk';
import { assertJson } from './json-value.js';

export class Attributes extends Map<string, Json> {
  declare private assertOpen: (what: string) => void;

  /** `assertOpen` throws when the session has ended. */
  constructor(assertOpen: (what: string) => void, from?: ReadonlyMap<string, Json>) {
    super();
    this.assertOpen = assertOpen;
    if (from !== undefined) for (const [name, value] of from) super.set(name, value);
  }

  override set(name: string, value: Json): this {
    this.assertOpen('attributes.set');
    if (typeof name !== 'string') throw new TypeError(`the name of an attribute is a string, not a ${typeof name}`);
    assertJson(value, `the attribute '${name}'`);
    return super.set(name, value);
  }

  override delete(name: string): boolean {
    this.assertOpen('attributes.delete');
    return super.delete(name);
  }

  override clear(): void {
    this.assertOpen('attributes.clear');
    super.clear();
  }
}
