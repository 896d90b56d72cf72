/** Requests of a target, whose texts have places to fill: {user}, {password}, {csrf}, {value}. */

type Known = Readonly<Record<string, string>>;

/** @returns the form with what is known in its places; a place that nothing is known for stays as it is */
export function filled(form: Readonly<Record<string, string>>, known: Known): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name in form) all[name] = filledText(form[name] ?? '', known);
  return all;
}

/** @returns the text likewise */
export function filledText(text: string, known: Known): string {
  if (!text.includes('{')) return text;
  // Mostly a field is one place; to look for several takes k6 longer than all else about a form.
  const whole = text.startsWith('{') && text.endsWith('}') ? known[text.slice(1, -1)] : undefined;
  return whole ?? text.replace(/\{(\w+)\}/g, (place, name: string) => known[name] ?? place);
}

/** @returns the JSON value with every text in it filled */
export function filledJson(value: unknown, known: Known): unknown {
  if (typeof value === 'string') return filledText(value, known);
  if (Array.isArray(value)) return value.map(member => filledJson(member, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filledJson(member, known)]));
}
