// A method decorator: who may send what the method takes.

import type { AuthenticatedOptions } from '../authentication.js';
import { declareAuthentication } from '../declarations.js';
import type { RequestDecorator } from './requests.js';

/**
 * Beside a decorator for requests: the method is called when the request's credentials are right, and
 * `request.user` is the user's name; else the container answers. The user is looked up in the handler's time. ACK
 * and CANCEL are never asked for credentials (§22.1): they come with `request.user` undefined. A class that
 * overrides the method inherits it.
 */
export function Authenticated(options: AuthenticatedOptions): RequestDecorator {
  return (target, property) => declareAuthentication(target, property, options);
}
