/**
 * Returns the number of random cases that a property test tries: `usual`, multiplied by the environment variable
 * BATON_SHARE if it is set. `npm run mutation` sets BATON_SHARE to a tenth, and `npm run test:long` to a number above
 * 1.
 */
export const share = (usual: number): number => Math.ceil(usual * Number(process.env['BATON_SHARE'] ?? 1));
