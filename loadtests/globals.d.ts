/** The console of k6. @types/k6 does not declare it and relies on the types of the DOM instead. */
declare const console: Readonly<
  Record<'log' | 'info' | 'warn' | 'error' | 'debug', (...what: unknown[]) => void>
>;
