// Reads the start line and a few header fields of a message on the wire, without parsing it (§7).

/** 0 for a request. */
export function statusOf(wire: string): number {
  if (!wire.startsWith('SIP/2.0 ')) return 0;
  const status = (wire.charCodeAt(8) - 48) * 100 + (wire.charCodeAt(9) - 48) * 10 + (wire.charCodeAt(10) - 48);
  return status >= 100 && status <= 699 ? status : 699;
}

/** The method of a request, or of a response by its CSeq (§20.16); '' when it cannot be read. */
export function methodOf(wire: string, status: number): string {
  if (status === 0) return wire.slice(0, Math.max(0, wire.indexOf(' ')));
  const value = fieldOf(wire, 'CSeq:', /\r\ncseq[ \t]*:([^\r\n]*)/i);
  return value.slice(Math.max(value.lastIndexOf(' '), value.lastIndexOf('\t')) + 1);
}

/** '' when there is none. */
export function callIdOf(wire: string): string {
  return fieldOf(wire, 'Call-ID:', /\r\n(?:call-id|i)[ \t]*:([^\r\n]*)/i);
}

export function fromOf(wire: string): string {
  return fieldOf(wire, 'From:', /\r\n(?:from|f)[ \t]*:([^\r\n]*)/i);
}

export function toOf(wire: string): string {
  return fieldOf(wire, 'To:', /\r\n(?:to|t)[ \t]*:([^\r\n]*)/i);
}

/** The first line. */
export function startLineOf(wire: string): string {
  const end = wire.indexOf('\r\n');
  return end < 0 ? wire : wire.slice(0, end);
}

/** The value of a field: first by the usual spelling of its name, then by an expression for the other spellings. */
function fieldOf(wire: string, usual: string, otherwise: RegExp): string {
  const first = usual.charCodeAt(0);
  for (let at = wire.indexOf('\n') + 1; at > 0; at = wire.indexOf('\n', at) + 1) {
    const c = wire.charCodeAt(at);
    if (c === first && wire.startsWith(usual, at)) {
      let start = at + usual.length;
      if (wire.charCodeAt(start) === 32) start++;
      return wire.slice(start, wire.indexOf('\r', start)).trim();
    }
    if (c === 13) break; // the body begins here
  }
  const head = wire.slice(0, Math.max(0, wire.indexOf('\r\n\r\n')) + 2);
  return otherwise.exec(head)?.[1]?.trim() ?? '';
}

/**
 * The message as shown to people: without the proof in credentials, but with the user name (§22). A digest can be
 * tested against passwords, and the credentials of other schemes are passwords or as good as one.
 */
export function withoutSecrets(wire: string): string {
  const end = wire.indexOf('\r\n\r\n');
  const head = end < 0 ? wire : wire.slice(0, end);
  if (!/authorization/i.test(head)) return wire;
  // A field with its continuation lines (§7.3.1).
  const shown = head.replace(
    /^((?:proxy-)?authorization[ \t]*:)([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)/gim,
    (_, name: string, value: string) =>
      /^\s*digest\s/i.test(value)
        ? name + value.replace(/([\s,]response\s*=\s*)("(?:[^"\\]|\\[\s\S])*"?|[^\s,]*)/gi, '$1"***"')
        : name + value.replace(/^(\s*\S*).*$/s, '$1 ***'),
  );
  return shown + wire.slice(head.length);
}
