/** @types/k6 does not declare `console`, but relies on the types of the DOM. */
declare const console: Readonly<
  Record<'log' | 'info' | 'warn' | 'error' | 'debug', (...what: unknown[]) => void>
>;
