// The last response of a server transaction, as far as a retransmission needs it: its octets, and the Via that says where it goes (§17.2, §18.2.2).
import { Field, Response } from '../message/index.js';

/** A response that has its octets ready. Once slim, it holds nothing else but its top Via, and nothing of the message that this was cut from. */
export class SentResponse extends Response {
  declare private readonly wire: string;

  constructor(response: Response) {
    super(response.status, response.reason, response.fields);
    this.wire = response.toWire();
  }

  override toWire(): string {
    return this.wire;
  }

  slim(): void {
    const via = this.via;
    this.fields = via === undefined ? [] : [Field.of('Via', via.text)];
    this.reason = '';
  }
}
