// What the SDK and the container throw at an application. Every message says who did what: 'SipRequest.proxy: this
// transaction was answered with 486'.

import type { SipResponse } from './messages.js';

/**
 * Something was attempted that cannot be done now: a system header was written, a request was answered twice, a proxy
 * was changed after its end.
 */
export class IllegalStateError extends Error {
  static {
    IllegalStateError.prototype.name = 'IllegalStateError';
  }
}

/** A text is not what it was parsed as. */
export class SipParseError extends Error {
  static {
    SipParseError.prototype.name = 'SipParseError';
  }

  /**
   * @param what what the text should have been, with its article: 'a SIP URI'
   * @param input the text
   * @param fault what is wrong with it: 'the host is missing'
   * @param position index of the character where it is wrong
   */
  constructor(
    readonly what: string,
    readonly input: string,
    readonly fault?: string,
    readonly position?: number,
  ) {
    const where = position === undefined ? '' : ` at character ${position}`;
    super(`${shown(input)} is not ${what}${fault === undefined ? '' : `: ${fault}`}${where}`);
  }
}

/** A request cannot be forwarded, because its Max-Forwards is 0 (§16.3 step 3). */
export class TooManyHopsError extends Error {
  static {
    TooManyHopsError.prototype.name = 'TooManyHopsError';
  }
}

/**
 * A call that the application made was not answered with a 2xx. When no handler catches it,
 * `response` goes to the caller unchanged.
 */
export class CallFailedError extends Error {
  static {
    CallFailedError.prototype.name = 'CallFailedError';
  }

  /** The status that the callee, or the container in its place (408, 503, 487), answered with. */
  readonly status: number;
  /** The response itself; undefined when none was received. */
  readonly response: SipResponse | undefined;

  constructor(status: number, response?: SipResponse, message?: string) {
    super(message ?? `the call failed with ${status}${response?.reason ? ` ${response.reason}` : ''}`);
    this.status = status;
    this.response = response;
  }
}

/** A session was used after it was invalidated or has expired. This is an IllegalStateError, too, as in JSR 289. */
export class SessionInvalidError extends IllegalStateError {
  static {
    SessionInvalidError.prototype.name = 'SessionInvalidError';
  }
}

/** An application cannot be deployed. The message says why, and names the classes and methods. */
export class DeploymentError extends Error {
  static {
    DeploymentError.prototype.name = 'DeploymentError';
  }

  /** Everything that is wrong, one line each. The message contains the same lines. */
  readonly problems: readonly string[];

  constructor(message: string, options: { problems?: readonly string[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.problems = options.problems ?? [message];
  }
}

/**
 * Text of a peer in an error message: short, on one line, with no control characters (a log line must not be forged).
 */
function shown(input: unknown): string {
  const text = String(input);
  const head = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return JSON.stringify(head).replaceAll('\x7f', '\\u007f');
}
