// Of the purposes that are counted here, those that no test of proxying can have, each with its reason.
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  'PRS-12':
    'SHOULD only: the container knows no number plan, so it makes no SIP URI of a tel URI; a 416 competes as any other 4xx',
  'CNT-26':
    'RULES.md has no time of its own for a branch without a 1xx: Timer B and the timeout of the branch bound it',
  'CNT-44':
    'a whole siplet is stateless, not one of its proxies: RULES.md section 6 and the tests of the stateless proxy',
};
