// The methods of requests that an application sends.

/** §7.1: a method is a token. */
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Throws TypeError for a text that cannot be a method. */
export function assertMethod(method: string): void {
  if (!TOKEN.test(method))
    throw new TypeError(`'${method}' cannot be a SIP method: write a token, such as 'INFO' (§7.1)`);
}

/**
 * Requests that give the address of their sender in the dialog (§8.1.1.8, RFC 3311 §5.1, RFC 6665 §4.1.2.1, RFC 3515
 * §2.2).
 */
export const WITH_CONTACT: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER']);
