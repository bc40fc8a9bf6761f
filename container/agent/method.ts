// The method of a request that an application sends.

/** §7.1: a method is a token. */
const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Throws TypeError for a text that cannot be a method. */
export function assertMethod(method: string): void {
  if (!TOKEN.test(method))
    throw new TypeError(`'${method}' cannot be a SIP method: write a token, such as 'INFO' (§7.1)`);
}
