// What the bench measures against Kamailio's registrar: bindings in memory, a 200 with those that stand (§10.3).
import { Register, Siplet, type SipRequest } from '@siplet/sdk';

/** Seconds that a binding stands where nothing is said. */
const EXPIRES = 3600;

@Siplet({ name: 'registrar' })
export class Registrar {
  /** When a binding ends, ms, by contact; by address of record. */
  readonly #bindings = new Map<string, Map<string, number>>();

  @Register()
  register(request: SipRequest): void {
    const now = Date.now();
    const bindings = this.#bindingsOf(request.to.uri.toString());
    const expires = Number(request.headers.get('Expires') ?? EXPIRES);
    for (const contact of request.headers.addresses('Contact')) {
      const seconds = Number(contact.parameters.get('expires') ?? expires);
      if (seconds > 0) bindings.set(contact.uri.toString(), now + seconds * 1000);
      else bindings.delete(contact.uri.toString());
    }
    const standing: string[] = [];
    for (const [contact, end] of bindings) {
      if (end > now) standing.push(`<${contact}>;expires=${Math.round((end - now) / 1000)}`);
      else bindings.delete(contact);
    }
    const response = request.createResponse(200);
    if (standing.length > 0) response.headers.set('Contact', standing);
    response.headers.set('Expires', String(expires));
    response.send();
  }

  #bindingsOf(addressOfRecord: string): Map<string, number> {
    const known = this.#bindings.get(addressOfRecord);
    if (known !== undefined) return known;
    const bindings = new Map<string, number>();
    this.#bindings.set(addressOfRecord, bindings);
    return bindings;
  }
}
