// Which test purposes there are for what has been built, as data: coverage.test.ts looks for each of them in the titles
// of the tests.

/** 'PRV-01' … 'PRV-22'. */
function items(group: string, last: number, first = 1): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${group}-${String(first + i).padStart(2, '0')}`);
}

export const PURPOSES: readonly string[] = [
  ...items('PRV', 22), // stateful proxy: request validation
  ...items('PRT', 12), // route preprocessing
  ...items('PTG', 12), // target set
  ...items('PFW', 31), // request forwarding
  ...items('ICT', 14), // INVITE client transaction
  ...items('NCT', 8), // non-INVITE client transaction
  ...items('IST', 15), // INVITE server transaction
  ...items('NST', 11), // non-INVITE server transaction
  ...items('TRM', 13), // transaction matching
  ...items('TRP', 19), // transport
  ...items('TRP', 26, 24),
  ...items('UAS', 15), // user agent server
  ...items('AUT', 12), // digest authentication
  ...items('B2B', 12), // back-to-back user agent
];
