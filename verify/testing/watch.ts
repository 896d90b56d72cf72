import type { Watch } from '../client/exchange.ts';

/** Returns callbacks that observe a request: those of the test, and others that do nothing. */
export const watching = (parts: Partial<Watch>): Watch => ({
  id: 'run-1',
  once: false,
  begins: () => {},
  departs: () => {},
  arrives: () => {},
  ...parts,
});
