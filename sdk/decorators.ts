// All decorators: the vocabulary of an application.

export type { SipletOptions } from './declarations.js';
export { Authenticated } from './decorators/authenticated.js';
export { Config } from './decorators/config.js';
export {
  ApplicationSessionCreated,
  ApplicationSessionDestroyed,
  ApplicationSessionExpired,
  ApplicationSessionReadyToInvalidate,
  NoAckReceived,
  NoPrackReceived,
  OnTimer,
  SessionCreated,
  SessionDestroyed,
  SessionKey,
  SessionReadyToInvalidate,
} from './decorators/life.js';
export {
  Ack,
  Bye,
  Cancel,
  Info,
  Initial,
  type InitialOptions,
  Invite,
  Message,
  Notify,
  Options,
  Prack,
  Publish,
  Refer,
  Register,
  type RequestDecorator,
  StatelessRoute,
  Subscribe,
  Subsequent,
  Update,
} from './decorators/requests.js';
export {
  BestResponse,
  BranchResponse,
  ErrorResponse,
  ProvisionalResponse,
  RedirectResponse,
  type ResponseDecorator,
  Status,
  type StatusRange,
  SuccessResponse,
} from './decorators/responses.js';
export { ApplicationRouter, Siplet } from './decorators/siplet.js';
