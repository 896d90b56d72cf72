/**
 * Makes the trace ids of requests (W3C Trace Context). With its id, a request is found in the tracing of the target.
 */

/**
 * Returns the trace id of a request: 32 hexadecimal digits. The digits come from the run's name and the request's
 * number, so the trace id can be computed again from a history.
 *
 * @param request the X-Request-Id, `<run>-<number>`
 */
export function traceIdOf(request: string): string {
  const { digits, number } = partsOf(request);
  return digits + number;
}

/** Returns the `traceparent` header of a request: version, trace id, parent id, and the flag "sampled". */
export function traceparentOf(request: string): string {
  const { digits, number } = partsOf(request);
  return `00-${digits}${number}-${digits.slice(-4)}${number}-01`;
}

/** The last run and its digits are kept, because a process usually sends the requests of one run. */
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

/** Returns the part of a trace id that comes from the run's name: its last 20 hexadecimal digits. */
function digitsOf(run: string): string {
  const digits = run.replace(/[^\da-f]/gi, '').toLowerCase();
  return digits.slice(-20).padStart(20, '0');
}
