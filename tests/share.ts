/**
 * Returns the number of random cases of a test: `usual` multiplied by BATON_SHARE. `npm run mutation` runs a tenth of
 * `usual` for each mutant, and `npm run test:long` runs a multiple.
 */
export const share = (usual: number): number => Math.ceil(usual * Number(process.env['BATON_SHARE'] ?? 1));
