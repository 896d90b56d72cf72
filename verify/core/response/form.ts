/** Fills in the placeholders of requests in a target file: {user}, {password}, {csrf}, {value}. */

type Known = Readonly<Record<string, string>>;

export function filled(form: Readonly<Record<string, string>>, known: Known): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name in form) all[name] = filledText(form[name] ?? '', known);
  return all;
}

/** A placeholder without a known value stays as it is. */
export function filledText(text: string, known: Known): string {
  if (!text.includes('{')) return text;
  // Most fields are a single placeholder, and k6 is slow to search a text for several placeholders.
  const whole = text.startsWith('{') && text.endsWith('}') ? known[text.slice(1, -1)] : undefined;
  return whole ?? text.replace(/\{(\w+)\}/g, (place, name: string) => known[name] ?? place);
}

/** Fills in the placeholders in all texts of a JSON value. @param values replacements for whole texts */
export function filledJson(
  value: unknown,
  known: Known,
  values: Readonly<Record<string, unknown>> = {},
): unknown {
  if (typeof value === 'string') return values[value] ?? filledText(value, known);
  if (Array.isArray(value)) return value.map(member => filledJson(member, known, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, filledJson(member, known, values)]),
  );
}
