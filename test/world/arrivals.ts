// What has come to a phone, as tests compare it.
import type { Phone } from './phone.js';
import type { TextMessage } from './text-message.js';

/** Each with its virtual time: '2 INVITE', '20004 408'. */
export function arrivals(phone: Phone, only: (message: TextMessage) => boolean = () => true): string[] {
  return phone.received
    .filter(({ message }) => only(message))
    .map(({ time, message }) => `${time} ${message.isRequest ? message.method : message.status}`);
}

/** The methods of its requests, in order. */
export function requests(phone: Phone): string[] {
  return phone.received.filter(({ message }) => message.isRequest).map(({ message }) => message.method);
}

/** The requests of a method. */
export function requestsOf(phone: Phone, method: string): TextMessage[] {
  return phone.received
    .map(({ message }) => message)
    .filter((message) => message.isRequest && message.method === method);
}

/** The octets of the requests of a method, in order. */
export function wires(phone: Phone, method: string): string[] {
  return phone.received.filter(({ message }) => message.isRequest && message.method === method).map(({ wire }) => wire);
}

/** The statuses of its responses, to any method unless told, in order. */
export function statuses(phone: Phone, method?: string): number[] {
  return phone.received
    .map(({ message }) => message)
    .filter((message) => !message.isRequest && (method === undefined || message.method === method))
    .map(({ status }) => status);
}

/** Those of its final responses, to any method. */
export function finals(phone: Phone): number[] {
  return statuses(phone).filter((status) => status >= 200);
}

/** Those of the final responses to its INVITEs, or to its requests of another method. */
export function finalsOf(phone: Phone, method = 'INVITE'): number[] {
  return statuses(phone, method).filter((status) => status >= 200);
}

/** The responses to a method, with this status if told: octets and all. */
export function responsesTo(phone: Phone, method: string, status?: number): Phone['received'] {
  return phone.received.filter(
    ({ message }) =>
      !message.isRequest && message.method === method && (status === undefined || message.status === status),
  );
}

/** When requests of a method came, in virtual milliseconds. */
export function times(phone: Phone, method: string): number[] {
  return phone.received
    .filter(({ message }) => message.isRequest && message.method === method)
    .map(({ time }) => Math.trunc(time));
}

/** How many requests of a method came. */
export function count(phone: Phone, method: string): number {
  return times(phone, method).length;
}
