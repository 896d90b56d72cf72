/**
 * Returns the number of random cases of a property test: `usual` times the environment variable BATON_SHARE. `npm run
 * mutation` sets BATON_SHARE to a tenth, and `npm run test:long` to a number above 1.
 */
export const share = (usual: number): number => Math.ceil(usual * Number(process.env['BATON_SHARE'] ?? 1));
