// The scanner for the common shape says what the full grammar says, wherever it says anything (§25.1).
import { isHost, scanAddress, scanUri } from '@siplet/sdk/grammar';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Party, Uri, Via } from '../../container/message/index.js';

const piece = fc.constantFrom(
  ...'sip: sips: SIP: tel: @ : ; = , ? < > [ ] " \\ . - _ % & + $ / * ! ~ 0 1 9 255 256 010 a Z x.y example.com EXAMPLE 10.0.0.1 1.2.3 [::1] 5060 65536 lr transport=tcp tag=1 ;tag=2 %41 %4 \xe4 \0'.split(
    ' ',
  ),
  ' ',
  '\t',
);
const text = (start: string) => fc.array(piece, { maxLength: 12 }).map((pieces) => start + pieces.join(''));
const runs = { numRuns: 10_000 };

test('§25.1 property: Uri.parse and scanUri accept the same and see the same parts', () => {
  fc.assert(
    fc.property(fc.oneof(text(''), text('sip:'), text('sips:alice@'), text('sip:a.b')), (uri) => {
      const parts = scanUri(uri);
      const view = Uri.parse(uri);
      expect(view === undefined).toBe(parts === undefined);
      if (view === undefined || parts === undefined) return;
      expect([view.scheme, view.port, view.parameters, view.text]).toEqual([
        parts.scheme,
        parts.port,
        parts.parameters,
        uri,
      ]);
      expect(view.host).toBe(parts.host.toLowerCase().replace(/^\[|\]$/g, ''));
      if (parts.password === undefined) expect(view.user).toBe(parts.user);
      expect(view.hasHeaders).toBe(parts.headers !== '');
      expect({ ...view.parts }).toEqual({ ...parts });
    }),
    runs,
  );
});

test('§25.1 property: Party.parse accepts what scanAddress accepts, except two tags or one that is not a token', () => {
  fc.assert(
    fc.property(
      fc.oneof(text(''), text('<sip:a@b>'), text('"x" <sip:'), text('Bob <sip:a@b>;tag=1'), text('sip:a@b')),
      (address) => {
        const parts = scanAddress(address);
        const view = Party.parse(address);
        if (view === undefined) {
          if (parts !== undefined) expect(parts.parameters.toLowerCase()).toContain('tag');
          return;
        }
        if (parts === undefined) expect.fail(`${JSON.stringify(address)} is not an address`);
        expect([view.uri, view.bracketed, view.parameters.trim(), view.displayName]).toEqual([
          parts.uri,
          parts.bracketed,
          parts.parameters,
          parts.displayName,
        ]);
        expect(view.tag).toBe(view.parameter('tag'));
      },
    ),
    runs,
  );
});

test('§25.1 property: a host in a Via is a host', () => {
  fc.assert(
    fc.property(
      text('').filter((host) => !/[:;,\s]/.test(host.replace(/^\[[^\];,]*\]$/, ''))),
      (host) => {
        const via = Via.parse(`SIP/2.0/UDP ${host};branch=1`);
        expect(via !== undefined).toBe(isHost(host));
        if (via !== undefined) expect(via.host).toBe(host.toLowerCase().replace(/^\[|\]$/g, ''));
      },
    ),
    runs,
  );
});
