// The best response as a pure function (§16.7 steps 5 to 7, C-15), against a reference of a few lines that says which
// ones may be chosen.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { parse, Request, type Response, responseTo } from '../../container/message/index.js';
import { aggregateChallenges, bestResponse, type Candidate } from '../../container/proxy/best-response.js';
import { runs } from '../world/runs.js';

const request = parse(
  [
    'INVITE sip:bob@10.0.0.2 SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-1',
    'From: <sip:alice@10.0.0.1>;tag=a',
    'To: <sip:bob@10.0.0.2>',
    'Call-ID: 1@10.0.0.1',
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n'),
  'datagram',
);

function candidate(status: number, challenges: readonly Challenge[] = []): Candidate {
  if (!(request instanceof Request)) throw new Error('the request cannot be read');
  const response = responseTo(request, status, undefined, 'b');
  for (const [name, value] of challenges) response.append(name, value);
  return { response };
}

type Challenge = readonly [name: 'WWW-Authenticate' | 'Proxy-Authenticate', value: string];

/**
 * Those that may go upstream: a 2xx if any, else a 6xx if any, else of the lowest class what tells the caller most
 * (C-15).
 */
function acceptable(candidates: readonly Candidate[]): readonly Candidate[] {
  const only = (from: readonly Candidate[], wanted: (status: number) => boolean) => {
    const found = from.filter(({ response }) => wanted(response.status));
    return found.length > 0 ? found : from;
  };
  const classes = candidates.map(({ response }) => Math.floor(response.status / 100));
  const best = [2, 6, 3, 4, 5].find((family) => classes.includes(family));
  const informative = only(
    candidates.filter((_, i) => classes[i] === best),
    (status) => status !== 487,
  );
  return only(
    only(informative, (status) => [401, 407, 415, 420, 484].includes(status)),
    (status) => status !== 503,
  );
}

const status = fc.oneof(
  fc.integer({ min: 300, max: 699 }),
  fc.constantFrom(302, 401, 404, 407, 408, 415, 420, 480, 484, 486, 487, 500, 501, 503, 603),
);
const finals = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: status.map((each) => candidate(each)) },
    { weight: 1, arbitrary: fc.constant(0).map(() => candidate(487)) },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 299 }).map((each) => candidate(each)) },
  ),
  { maxLength: 12 },
);

describe('C-15 the best response', () => {
  test('C-15 without responses there is none', () => {
    expect(bestResponse([])).toBeUndefined();
  });

  test('C-15 is one of those that the rule allows, whatever came in whatever order', () => {
    fc.assert(
      fc.property(finals, (candidates) => {
        const best = bestResponse(candidates);
        if (candidates.length === 0) expect(best).toBeUndefined();
        else expect(acceptable(candidates)).toContain(best);
      }),
      { numRuns: runs(1500, 5000) },
    );
  });

  test('C-15 has the same status in whatever order they came, unless others are as good', () => {
    const shuffled = finals.chain((candidates) =>
      fc.tuple(
        fc.constant(candidates),
        fc.shuffledSubarray(candidates, { minLength: candidates.length, maxLength: candidates.length }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([candidates, others]) => {
        if (candidates.length === 0) return;
        expect(acceptable(candidates)).toContain(bestResponse(others));
        expect(acceptable(others)).toContain(bestResponse(candidates));
      }),
      { numRuns: runs(600, 2000) },
    );
  });

  test('C-15 of equals is the one that came first', () => {
    fc.assert(
      fc.property(finals, status, (candidates, each) => {
        const [first, second] = [candidate(each), candidate(each)];
        const best = bestResponse([...candidates, first, second]);
        expect(best).not.toBe(second);
      }),
      { numRuns: 1000 },
    );
  });

  test('C-15 what is worse than the best changes nothing, and choosing changes no response', () => {
    fc.assert(
      fc.property(finals, finals, (candidates, others) => {
        const best = bestResponse(candidates);
        const before = candidates.map(({ response }) => response.toWire());
        const all = [...candidates, ...others];
        if (best !== undefined && acceptable(all).every((each) => candidates.includes(each)))
          expect(bestResponse(all)).toBe(best);
        expect(candidates.map(({ response }) => response.toWire())).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  test('C-15 a 6xx beats all but a 2xx, the lowest class beats the others', () => {
    fc.assert(
      fc.property(finals, (candidates) => {
        const family = (response: Response) => Math.floor(response.status / 100);
        const classes = candidates.map(({ response }) => family(response));
        const best = bestResponse(candidates);
        if (best === undefined) return;
        const wanted = classes.includes(2) ? 2 : classes.includes(6) ? 6 : Math.min(...classes);
        expect(family(best.response)).toBe(wanted);
      }),
    );
  });

  test.each([401, 407, 415, 420, 484])('C-15 PRS-25 a %i is preferred to every other 4xx', (helpful) => {
    for (let other = 400; other < 500; other++) {
      if ([401, 407, 415, 420, 484].includes(other)) continue;
      expect(bestResponse([candidate(other), candidate(helpful)])?.response.status).toBe(helpful);
      expect(bestResponse([candidate(helpful), candidate(other)])?.response.status).toBe(helpful);
    }
  });

  test('W-02 §16.7 step 6: a 487 of a branch or of the application beats no other final response of its class (C-15)', () => {
    for (let other = 400; other < 500; other++) {
      if (other === 487) continue;
      for (const order of [0, 1]) {
        const both = [candidate(other), candidate(487)];
        if (order === 1) both.reverse();
        expect(bestResponse(both)?.response.status).toBe(other);
      }
    }
    expect(bestResponse([candidate(487), candidate(500)])?.response.status).toBe(487);
    expect(bestResponse([candidate(487)])?.response.status).toBe(487);
  });

  test('C-15 a 503 beats no other 5xx', () => {
    for (let other = 500; other < 600; other++) {
      if (other === 503) continue;
      expect(bestResponse([candidate(503), candidate(other)])?.response.status).toBe(other);
    }
  });
});

describe('§16.7 step 7, challenges', () => {
  const value = fc
    .tuple(fc.constantFrom('a', 'b'), fc.nat(5))
    .map(([realm, n]) => `Digest realm="${realm}", nonce="${n}"`);
  const challenge = fc.tuple(fc.constantFrom('WWW-Authenticate', 'Proxy-Authenticate'), value);
  const challenged = fc.tuple(fc.constantFrom(401, 407, 404, 486, 500), fc.array(challenge, { maxLength: 3 }));
  const valuesOf = ({ response }: Candidate, name: string) =>
    response.fieldsOf(name.toLowerCase()).map((field) => field.value);

  test('PRS-30 a 401 or 407 carries the values of all 401s and 407s, and of nothing else, each under its own name', () => {
    fc.assert(
      fc.property(fc.array(challenged, { minLength: 1, maxLength: 6 }), (answers) => {
        const candidates = answers.map(([each, challenges]) => candidate(each, challenges as Challenge[]));
        const chosen = present(bestResponse(candidates));
        const before = candidates.map(({ response }) => response.toWire());
        const own = { w: valuesOf(chosen, 'WWW-Authenticate'), p: valuesOf(chosen, 'Proxy-Authenticate') };
        const isChallenge = [401, 407].includes(chosen.response.status);
        const all = (name: string) =>
          answers
            .filter(([each]) => each === 401 || each === 407)
            .flatMap(([, challenges]) => challenges.filter(([header]) => header === name).map(([, text]) => text));
        aggregateChallenges(chosen, candidates);
        const after = { w: valuesOf(chosen, 'WWW-Authenticate'), p: valuesOf(chosen, 'Proxy-Authenticate') };
        for (const [i, other] of candidates.entries()) {
          if (other !== chosen || !isChallenge) expect(other.response.toWire()).toBe(before[i]);
        }
        if (!isChallenge) return;
        expect(new Set(after.w)).toEqual(new Set(all('WWW-Authenticate')));
        expect(new Set(after.p)).toEqual(new Set(all('Proxy-Authenticate')));
        // Its own ones come first, as they were, and what two branches have in common need not be there twice.
        expect([after.w.slice(0, own.w.length), after.p.slice(0, own.p.length)]).toEqual([own.w, own.p]);
      }),
      { numRuns: runs(600, 2000) },
    );
  });

  test('PRS-30 done twice, as after another round, it adds nothing', () => {
    fc.assert(
      fc.property(fc.array(challenged, { minLength: 1, maxLength: 6 }), (answers) => {
        const candidates = answers.map(([each, challenges]) => candidate(each, challenges as Challenge[]));
        const chosen = present(bestResponse(candidates));
        aggregateChallenges(chosen, candidates);
        const once = chosen.response.toWire();
        aggregateChallenges(chosen, candidates);
        expect(chosen.response.toWire()).toBe(once);
      }),
    );
  });

  test('PRS-31 two challenges for one realm are both there, octet by octet', () => {
    const odd = 'Digest  realm="one,\\"two\\"" ,nonce="a;b",  opaque=""';
    const plain = 'Digest realm="one,\\"two\\"", nonce="c"';
    const chosen = candidate(407, [['Proxy-Authenticate', plain]]);
    aggregateChallenges(chosen, [chosen, candidate(407, [['Proxy-Authenticate', odd]])]);
    expect(valuesOf(chosen, 'Proxy-Authenticate')).toEqual([plain, odd]);
    expect(chosen.response.toWire()).toContain(`Proxy-Authenticate: ${odd}\r\n`);
  });
});
