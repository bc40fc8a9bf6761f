// Reads the body of a request, up to a limit.
import type { IncomingMessage } from 'node:http';

/**
 * Returns a word instead of the body if it is larger than `limit` octets, declared or received, or if the sender closed
 * the connection.
 */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer | 'too large' | 'cut off'> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return 'too large';
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    // The connection stays open after the loop: the rest of the body is discarded while the answer is sent. Otherwise
    // the sender would be cut off before it could read the answer.
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
