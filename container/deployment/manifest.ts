// The package.json of an application, and the place in it of what is wrong. RULES.md section 1.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeploymentError } from '@siplet/sdk';

export class Manifest {
  readonly value: Readonly<Record<string, unknown>>;
  readonly #file: string;
  readonly #text: string;

  constructor(value: Readonly<Record<string, unknown>>, file: string, text: string) {
    this.value = value;
    this.#file = file;
    this.#text = text;
  }

  /** What is wrong with a key, at its line; of a key that is missing, at the first. */
  fault(key: string, problem: string): DeploymentError {
    const at = this.#text.search(new RegExp(`"${key.replace(/^.*\./, '')}"\\s*:`));
    return new DeploymentError(`${this.#file}:${placeAt(this.#text, at)}: ${problem}`);
  }
}

/** Throws a DeploymentError when there is none, or when it is not an object. */
export function readManifest(directory: string): Manifest {
  const file = join(directory, 'package.json');
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return new Manifest(value as Record<string, unknown>, file, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new DeploymentError(`${directory}: has no package.json: run 'npm init', or deploy one file`);
    if (!(error instanceof SyntaxError)) throw new DeploymentError(`${file}: ${message}`);
    const at = Number(/at position (\d+)/.exec(message)?.[1] ?? text.length);
    const what = message.replace(/ in JSON at position .*/, '').replace(/ \(line \d+ column \d+\)$/, '');
    throw new DeploymentError(`${file}:${placeAt(text, at)}: the JSON is wrong: ${what}`);
  }
  throw new DeploymentError(`${file}:1:1: is not an object: write { "name": "my-app", "version": "1.0.0" }`);
}

/** `line:column`. */
function placeAt(text: string, offset: number): string {
  const before = text.slice(0, Math.max(0, offset)).split('\n');
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`;
}
