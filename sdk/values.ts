// Values: real classes with parse, toString, clone and equals.

export { Address, type AddressInit, type AddressLike } from './values/address.js';
export type { Entries } from './values/named.js';
export { OtherUri } from './values/other-uri.js';
export { Parameterable } from './values/parameterable.js';
export { SipUri, type SipUriInit } from './values/sip-uri.js';
export { TelUri, type TelUriInit } from './values/tel-uri.js';
export { parseUri, type Uri, type UriLike, uriOf } from './values/uri.js';
