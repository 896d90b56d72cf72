/** Makes the trace id of each request (W3C Trace Context). By this id, a tracing system finds the request. */

/** Returns a trace id of 32 hexadecimal digits. @param request the X-Request-Id, `<run>-<number>` */
export function traceIdOf(request: string): string {
  const { digits, number } = partsOf(request);
  return digits + number;
}

export function traceparentOf(request: string): string {
  const { digits, number } = partsOf(request);
  return `00-${digits}${number}-${digits.slice(-4)}${number}-01`;
}

/** Caches the digits of the last run. A process usually sends the requests of one run. */
const last = { run: '', digits: digitsOf('') };

function partsOf(request: string): { digits: string; number: string } {
  const dash = request.lastIndexOf('-');
  if (dash !== last.run.length || !request.startsWith(last.run)) {
    last.run = request.slice(0, dash);
    last.digits = digitsOf(last.run);
  }
  const number = Number(request.slice(dash + 1)).toString(16);
  return { digits: last.digits, number: number.padStart(12, '0') };
}

function digitsOf(run: string): string {
  const digits = run.replace(/[^\da-f]/gi, '').toLowerCase();
  return digits.slice(-20).padStart(20, '0');
}
