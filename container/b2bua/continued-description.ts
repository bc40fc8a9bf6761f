// The descriptions that one peer gets from us when its other party has changed: they go on as one session, with the
// same origin, the next version and no fewer media lines (RFC 3264 §8, RFC 3725 §4).

import { mediaOf, refused, withoutMedia } from '../agent/refused-offer.js';

/** username, sess-id, sess-version, and the rest of an o= line. */
const ORIGIN = /^o=(\S+ \S+) (\d+) (.*?)\r?$/m;

export class ContinuedDescription {
  constructor(
    /** The one that the peer has had last. */
    private last: string,
  ) {}

  /** The description of the new party, as this peer gets it. */
  next(body: string, isAnswer: boolean): string {
    const own = ORIGIN.exec(this.last);
    const theirs = ORIGIN.exec(body);
    if (own === null || theirs === null) return body;
    const whole = isAnswer ? body : padded(body, this.last);
    const isSame = whole.replace(ORIGIN, '') === this.last.replace(ORIGIN, '');
    const version = isSame ? own[2] : String(BigInt(own[2] ?? 0) + 1n);
    this.last = whole.replace(ORIGIN, (line) => `o=${own[1]} ${version} ${own[3]}${line.endsWith('\r') ? '\r' : ''}`);
    return this.last;
  }
}

/** Media lines must not get fewer: those that are missing are refused. */
function padded(body: string, last: string): string {
  const missing = mediaOf(last).slice(mediaOf(body).length);
  if (missing.length === 0) return body;
  const end = body.endsWith('\n') ? '' : '\r\n';
  return `${body}${end}${missing.map((section) => refused(section)).join('')}`;
}

/** An answer has the media lines of its offer: the ones that were added to that are left out. */
export function trimmed(answer: string, offer: string): string {
  const media = mediaOf(answer);
  const count = mediaOf(offer).length;
  if (media.length <= count) return answer;
  return answer.slice(0, answer.length - media.slice(count).join('').length);
}

/**
 * An answer without media streams yet, for a phone that makes the first offer: it neither sends nor receives (RFC 3725
 * §4.3). Media that need more than an address are refused.
 */
export function heldAnswer(offer: string, host: string, id: number): string {
  const place = `IN ${host.includes(':') ? 'IP6 ::' : 'IP4 0.0.0.0'}`;
  return `${withoutMedia(host, id)}${mediaOf(offer)
    .map((section) => (/^m=\S+ \d+ RTP\/AVPF? /.test(section) ? held(section, place) : refused(section)))
    .join('')}`;
}

function held(section: string, place: string): string {
  const [line = '', ...rest] = section.split(/\r?\n/);
  const formats = rest.filter((each) => /^a=(rtpmap|fmtp|mid):/.test(each));
  return `${[line.replace(/^(m=\S+) \S+/, '$1 9'), `c=${place}`, ...formats, 'a=inactive'].join('\r\n')}\r\n`;
}
