/** Makes the trace ids of requests (W3C Trace Context), by which a request is found in the tracing of the target. */

/**
 * Returns 32 hexadecimal digits, made from the run's name and the request's number.
 *
 * @param request the X-Request-Id, `<run>-<number>`
 */
export function traceIdOf(request: string): string {
  const { digits, number } = partsOf(request);
  return digits + number;
}

/** The `traceparent` header: version, trace id, parent id, and the flag "sampled". */
export function traceparentOf(request: string): string {
  const { digits, number } = partsOf(request);
  return `00-${digits}${number}-${digits.slice(-4)}${number}-01`;
}

/** A process usually sends the requests of one run. */
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

/** The last 20 hexadecimal digits in the run's name. */
function digitsOf(run: string): string {
  const digits = run.replace(/[^\da-f]/gi, '').toLowerCase();
  return digits.slice(-20).padStart(20, '0');
}
