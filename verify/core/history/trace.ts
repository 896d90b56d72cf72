/** Makes the trace ids of requests (W3C Trace Context), so that the requests are found in the tracing of the target. */

/**
 * Returns the trace id of a request: 32 hexadecimal digits. It consists of digits of the run's name and the request's
 * number, so the id of a request in a history can be computed again.
 *
 * @param request the X-Request-Id, `<run>-<number>`
 */
export function traceIdOf(request: string): string {
  const dash = request.lastIndexOf('-');
  const run = request.slice(0, dash).replace(/[^\da-f]/gi, '');
  const number = Number(request.slice(dash + 1)).toString(16);
  return `${run.toLowerCase().slice(-20).padStart(20, '0')}${number.padStart(12, '0')}`;
}

/** Returns the header `traceparent` of a request: version, trace id, id of the caller, and "sampled". */
export function traceparentOf(request: string): string {
  const id = traceIdOf(request);
  return `00-${id}-${id.slice(-16)}-01`;
}
