// Messages as values: octets in, octets out, and what stands between them (§7). Everything that other layers may use of this folder.
export { CSeq, MAXIMUM_CSEQ } from './cseq.js';
export { Field } from './field.js';
export { HeaderName, headerName, isList, keyOf } from './header-names.js';
export { LIMITS } from './limits.js';
export { Malformed } from './malformed.js';
export { Message } from './message.js';
export { parse } from './parse.js';
export { Party } from './party.js';
export { REASONS, reasonOf } from './reasons.js';
export { Request } from './request.js';
export { Response } from './response.js';
export { responseTo } from './response-to.js';
export { copied, flat, integerAt, isWire, textOf, wireOf } from './text.js';
export { Uri } from './uri.js';
export { defaultPort, Via } from './via.js';
