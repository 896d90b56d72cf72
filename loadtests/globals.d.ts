/** k6 has a console, which its types leave to the DOM's. */
declare const console: Readonly<
  Record<'log' | 'info' | 'warn' | 'error' | 'debug', (...what: unknown[]) => void>
>;
