// apps.b2b-trunk of siplet.yaml: carriers, routes, how numbers are dialled, and where records go.
import { SipUri } from '@siplet/sdk';
import type { Carrier, HeaderPolicy } from './carriers.js';
import type { FailoverPolicy } from './causes.js';
import type { DialPlan, Rewrite } from './numbers.js';
import type { RecordsSettings } from './records.js';
import { type Chance, type Offer, Routes } from './routes.js';
import { amount, count, expect, flag, type Kind, list, positive, Section, text } from './section.js';

export class Settings {
  readonly carriers: ReadonlyMap<string, Carrier>;
  readonly plan: DialPlan;
  readonly failover: FailoverPolicy;
  /** What a caller is told instead of these statuses, when no carrier is left. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly records: RecordsSettings;
  readonly routes: Routes;

  /** Throws an Error that names every fault of the section. */
  constructor(section: unknown) {
    const read = Section.read(section, 'apps.b2b-trunk', readSettings);
    ({ plan: this.plan, failover: this.failover, statuses: this.statuses, records: this.records } = read);
    this.carriers = read.carriers;
    this.routes = new Routes(read.offers);
  }

  /** The carriers that take the number, in the order in which they are to be tried. */
  carriersTo(number: string, chance: Chance): Carrier[] {
    return this.routes.to(number, chance).flatMap((name) => this.carriers.get(name) ?? []);
  }
}

function readSettings(section: Section) {
  const policy = section.section('headers', headerPolicyOf);
  const carriers = section.section('carriers', (all) => all.each((one, name) => carrierOf(one, name, policy)));
  const offers = section.section('routes', (all) =>
    all.each((prefix) => {
      const names = prefix.each((offer, carrier): Offer => {
        if (!carriers.has(carrier)) offer.refuse('there is no such carrier');
        return { carrier, cost: offer.take('cost', amount, 0), weight: offer.take('weight', amount, 1) };
      });
      return [...names.values()];
    }),
  );
  return {
    carriers,
    offers,
    plan: section.section('numbers', planOf),
    failover: section.section('failover', failoverOf),
    statuses: section.take('statuses', statusMap, new Map([[503, 500]])),
    records: section.section('records', recordsOf),
  };
}

function carrierOf(section: Section, name: string, common: HeaderPolicy): Carrier {
  const headers = section.section('headers', headerPolicyOf);
  return {
    name,
    uri: section.need('uri', uri, new SipUri('sip:missing.invalid')),
    limit: section.take('limit', count, Number.POSITIVE_INFINITY),
    timeout: section.take('timeout', positive, 30),
    rewrite: section.take('rewrite', list(rewrite), []),
    callerId: section.take('callerId', digits, undefined),
    trusted: section.take('trusted', flag, false),
    headers: {
      remove: [...common.remove, ...headers.remove],
      set: new Map([...common.set, ...headers.set]),
    },
  };
}

const headerPolicyOf = (section: Section): HeaderPolicy => ({
  remove: section.take('remove', list(headerName), []),
  set: checkedNames(
    section,
    section.section('set', (all) => all.values(headerValue)),
  ),
});

function checkedNames(section: Section, values: Map<string, string>): Map<string, string> {
  for (const name of values.keys()) {
    try {
      headerName(name);
    } catch (fault) {
      section.refuse(`${name} ${(fault as Error).message}`);
    }
  }
  return values;
}

const planOf = (section: Section): DialPlan => ({
  country: section.take('country', digits, ''),
  area: section.take('area', digits, ''),
  international: section.take('international', list(digits), ['00']),
  national: section.take('national', digits, '0'),
  short: section.take('short', list(digits), []),
});

const failoverOf = (section: Section): FailoverPolicy => ({
  statuses: section.take('statuses', list(statusRange), [
    [408, 408],
    [500, 599],
  ]),
  // No circuit, network out of order, temporary failure, congestion, channel not available, resource unavailable.
  causes: section.take('causes', list(count), [34, 38, 41, 42, 44, 47]),
});

const recordsOf = (section: Section): RecordsSettings => ({
  file: section.take('file', text, 'calls.jsonl'),
  size: section.take('size', count, 100_000_000),
  buffer: section.take('buffer', count, 100_000),
});

const uri: Kind<SipUri> = (value) => {
  expect(typeof value === 'string' && SipUri.canParse(value), 'must be a SIP URI', value);
  return SipUri.parse(value as string);
};

/** YAML reads an unquoted +49 as the number 49. */
const digits: Kind<string> = (value) =>
  expect(typeof value === 'string' && /^\+?\d*$/.test(value), "must be digits in quotes: '0049'", value as string);

const rewrite: Kind<Rewrite> = (value) => {
  const { strip = '', prepend = '', ...rest } = Object(value) as Record<string, unknown>;
  expect(Object.keys(rest).length === 0 && typeof value === 'object', 'must be { strip, prepend }', value);
  return { strip: digits(strip), prepend: digits(prepend) };
};

/** 503, or '500-599'. */
const statusRange: Kind<readonly [number, number]> = (value) => {
  const [, first, last = first] = /^([3-6]\d\d)(?:-([3-6]\d\d))?$/.exec(String(value)) ?? [];
  expect(first !== undefined && Number(first) <= Number(last), "must be a status from 300 to 699, or '500-599'", value);
  return [Number(first), Number(last)];
};

const statusMap: Kind<Map<number, number>> = (value) => {
  const entries = Object.entries(Object(value) as object).map(([from, to]) => [Number(from), Number(to)] as const);
  const isStatus = (number: number) => Number.isInteger(number) && number >= 300 && number <= 699;
  const isRight = !Array.isArray(value) && typeof value === 'object' && entries.flat().every(isStatus);
  return expect(isRight, 'must be a map of statuses, { 503: 500 }', new Map(entries));
};

/** Headers that the container writes: an application cannot. */
const SYSTEM = /^(via|v|call-id|i|cseq|record-route|route|max-forwards|from|f|to|t|contact|m|content-length|l)$/i;

const headerName: Kind<string> = (value) => {
  expect(typeof value === 'string' && /^[\w!%*+`'~.-]+$/.test(value), 'must be the name of a header', value);
  return expect(!SYSTEM.test(value as string), 'is written by the container', value as string);
};

const headerValue: Kind<string> = (value) =>
  expect(typeof value === 'string' && !/[\r\n\0]/.test(value), 'must be a text of one line', value as string);
