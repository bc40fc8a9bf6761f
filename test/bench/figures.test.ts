// What the bench makes of its measurements (test/bench/figures.js, statistics.js).
import { describe, expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import {
  columns,
  exponentOf,
  growthOf,
  isSteady,
  median,
  quantile,
  rowsOf,
  slopeOf,
  spreadOf,
  tableOf,
} from './figures.js';
import { countsOf, timesOf } from './statistics.js';

const run = (peer: string, cost: number, more = {}) => ({
  ...{ peer, cost, failed: 0, retransmissions: 0, memory: 50, calibration: [100, 100] },
  ...more,
});

describe('medians and spreads', () => {
  test('the median of an odd number is the one in the middle, of an even number the mean of the two', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });

  test('a quantile is one of the numbers, no less than that share of them', () => {
    const numbers = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantile(numbers, 0.5)).toBe(50);
    expect(quantile(numbers, 0.99)).toBe(99);
    expect(quantile([7], 0.5)).toBe(7);
    expect(quantile([1, 2], 0)).toBe(1);
  });

  test('a slope, and the exponent of what grows as a power', () => {
    expect(
      slopeOf([
        [0, 1],
        [1, 3],
        [2, 5],
      ]),
    ).toBe(2);
    expect(slopeOf([[1, 1]])).toBe(0);
    expect(
      exponentOf([
        [1, 7],
        [10, 700],
        [100, 70_000],
      ]),
    ).toBeCloseTo(2);
  });
});

describe('rounds', () => {
  test('one during which the machine changed its speed by more than 1.25 does not count, whichever of its runs saw it', () => {
    expect(isSteady([run('siplet', 1, { calibration: [100, 125] }), run('kamailio', 1)])).toBe(true);
    expect(isSteady([run('siplet', 1), run('kamailio', 1, { calibration: [126, 126] })])).toBe(false);
  });

  test('ratios are taken within a round, whatever the order of its runs; failures are summed, memory is the most', () => {
    const rows = rowsOf(
      'supervised',
      ['siplet', 'kamailio', 'floor'],
      [
        [run('siplet', 100, { failed: 1 }), run('kamailio', 200), run('floor', 50, { retransmissions: 2 })],
        [run('floor', 100), run('kamailio', 300), run('siplet', 300, { memory: 70 })],
        [run('siplet', 80, { failed: 2 }), run('kamailio', 100), run('floor', 40)],
      ],
    );
    expect(rows.map((row) => row.peer)).toEqual(['siplet', 'kamailio', 'floor']);
    const [siplet, kamailio, floor] = rows;
    expect(present(siplet).cost).toEqual({ median: 100, min: 80, max: 300 });
    expect(present(siplet).ratios.kamailio).toEqual({ median: 0.8, min: 0.5, max: 1 });
    expect(present(siplet).ratios.floor).toEqual({ median: 2, min: 2, max: 3 });
    expect(siplet).toMatchObject({ failed: 3, memory: 70 });
    expect(present(kamailio).ratios).toEqual({});
    expect(present(floor).retransmissions).toBe(2);
  });

  test('the table has a line for each peer, a column for each that is compared with, and a dash where nothing is', () => {
    const rounds = [[run('siplet', 300), run('kamailio', 200)]];
    expect(tableOf(rowsOf('stateless', ['siplet', 'kamailio'], rounds)).split('\n')).toEqual([
      'case       peer      µs CPU a call  / kamailio        failed  resent  MB',
      'stateless  siplet    300 (300-300)  1.50 (1.50-1.50)  0       0       50',
      'stateless  kamailio  200 (200-200)  -                 0       0       50',
    ]);
    expect(
      columns([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toBe('a    bb\nccc  d');
  });

  test('the table shows another name of a peer, in its line and above the ratios to it', () => {
    const rows = rowsOf('stateless', ['siplet', 'kamailio'], [[run('siplet', 300), run('kamailio', 200)]]);
    expect(tableOf(rows, { kamailio: 'kamailio (tlsf)' }).split('\n')).toEqual([
      'case       peer             µs CPU a call  / kamailio (tlsf)  failed  resent  MB',
      'stateless  siplet           300 (300-300)  1.50 (1.50-1.50)   0       0       50',
      'stateless  kamailio (tlsf)  200 (200-200)  -                  0       0       50',
    ]);
  });
});

describe('memory', () => {
  test('thirds have a median each; what grows is told by the last to the second and by its slope', () => {
    const samples = [10, 20, 30, 100, 100, 100, 110, 110, 110];
    expect(growthOf(samples, 60_000)).toMatchObject({
      'first, MB': 10,
      'last, MB': 110,
      'peak, MB': 110,
      'median of the first third, MB': 20,
      'last third to second': 1.1,
    });
    expect(growthOf([1, 1, 1, 5, 7, 9, 11, 13, 15], 60_000)['MB a minute after the first third']).toBeCloseTo(2);
  });

  test('two samples are too few for thirds', () => {
    expect(growthOf([10, 20], 60_000)['last third to second']).toBeNaN();
  });
});

describe("SIPp's files", () => {
  const HEAD = 'StartTime;SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);Retransmissions(P);Retransmissions(C);';

  test('what was counted since the beginning is in the last whole line', () => {
    const csv = `${HEAD}\n2026-11-27\t14:00;1;1;0;0;0;\n2026-11-27\t14:01;41;42;3;4;5;\n2026-11-27\t14:02;1;4`;
    expect(countsOf(csv)).toEqual({ ok: 42, failed: 3, retransmissions: 5 });
  });

  test('nothing is counted before the first report', () => {
    expect(countsOf('')).toEqual({ ok: 0, failed: 0, retransmissions: 0 });
    expect(countsOf(`${HEAD}\n`)).toEqual({ ok: 0, failed: 0, retransmissions: 0 });
  });

  test('a column that is missing is a fault, and not zero', () => {
    expect(() => countsOf('StartTime;SuccessfulCall(C);\nx;1;\n')).toThrow('no column FailedCall(C)');
  });

  test('response times', () => {
    expect(timesOf('Date_ms;response_time_ms;rtd_no\n24.001;3;1\n44.001;0;1\n64.0')).toEqual([3, 0]);
    expect(timesOf('')).toEqual([]);
  });
});
