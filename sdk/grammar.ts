// The grammar of RFC 3261 §25.1 and RFC 3966 §3 as linear scanners over text. They never throw. Octets from the wire
// may come as latin1 (one character each), and text from applications as UTF-16. Both are accepted where UTF8-NONASCII
// is allowed.

export { AddressParts, scanAddress } from './grammar/address.js';
export { isHost } from './grammar/host.js';
export { parameterOf, scanParameters, uriParameterOf } from './grammar/parameters.js';
export { isToken, quote, splitList, unescaped, unescaped as unescape, unquote } from './grammar/text.js';
export { scanUri, UriParts } from './grammar/uri.js';
