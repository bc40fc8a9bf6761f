// GET /api/events: server-sent events. A client that does not read is disconnected; the number of clients is limited.
import type { Events, OperatorEvent } from '../observe/events.js';

export const MAX_CLIENTS = 32;
/** Events that may wait for one client. */
const MAX_WAITING = 256;
/** Milliseconds between comments that keep the connection alive through proxies. */
const HEARTBEAT = 15_000;

/** Headers of the response. */
export const EVENT_STREAM = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' };

export class EventStreams {
  readonly #events: Pick<Events, 'listen'>;
  readonly #endings = new Set<() => void>();

  constructor(events: Pick<Events, 'listen'>) {
    this.#events = events;
  }

  /** Undefined when there are too many clients. */
  open(): Response | undefined {
    if (this.#endings.size >= MAX_CLIENTS) return undefined;
    let end: () => void;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const write = (text: string): void => {
            if ((controller.desiredSize ?? 0) <= 0) end();
            else controller.enqueue(Buffer.from(text));
          };
          const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT);
          const silence = this.#events.listen((event) => write(written(event)));
          end = () => {
            if (!this.#endings.delete(end)) return;
            clearInterval(heartbeat);
            silence();
            try {
              controller.close();
            } catch {
              // The stream is closed already.
            }
          };
          this.#endings.add(end);
          write(': siplet\n\n');
        },
        cancel: () => end(),
      },
      { highWaterMark: MAX_WAITING },
    );
    return new Response(body, { headers: EVENT_STREAM });
  }

  /** Closes all streams. */
  close(): void {
    for (const end of this.#endings) end();
  }
}

/** JSON contains no line breaks, so one data line is enough. */
function written({ id, kind, data }: OperatorEvent): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
