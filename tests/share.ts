/**
 * Returns the number of random cases that a test draws: `usual` in the default suite, multiplied by BATON_SHARE if it
 * is set. `npm run mutation` sets a tenth, and `npm run test:long` a multiple.
 */
export const share = (usual: number): number => Math.ceil(usual * Number(process.env['BATON_SHARE'] ?? 1));
