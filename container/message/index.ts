// Messages as values: octets in, octets out (§7). This file exports everything that the floors above may use.
export { CSeq } from './cseq.js';
export { Field } from './field.js';
export { headerName, isList, keyOf } from './header-names.js';
export { LIMITS } from './limits.js';
export { Malformed } from './malformed.js';
export { Message } from './message.js';
export { parse } from './parse.js';
export { Party } from './party.js';
export { REASONS, reasonOf } from './reasons.js';
export { Request } from './request.js';
export { Response } from './response.js';
export { responseTo } from './response-to.js';
export { copied, flat, integerAt, textOf, wireOf } from './text.js';
export { Uri } from './uri.js';
export { defaultPort, Via } from './via.js';
