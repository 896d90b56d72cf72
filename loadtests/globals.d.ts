/** The console of k6, which is missing in @types/k6: those rely on the types of the DOM. */
declare const console: Readonly<
  Record<'log' | 'info' | 'warn' | 'error' | 'debug', (...what: unknown[]) => void>
>;
