// Speaks to a running container at its admin address (RULES.md section 9).
import { InvalidArgumentError } from 'commander';

export interface OperatorOptions {
  readonly admin: URL;
  readonly token?: string;
}

export const DEFAULT_ADMIN = '127.0.0.1:8060';
const PORT = '8060';
/** Milliseconds: compiling and type-checking a large application takes time. */
const PATIENCE = 180_000;

/** A refusal of the container, or no response: one clear line, or several if there are several faults. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

export class Operator {
  readonly #base: URL;
  readonly #token: string | undefined;

  constructor({ admin, token }: OperatorOptions) {
    this.#base = admin;
    this.#token = token ?? (process.env.SIPLET_TOKEN || undefined);
    if (this.#token !== undefined && !isToken(this.#token))
      throw new OperatorError(
        'SIPLET_TOKEN of the environment is not a token: it consists of visible characters, without spaces',
      );
  }

  /** Resolves with the JSON of the response; undefined when it has no body. Throws an OperatorError. */
  async ask<T>(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: readonly string[], body?: Uint8Array): Promise<T> {
    // In a URL these are steps of the path, not names.
    if (path.includes('.') || path.includes('..')) throw new OperatorError(`there is no '${path.at(-1)}'`);
    const url = new URL(path.map(encodeURIComponent).join('/'), this.#base);
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(url, {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(PATIENCE),
        headers: {
          ...(this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }),
          ...(body === undefined ? {} : { 'Content-Type': 'application/gzip' }),
        },
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
      text = await answer.text();
    } catch (error) {
      throw new OperatorError(`no container answers at ${this.#base.host}: ${causeOf(error)} (--admin says where)`);
    }
    const said = jsonOf(text);
    if (answer.ok) return said as T;
    if (answer.status === 401)
      throw new OperatorError(
        `${this.#base.host}: ${this.#token === undefined ? 'a token is needed: --token or SIPLET_TOKEN' : 'the token is wrong'}`,
      );
    const { error } = Object(said) as { error?: unknown };
    throw new OperatorError(typeof error === 'string' ? error : `${this.#base.host} answers ${answer.status}`);
  }
}

/** It must fit an HTTP header. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** The URL for `host`, `host:port` or an HTTP URL. Throws an error that commander reports as wrong usage. */
export function adminUrl(text: string): URL {
  try {
    const url = new URL(/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);
    const isPlain = url.username === '' && url.pathname === '/' && url.search === '' && !/\s/.test(text);
    if (url.port === '' && url.protocol === 'http:' && !/:80\/?$/.test(text)) url.port = PORT;
    if (/^https?:$/.test(url.protocol) && url.hostname !== '' && text !== 'off' && isPlain) return url;
  } catch {
    // Reported below.
  }
  throw new InvalidArgumentError(`'${text}' is not an address such as ${DEFAULT_ADMIN}`);
}

/** Undefined when it is not JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch` wraps the cause. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string; errors?: unknown[] } };
  const code = cause?.code;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host';
  if (cause?.message === 'bad port') return 'that port is one of those to which nobody may speak HTTP';
  return code ?? cause?.message ?? message;
}
