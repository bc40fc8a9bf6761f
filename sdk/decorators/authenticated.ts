// The method decorator that authenticates the sender of a request.

import type { AuthenticatedOptions } from '../authentication.js';
import { declareAuthentication } from '../declarations.js';
import type { RequestDecorator } from './requests.js';

/**
 * Stands beside a decorator for requests. The container calls the method when the request's credentials are right, with
 * the user's name in `request.user`; otherwise it answers the request. The look-up counts as part of the handler's
 * time. The container never challenges ACK and CANCEL (§22.1): they come with `request.user` undefined. A class that
 * overrides the method inherits this decorator.
 */
export function Authenticated(options: AuthenticatedOptions): RequestDecorator {
  return (target, property) => declareAuthentication(target, property, options);
}
