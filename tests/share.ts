/**
 * How many random cases a test draws: so many as a rule. BATON_SHARE draws a part of them (each mutant of
 * `npm run mutation` is tried on a tenth) or a multiple (`npm run test:long`).
 */
export const share = (usual: number): number => Math.ceil(usual * Number(process.env['BATON_SHARE'] ?? 1));
