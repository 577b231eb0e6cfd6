import fc from 'fast-check';

const EDGES = [0, 1, 0x7f, 0x80, 0x90, 0xbe, 0xc8, 0xde, 0xf8, 0xfa, 0xff];

/** What can be done to the bytes of a valid datagram or frame. */
export type Mutation =
  | { readonly kind: 'none' }
  | { readonly kind: 'truncate'; readonly at: number }
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'header'; readonly at: number; readonly value: number }
  | { readonly kind: 'extend'; readonly tail: Uint8Array };

const place = fc.double({ min: 0, max: 0.999, noNaN: true });

/** Every kind, equally often. `at` is a place in the bytes, 0…1. */
export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constant<Mutation>({ kind: 'none' }),
  place.map((at): Mutation => ({ kind: 'truncate', at })),
  fc.tuple(place, fc.nat(7)).map(([at, bit]): Mutation => ({ kind: 'flip', at, bit })),
  fc.tuple(place, fc.constantFrom(...EDGES)).map(([at, value]): Mutation => ({ kind: 'set', at, value })),
  fc.tuple(fc.nat(15), fc.nat(255)).map(([at, value]): Mutation => ({ kind: 'header', at, value })),
  fc.uint8Array({ maxLength: 40 }).map((tail): Mutation => ({ kind: 'extend', tail })),
);

/** The bytes with one thing done to them, in a buffer of their own. */
export function mutated(bytes: Uint8Array, what: Mutation): Buffer {
  const copy = Buffer.from(bytes);
  const at = 'at' in what ? Math.floor(what.at * copy.length) : 0;
  switch (what.kind) {
    case 'none':
      return copy;
    case 'truncate':
      return copy.subarray(0, at);
    case 'flip':
      if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << what.bit);
      return copy;
    case 'set':
      if (copy.length > 0) copy[at] = what.value;
      return copy;
    case 'header':
      if (what.at < copy.length) copy[what.at] = what.value;
      return copy;
    case 'extend':
      return Buffer.concat([copy, what.tail]);
    default:
      return what satisfies never;
  }
}
