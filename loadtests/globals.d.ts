/** Declares `console`, because @types/k6 relies on the types of the DOM. */
declare const console: Readonly<
  Record<'log' | 'info' | 'warn' | 'error' | 'debug', (...what: unknown[]) => void>
>;
