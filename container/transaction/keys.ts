// The keys by which requests find their server transaction (§17.2.3), also for RFC 2543 peers.
import { flat, type Request } from '../message/index.js';

/** A branch that begins with it is unique over space and time (§8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

/** Header field values contain no line feed, so it separates the fields of a key, and it marks the keys of RFC 2543. */
const LF = '\n';

/**
 * The key of a server transaction, without the method. With the magic cookie it consists of branch and sent-by. A
 * branch without the cookie, or with nothing after it, identifies nothing (RFC 4475 §3.2.1): then RFC 2543 compares the
 * header fields of the request.
 */
export function serverKey(request: Request, toTag = request.to.tag): string {
  const via = request.via;
  const branch = via?.branch;
  if (via !== undefined && branch?.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length)
    return flat(`${branch} ${via.sentBy}`);
  return flat(
    [LF, request.callId, request.cseq.number, request.from.tag ?? '', request.uri, via?.text ?? '', toTag ?? ''].join(
      LF,
    ),
  );
}

/** Whether the key is one of RFC 2543, whose ACK is matched by the To tag of the response (§17.2.3). */
export function isRfc2543(key: string): boolean {
  return key.charCodeAt(0) === 10;
}
