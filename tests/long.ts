/** True in a run of `npm run test:long`, which includes tests that take minutes. */
export const LONG = process.env['BATON_LONG'] !== undefined;
