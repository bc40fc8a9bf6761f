// By what messages find their transaction: §17.1.3 for responses, §17.2.3 for requests, RFC 2543 peers included.
import { flat, type Request } from '../message/index.js';

/** Branches that begin with it are unique over space and time (§8.1.1.7). */
export const MAGIC_COOKIE = 'z9hG4bK';

/** No header field value holds a line feed, so it parts the fields of a key and marks those of RFC 2543. */
const LF = '\n';

/**
 * The key of a server transaction but for its method. With the magic cookie branch and sent-by; a branch without it,
 * and one that is nothing but the cookie, says nothing (RFC 4475 §3.2.1), and RFC 2543 compares what the request was
 * made of instead.
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

/** Whether the key is one of RFC 2543, whose ACK has to be told by the To tag of the response (§17.2.3). */
export function isRfc2543(key: string): boolean {
  return key.charCodeAt(0) === 10;
}
