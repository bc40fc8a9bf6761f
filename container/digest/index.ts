// Digest authentication (§22, RFC 7616, RFC 8760), client and server: the exports of this folder.
export { parseChallenge } from './challenge.js';
export { type AuthorizationField, addAuthorization, authorizationFor } from './client.js';
export { faultsOfOptions } from './policy.js';
export { DigestServer, type DigestServerPorts, NONCE_LIFETIME, type Verdict } from './server.js';
