// `apps.reach-me` of siplet.yaml: the phones of each user, and voicemail.
import { DialPlan, type DialPlanOptions, type Duration, isTimeLimit, PrefixMap, SipUri } from '@siplet/sdk';
import { z } from 'zod';

const uri = z.string().refine(SipUri.canParse, { error: 'must be a SIP URI' });

/** By user; a key that ends in '*' stands for every user that begins so. 'next': the next application has the call. */
const targets = z.record(
  z.string(),
  z.union([z.literal('next'), z.preprocess((value) => [value].flat(), z.array(uri).min(1))], {
    error: "must be 'next', a SIP URI or a list of them",
  }),
);
type Target = z.output<typeof targets>[string];

const sections = z.strictObject({
  numbers: z
    .custom<DialPlanOptions>(DialPlan.accepts, "must be a dial plan in quotes, such as { country: '49', area: '30' }")
    .default({})
    .transform((options) => new DialPlan(options)),
  parallel: z.boolean().default(false),
  timeout: z.custom<Duration>(isTimeLimit, "must be a time such as '20s'").default('20s'),
  voicemail: z.union([z.literal(false), uri], { error: 'must be a SIP URI or false' }).default('sip:127.0.0.1:5080'),
  targets: targets.prefault({ '*': 'sip:127.0.0.1:5070' }),
});

/** Users are named as the dial plan names them, whatever an operator has written. */
export const schema = sections.transform(({ targets, ...rest }) => ({
  ...rest,
  ...targetsOf(Object.entries(targets).map(([key, value]) => [rest.numbers.canonical(key), value])),
}));

export type Settings = z.output<typeof schema>;

function targetsOf(entries: readonly (readonly [key: string, target: Target])[]) {
  const users = new Map(entries);
  const prefixes = new PrefixMap(
    entries.flatMap(([key, value]) => (key.endsWith('*') ? [[key.slice(0, -1), value] as const] : [])),
  );
  return {
    targets: (user: string) => users.get(user) ?? prefixes.get(user),
    isListed: (user: string) => users.has(user),
  };
}

/** A target without a user takes the one that was dialled. */
export function targetAt(target: string, user: string): SipUri {
  const uri = SipUri.parse(target);
  if (uri.user === undefined && user !== '') uri.user = user;
  return uri;
}
