// Messages out of a stream of octets, by Content-Length (RFC 3261 §18.3), for phones and ladders.
export class TextStream {
  #octets = '';
  /** Double CRLFs between messages (RFC 5626 §3.5.1), counted. */
  pings = 0;

  /** Takes octets in; gives the messages that are complete now. Throws when the octets cannot be framed. */
  push(octets: string): string[] {
    this.#octets += octets;
    const messages: string[] = [];
    for (;;) {
      this.#skipLines();
      const head = this.#octets.indexOf('\r\n\r\n');
      if (head < 0) return messages;
      const length = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)[ \t]*(?=\r\n)/i.exec(this.#octets.slice(0, head + 2));
      if (!length) throw new Error(`no Content-Length on a stream (§18.3): ${this.#octets.slice(0, head)}`);
      const end = head + 4 + Number(length[1]);
      if (this.#octets.length < end) return messages;
      messages.push(this.#octets.slice(0, end));
      this.#octets = this.#octets.slice(end);
    }
  }

  /** What has come of a message that is not complete. */
  get rest(): string {
    return this.#octets;
  }

  #skipLines(): void {
    while (this.#octets.startsWith('\r\n')) {
      if (this.#octets.startsWith('\r\n\r\n')) {
        this.pings++;
        this.#octets = this.#octets.slice(4);
      } else if (this.#octets.length > 2 && !this.#octets.startsWith('\r\n\r')) this.#octets = this.#octets.slice(2);
      else return;
    }
  }
}
