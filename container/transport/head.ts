// What framing needs of a head that is possibly not SIP: the declared length of its body, and whether it is HTTP
// (§18.3).

/** The HTTP methods that are not SIP methods. OPTIONS is both; the rest of its line decides. */
const HTTP_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'TRACE', 'PATCH', 'PRI']);

/** Whether a line that starts like this is HTTP: `start` contains the first word and the blank after it. */
export function isHttpMethod(start: string): boolean {
  const blank = start.indexOf(' ');
  return blank > 0 && HTTP_METHODS.has(start.slice(0, blank));
}

/** Whether the first line has an HTTP version. */
export function isHttpRequest(head: string): boolean {
  const end = head.indexOf('\r\n');
  const blank = head.lastIndexOf(' ', end);
  return blank > 0 && head.startsWith(' HTTP/', blank);
}

/**
 * The body length that the head of a malformed message declares, from 0 to `limit`, or -1 when it is not certain. It is
 * certain when exactly one line can be read as this header, in any spelling, and that line is entirely correct.
 */
export function declaredLength(head: string, limit: number): number {
  let length = -1;
  let seen = false;
  let at = head.indexOf('\r\n') + 2;
  while (at >= 2 && at < head.length) {
    const end = head.indexOf('\r\n', at);
    if (end < 0) return -1;
    const named = nameEnd(head, at, end);
    if (named !== 0) {
      length = seen ? -1 : valueAt(head, named, end, limit);
      if (length < 0) return -1;
      seen = true;
    }
    at = end + 2;
  }
  return length;
}

/**
 * The number after a name that ends at `named`, or -1; also -1 when the name is not certain, or the value is folded.
 */
function valueAt(head: string, named: number, end: number, limit: number): number {
  // Here a folded value cannot be distinguished from a longer one.
  const next = head.charCodeAt(end + 2);
  return named < 0 || next === 32 || next === 9 ? -1 : number(head, named, end, limit);
}

/** The offset after the colon when the line is a Content-Length; 0 when it is not; -1 when it might be read as one. */
function nameEnd(head: string, start: number, end: number): number {
  let letters = '';
  let odd = false;
  let at = start;
  for (; at < end; at++) {
    const c = head.charCodeAt(at);
    if (c === 58) break;
    const letter = letterOf(c);
    if (letter === 0) odd ||= !isBlankBeforeColon(head, at, start, end);
    else if (letters.length < 15) letters += String.fromCharCode(letter);
  }
  if (letters !== 'content-length' && letters !== 'l') return 0;
  return odd || at === end ? -1 : at + 1;
}

/** A letter in lower case or a hyphen; 0 for anything else. */
function letterOf(c: number): number {
  if (c === 45) return c;
  const lower = c | 32;
  return lower >= 97 && lower <= 122 ? lower : 0;
}

/** Only blanks may follow a name. */
function isBlankBeforeColon(head: string, at: number, start: number, end: number): boolean {
  const c = head.charCodeAt(at);
  return (c === 32 || c === 9) && at > start && onlyBlanks(head, at, end);
}

/** Whether there are only blanks between that offset and the colon. */
function onlyBlanks(head: string, at: number, end: number): boolean {
  for (; at < end; at++) {
    const c = head.charCodeAt(at);
    if (c === 58) return true;
    if (c !== 32 && c !== 9) return false;
  }
  return false;
}

/** 1*DIGIT with blanks around it, or -1. */
function number(head: string, start: number, end: number, limit: number): number {
  while (start < end && (head.charCodeAt(start) === 32 || head.charCodeAt(start) === 9)) start++;
  while (end > start && (head.charCodeAt(end - 1) === 32 || head.charCodeAt(end - 1) === 9)) end--;
  if (start === end) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = head.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > limit) return -1;
  }
  return value;
}
