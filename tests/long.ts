/** True in `npm run test:long`, which also runs the tests that take long. */
export const LONG = process.env['BATON_LONG'] !== undefined;
