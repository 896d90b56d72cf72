import type { Watch } from '../client/exchange.ts';

/** Returns callbacks that do nothing, except those that the test passes. */
export const watching = (parts: Partial<Watch>): Watch => ({
  id: 'run-1',
  once: false,
  begins: () => {},
  departs: () => {},
  arrives: () => {},
  ...parts,
});
