// The body of a request, up to a bound: what is larger is not read to its end.
import type { IncomingMessage } from 'node:http';

/**
 * Not the body when it is larger than `limit` octets, by its own account or as it comes, or when its sender has gone.
 */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer | 'too large' | 'cut off'> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return 'too large';
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // Not ended with the loop: what is still on its way is thrown away while the answer goes, or its sender would be
    // cut off before it has read that.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    return 'cut off';
  }
  return Buffer.concat(chunks, size);
}
