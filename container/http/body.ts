// The body of a request, up to a bound: what is larger is not read to its end.
import type { IncomingMessage } from 'node:http';

/** Undefined when it is larger than `limit` octets, by its own account or as it comes. */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
