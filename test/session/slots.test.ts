// What comes and goes with every call, by number: as a Map from numbers would have it, with the number of one that has
// left given to the next.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { present } from '../../container/base/present.js';
import { Slots } from '../../container/base/slots.js';

interface Thing {
  readonly name: number;
}

test('as a Map does, whatever is added and taken out, also what is not there', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(12)), { maxLength: 80 }), (steps) => {
      const slots = new Slots<Thing>();
      const model = new Map<number, Thing>();
      const gone: (readonly [number, Thing])[] = [];
      let named = 0;
      for (const [kind, which] of steps) {
        if (kind < 2) {
          const thing = { name: named++ };
          const { next } = slots;
          expect(model.has(next)).toBe(false);
          expect(next).toBeLessThanOrEqual(model.size + gone.length);
          expect(slots.add(thing)).toBe(next);
          model.set(next, thing);
        } else if (model.size > 0) {
          const [slot, thing] = present([...model][which % model.size]);
          expect(slots.delete(slot, { name: thing.name })).toBe(false);
          expect(slots.delete(slot, thing)).toBe(true);
          model.delete(slot);
          gone.push([slot, thing]);
        }
        // A second time, or when another has the place.
        for (const [slot, thing] of gone) expect(slots.delete(slot, thing)).toBe(false);
        expect(slots.size).toBe(model.size);
        for (let slot = -1; slot < 90; slot++) expect(slots.get(slot)).toBe(model.get(slot));
        expect(slots.values()).toEqual([...model.values()]);
      }
    }),
  );
});

test('no more places than there were things at a time', () => {
  const slots = new Slots<Thing>();
  for (let round = 0; round < 1000; round++) {
    const things = [{ name: 0 }, { name: 1 }, { name: 2 }];
    const places = things.map((thing) => slots.add(thing));
    expect([...places].sort()).toEqual([0, 1, 2]);
    for (const [at, slot] of places.entries()) slots.delete(slot, present(things[at]));
  }
  expect(slots.next).toBeLessThan(3);
});

test('a number that is not a slot in use gives nothing', () => {
  const slots = new Slots<Thing>();
  slots.add({ name: 1 });
  for (const slot of [-1, 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40])
    expect(slots.get(slot)).toBeUndefined();
});
