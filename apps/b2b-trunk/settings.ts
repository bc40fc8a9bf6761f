// `apps.b2b-trunk` of siplet.yaml: the dial plan, carriers, routes, failover and records.
import { DialPlan, type DialPlanOptions, type Duration, isTimeLimit, PrefixMap, SipUri } from '@siplet/sdk';
import { z } from 'zod';

/** One value stands for a list of one. */
function list<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => [value].flat(), z.array(item));
}

const uri = z
  .string()
  .refine(SipUri.canParse, { error: 'must be a SIP URI', abort: true })
  .transform((text) => SipUri.parse(text));

/** YAML reads an unquoted +49 as the number 49. */
const digits = z
  .string({ error: "must be digits in quotes, such as '0049'" })
  .regex(/^\+?\d*$/, { error: "must be digits in quotes, such as '0049'" });

const status = z.coerce.number().int().min(300).max(699);

/** 503, or '500-599'. */
const statusRange = z.coerce
  .string()
  .regex(/^[3-6]\d\d(-[3-6]\d\d)?$/, { error: "must be a status from 300 to 699, or a range such as '500-599'" })
  .transform((text) => text.split('-').map(Number))
  .transform(([first = 0, last = first]) => [first, last] as const)
  .refine(([first, last]) => first <= last, { error: 'must be a range from the lower to the higher status' });

/** Headers that the container writes: an application cannot. */
export const SYSTEM =
  /^(via|v|call-id|i|cseq|record-route|route|max-forwards|from|f|to|t|contact|m|content-length|l)$/i;

const headerName = z
  .string()
  .regex(/^[\w!%*+`'~.-]+$/, { error: 'must be the name of a header' })
  .refine((name) => !SYSTEM.test(name), { error: 'is a header that the container writes' });

const headerValue = z.string().regex(/^[^\r\n\0]*$/, { error: 'must be a text of one line' });

/** Headers of the caller that a carrier is not shown, and those that it is shown instead. */
const headers = z.strictObject({
  remove: list(headerName).default([]),
  set: z
    .record(z.string(), headerValue)
    .default({})
    .superRefine((all, context) => {
      for (const name of Object.keys(all))
        for (const { message } of headerName.safeParse(name).error?.issues ?? [])
          context.addIssue({ code: 'custom', path: [name], message });
    }),
});

const carrier = z.strictObject({
  /** Where it is reached; the number becomes its user. */
  uri,
  /** Calls at one time. */
  limit: z.number().int().min(0).default(Number.POSITIVE_INFINITY),
  /** How long to wait until it makes progress; a carrier that rings has the call. */
  timeout: z.custom<Duration>(isTimeLimit, "must be a time such as '30s'").default('30s'),
  /** What begins with `strip` begins with `prepend` instead; the first rule that fits counts. */
  rewrite: list(z.strictObject({ strip: digits.default(''), prepend: digits.default('') })).default([]),
  /** The number that it is shown for every caller. */
  callerId: digits.optional(),
  /** Whether it is told who calls when the caller does not want to be shown (RFC 3325 §7). */
  trusted: z.boolean().default(false),
  headers: headers.prefault({}),
});

const offer = z.strictObject({
  /** The cheapest carrier comes first. */
  cost: z.number().min(0).default(0),
  /** Of those that cost the same, one of weight 3 comes first three times as often as one of weight 1; 0 comes last. */
  weight: z.number().min(0).default(1),
});

const sections = z.strictObject({
  numbers: z
    .custom<DialPlanOptions>(DialPlan.accepts, "must be a dial plan in quotes, such as { country: '49', area: '30' }")
    .default({})
    .transform((options) => new DialPlan(options)),
  carriers: z.record(z.string(), carrier).default({}),
  /** By what numbers begin with: the carriers that take them. */
  routes: z.record(z.string(), z.record(z.string(), offer)).default({}),
  /** When the next carrier is tried. */
  failover: z
    .strictObject({
      statuses: list(statusRange).prefault([401, 407, 408, 500, 502, 503, 504]),
      /** Q.850: no circuit, out of order, temporary failure, congestion, channel or resource not available. */
      causes: list(z.number().int().min(0).max(127)).default([34, 38, 41, 42, 44, 47]),
    })
    .prefault({}),
  /** What a caller is told instead of these statuses when no carrier is left. */
  statuses: z
    .record(z.string(), status)
    .prefault({ 503: 500 })
    .transform((all) => new Map(Object.entries(all).map(([from, to]) => [Number(from), to]))),
  /** For all carriers. */
  headers: headers.prefault({}),
  records: z
    .strictObject({
      file: z.string().default('calls.jsonl'),
      /** Octets from which the file is put aside, as FILE.1, FILE.2, … in the order of time; 0: never. */
      size: z.number().int().min(0).default(100_000_000),
      /** Records that wait in memory while the disk takes none; what comes on top of them goes to the log. */
      buffer: z.number().int().min(0).default(100_000),
    })
    .prefault({}),
});

export const schema = sections
  .superRefine(({ carriers, routes }, context) => {
    for (const [prefix, offers] of Object.entries(routes))
      for (const name of Object.keys(offers).filter((each) => !Object.hasOwn(carriers, each)))
        context.addIssue({ code: 'custom', path: ['routes', prefix, name], message: 'there is no such carrier' });
  })
  .transform(({ carriers, routes, headers: common, ...rest }) => {
    const named = new Map(Object.entries(carriers).map(([name, own]) => [name, carrierOf(name, own, common)]));
    const offersOf = (offers: Record<string, z.output<typeof offer>>): Offer[] =>
      Object.entries(offers).map(([name, offer]) => ({ ...offer, carrier: named.get(name) as Carrier }));
    return {
      ...rest,
      routes: new PrefixMap(Object.entries(routes).map(([prefix, offers]) => [prefix, offersOf(offers)])),
    };
  });

export type Settings = z.output<typeof schema>;
export type HeaderPolicy = z.output<typeof headers>;
export type Carrier = z.output<typeof carrier> & { readonly name: string };
export type Offer = z.output<typeof offer> & { readonly carrier: Carrier };

/** A carrier with its name and the headers that concern all carriers. */
function carrierOf(name: string, { headers, ...own }: z.output<typeof carrier>, common: HeaderPolicy): Carrier {
  const { remove, set } = headers;
  return { ...own, name, headers: { remove: [...common.remove, ...remove], set: { ...common.set, ...set } } };
}
