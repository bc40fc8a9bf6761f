// An answer that refuses all media, for an offer in a 2xx that is not wanted (§13.2.2.4, RFC 3264 §6).
import { type Request, type Response, textOf, wireOf } from '../message/index.js';
import { descriptionOf } from './session-description.js';

/** The media sections of a description, each with its m= line. */
export function mediaOf(body: string): string[] {
  return body.split(/^(?=m=)/m).filter((section) => section.startsWith('m='));
}

/** Its m= line with port 0. */
export function refused(section: string): string {
  const [line = ''] = section.split(/\r?\n/);
  return `${line.replace(/^(m=\S+) \S+/, '$1 0')}\r\n`;
}

/** A description without media. */
export function withoutMedia(host: string, id: number): string {
  const place = `IN ${host.includes(':') ? 'IP6' : 'IP4'} ${host}`;
  return `v=0\r\no=- ${id} 1 ${place}\r\ns=-\r\nc=${place}\r\nt=0 0\r\n`;
}

/** An answer that refuses every media line. */
export function refusalOf(offer: string, host: string): string {
  return `${withoutMedia(host, 1)}${mediaOf(offer)
    .map((section) => refused(section))
    .join('')}`;
}

/** Writes it into the ACK, where the 2xx has an offer. `sentBy` is our host, with or without its port. */
export function refuseOffer(ack: Request, success: Response, sentBy: string): void {
  const offer = descriptionOf(success);
  if (offer === undefined || ack.body !== '') return;
  const host = sentBy.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  ack.setBody(wireOf(refusalOf(textOf(offer.body), host)), 'application/sdp');
}
