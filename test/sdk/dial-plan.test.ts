// DialPlan: what a URI names at one place (RFC 3966, E.164); and what a plan may be made of.
import { DialPlan, type DialPlanOptions, type PartyKind, SipUri } from '@siplet/sdk';
import { describe, expect, test } from 'vitest';

const berlin = new DialPlan({
  country: '49',
  area: '30',
  international: ['00', '011'],
  emergency: ['110', '112'],
  short: '115',
});

describe('RFC 3966 §5.1 what a URI names', () => {
  test.each<[uri: string, kind: PartyKind, user: string]>([
    ['sip:+4930123@h', 'number', '+4930123'],
    ['sip:+49-30-123@h;user=phone', 'number', '+4930123'],
    ['sip:+4930123;ext=5@h;user=phone', 'number', '+4930123'],
    ['tel:+49(30)123', 'number', '+4930123'],
    ['tel:7042;phone-context=+4930', 'number', '+49307042'],
    ['sip:7042;phone-context=+49-30@h;user=phone', 'number', '+49307042'],
    ['sip:7042;Phone-Context=+4930@h', 'number', '+49307042'],
    ['tel:0307042;phone-context=+49', 'number', '+49307042'],
    ['tel:307042;phone-context=+49', 'number', '+49307042'],
    ['tel:7042;phone-context=example.com', 'number', '+49307042'],
    ['sip:bob@h', 'name', 'bob'],
    ['sip:Bob;x=1@h', 'name', 'Bob'],
    ['sip:h', 'name', ''],
    ['sip:4930x@h', 'name', '4930x'],
    ['urn:service:counseling', 'name', 'urn:service:counseling'],
  ])('%s: %s %s', (uri, kind, user) => {
    expect(berlin.resolve(uri)).toEqual({ kind, user });
  });
});

describe('what is dialled', () => {
  test.each<[dialled: string, kind: PartyKind, user: string]>([
    ['+15550100', 'number', '+15550100'],
    ['0015550100', 'number', '+15550100'],
    ['01115550100', 'number', '+15550100'],
    ['089123456', 'number', '+4989123456'],
    ['123456', 'number', '+4930123456'],
    ['115', 'local', '115'],
    ['12', 'local', '12'],
  ])('in Berlin %s: %s %s', (dialled, kind, user) => {
    expect(berlin.resolve(`sip:${dialled}@h`)).toEqual({ kind, user });
  });

  test('a plan without an area, a national prefix or a country completes what it can', () => {
    const user = (options: DialPlanOptions, dialled: string) => {
      const { kind, user } = new DialPlan(options).resolve(`sip:${dialled}@h`);
      return `${kind} ${user}`;
    };
    expect(user({}, '089123456')).toBe('local 089123456');
    expect(user({}, '004989123456')).toBe('number +4989123456');
    expect(user({ country: '49' }, '123456')).toBe('local 123456');
    expect(user({ country: '45', national: '' }, '12345678')).toBe('number +4512345678');
    expect(user({ country: '39', national: '' }, '0612345678')).toBe('number +390612345678');
    expect(user({ country: '1', national: '1', area: '212' }, '12125550100')).toBe('number +12125550100');
  });

  test.each(['00', '+', '+0301234567', '+49', '+49(0)30123456', '+49030123456', '+1234567890123456', '0123'])(
    'E-26 %s is not a telephone number',
    (dialled) => {
      expect(berlin.resolve(`sip:${dialled}@h`).kind).toBe('invalid');
    },
  );

  test.each([
    '+49O30123456',
    '+4930123456#',
    '+491;x@y',
    '+',
    '-',
    '()',
    '+%20',
    '+*',
    '+alice',
    '00*#',
    '%2B49%00301234',
  ])('E-26 sip:%s@carrier names nobody, and is not a number', (user) => {
    expect(berlin.resolve(new SipUri({ user: decodeURIComponent(user), host: 'carrier' })).kind).toBe('invalid');
  });

  test.each(['*21#', '#31#', '*100'])('E-26 %s is a code of this place', (dialled) => {
    expect(berlin.resolve(new SipUri({ user: dialled, host: 'h' }))).toEqual({ kind: 'local', user: dialled });
  });

  test.each(['030/123 456', '+49 30 123456', '(030) 123.456'])('E-26 separators that people write: %s', (dialled) => {
    expect(berlin.resolve(new SipUri({ user: dialled, host: 'h' }))).toEqual({ kind: 'number', user: '+4930123456' });
  });

  test('+ and 6 digits are too few, 7 to 15 are a number, 16 too many', () => {
    const kinds = [6, 7, 15, 16].map((length) => berlin.resolve(`sip:+${'4'.repeat(length)}@h`).kind);
    expect(kinds).toEqual(['invalid', 'number', 'number', 'invalid']);
  });

  test('E-26 the readers’ (0) is not part of a number abroad either', () => {
    expect(berlin.resolve('tel:+44(0)2079460000').kind).toBe('invalid');
    expect(berlin.resolve('tel:+44(20)79460000').kind).toBe('number');
  });
});

describe('RFC 5031 emergency services', () => {
  test.each(['sip:112@h', 'tel:110;phone-context=+49', 'sip:+49112@h', 'urn:service:sos', 'URN:service:SOS.fire'])(
    'E-24 %s',
    (uri) => {
      expect(berlin.isEmergency(uri)).toBe(true);
    },
  );

  test.each([
    ['completed by a telephone', 'sip:+49110@h', '110'],
    ['with the international prefix', 'sip:0049112@h', '112'],
    ['with separators', 'tel:1-1-2;phone-context=+49', '112'],
    ['escaped', 'sip:%31%31%32@h', '112'],
    ['with parameters', 'sip:112;ext=1;phone-context=siplet.example@h;user=phone', '112'],
    ['by a service', 'urn:service:sos', '112'],
    ['by a sub-service', 'urn:service:sos.ambulance', '112'],
  ])('E-24 RFC 5031 an emergency number %s is named as the plan has it', (_, uri, user) => {
    expect(berlin.resolve(uri)).toEqual({ kind: 'emergency', user });
  });

  test('E-24 a plan without a country takes any country code for that of an emergency number', () => {
    const kinds = ['+49112', '+1911', '+353112', '+4930112', '+112'].map(
      (user) => new DialPlan().resolve(`sip:${user}@h`).kind,
    );
    expect(kinds).toEqual(['emergency', 'emergency', 'emergency', 'number', 'invalid']);
  });

  test('E-24 RFC 5031 §4.2 urn:service:sos is the first number of a plan that lacks 112', () => {
    expect(new DialPlan({ emergency: ['999', '18000'] }).resolve('urn:service:sos').user).toBe('999');
  });

  test.each(['sip:911@h', 'sip:1120@h', 'sip:112x@h', 'urn:service:sosx', 'sip:+44112@h'])('not %s', (uri) => {
    expect(berlin.isEmergency(uri)).toBe(false);
  });

  test('112 and 911 unless the plan says otherwise', () => {
    expect(['112', '911', '110'].map((number) => new DialPlan().isEmergency(`sip:${number}@h`))).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('one name of a party', () => {
  test.each([
    ['alice', ['Alice', 'sip:ALICE@h', 'sip:alice;x=1@h', 'sip:%61lice@h', 'sips:alice:secret@h:5061;user=ip']],
    [
      '+4930123456',
      [...['030123456', '+49 30 123456', '0049-30-123456', 'tel:+49-30-123456', 'sip:030123456@h;user=phone']],
    ],
    ['+4930123456', ['tel:123456;phone-context=+49-30', 'sip:%2b4930123456@h', 'sip:+4930123456;ext=5@h']],
    ['+49900123456', ['+49(0)900123456', 'sip:+490900123456@h', 'sip:00490900123456@h', 'sip:0049(0)900123456@h']],
    ['112', ['112', '+49112', 'urn:service:sos']],
    ['+49900*', ['+49900*', '0900*', '0049-900*']],
    ['*', ['*']],
    ['', ['sip:h']],
  ])('E-26 %j', (name, parties) => {
    expect(parties.map((party) => berlin.canonical(party))).toEqual(parties.map(() => name));
  });
});

describe('what a plan is made of', () => {
  test.each([
    [{ country: 49 }, "country must be digits in quotes, such as '49', not 49"],
    [{ country: '+49' }, `country must be digits in quotes, such as '49', not "+49"`],
    [{ emergency: ['112', 110] }, "emergency must be digits in quotes, such as '49', not 110"],
    [{ contry: '49' }, 'contry is not one of country, area, international, national, emergency, short'],
    [[], 'the options must be a map'],
    [null, 'the options must be a map'],
  ])('refused: %j', (options, fault) => {
    expect(DialPlan.accepts(options)).toBe(false);
    expect(() => new DialPlan(options as DialPlanOptions)).toThrow(new TypeError(`DialPlan: ${fault}`));
  });

  test('taken: one number or a list', () => {
    expect(DialPlan.accepts({ country: '49', emergency: '112', international: ['00'] })).toBe(true);
  });
});
