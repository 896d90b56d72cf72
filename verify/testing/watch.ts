/** Creates the callbacks that observe a request, for tests that send requests without a recorder. */
import type { Watch } from '../client/exchange.ts';

/** Returns callbacks that do nothing, except the callbacks that the test passes. */
export const watching = (parts: Partial<Watch>): Watch => ({
  id: 'run-1',
  once: false,
  begins: () => {},
  departs: () => {},
  arrives: () => {},
  ...parts,
});
