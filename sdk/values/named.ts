// Parameters and headers by name.

/** A Map with case-insensitive names as keys (§7.3.1). Keys are kept in lower case. */
class Named<V> extends Map<string, V> {
  override get(name: string): V | undefined {
    return super.get(name.toLowerCase());
  }

  override set(name: string, value: V): this {
    return super.set(name.toLowerCase(), value);
  }

  override has(name: string): boolean {
    return super.has(name.toLowerCase());
  }

  override delete(name: string): boolean {
    return super.delete(name.toLowerCase());
  }
}

// So that consoles and test libraries treat it as a Map.
Object.defineProperty(Named.prototype, 'constructor', { value: Map, configurable: true, writable: true });

/** What constructors accept for a map: a Map, pairs, or a plain object. */
export type Entries<V> = Iterable<readonly [string, V]> | { readonly [name: string]: V | undefined };

/** Makes a map from a constructor's argument. Undefined values are left out. */
export function named<V>(entries: Entries<V> | undefined): Named<V> {
  const map = new Named<V>();
  if (entries === undefined) return map;
  const pairs = Symbol.iterator in entries ? (entries as Iterable<readonly [string, V]>) : Object.entries(entries);
  for (const [name, value] of pairs) if (value !== undefined) map.set(name, value as V);
  return map;
}
