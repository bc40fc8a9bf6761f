// The typed views of a header field, made when first used and kept on the field. `parse` makes most of them while it
// checks the syntax (§16.3 step 1).
import { splitList } from '@siplet/sdk/grammar';
import { CSeq } from './cseq.js';
import type { Field } from './field.js';
import { octetsOfValue } from './octets.js';
import { Party, scanParty, scanPlainParty } from './party.js';
import { isBlank } from './text.js';
import { scanVia, type Via } from './via.js';

export const NO_CSEQ = new CSeq(0, '');

/** The first Via value of a Via field. A view of `null` means that it cannot be read. */
export function viaOf(field: Field): Via | undefined {
  if (field.view === undefined) {
    const value = field.value;
    field.view = scanVia(octetsOfValue(value), value, 0, value.length) ?? null;
  }
  return (field.view as Via | null) ?? undefined;
}

/** The address of a From or To field. */
export function partyOf(field: Field): Party {
  if (field.view === undefined) {
    const value = field.value;
    field.view = scanParty(octetsOfValue(value), value, 0, value.length) ?? Party.unreadable(value);
  }
  return field.view as Party;
}

/** Number and method of a CSeq field. */
export function cseqOf(field: Field): CSeq {
  if (field.view === undefined) field.view = CSeq.parse(field.value) ?? NO_CSEQ;
  return field.view as CSeq;
}

/** The addresses of a field like Route. */
export function partiesOf(field: Field): Party[] {
  if (field.view === undefined) field.view = partiesIn(field.value);
  return field.view as Party[];
}

function partiesIn(all: string): Party[] {
  const plain = isBlank(all.charCodeAt(0)) ? undefined : scanPlainParty(octetsOfValue(all), all, 0, all.length);
  if (plain !== undefined) return [plain];
  const parties: Party[] = [];
  for (const value of splitList(all)) {
    const party = Party.parse(value);
    if (party !== undefined) parties.push(party);
  }
  return parties;
}
