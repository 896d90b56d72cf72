/** Forms of a target, whose fields have places to fill: {user}, {password}, {csrf}, {value}. */

/** @returns the form with what is known in its places; a place that nothing is known for stays as it is */
export const filled = (
  form: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(form).map(([name, text]) => [
      name,
      text.replace(/\{(\w+)\}/g, (whole, place: string) => known[place] ?? whole),
    ]),
  );
