/** Forms of a target, whose fields have places to fill: {user}, {password}, {csrf}, {value}. */

/** @returns the form with what is known in its places; a place that nothing is known for stays as it is */
export function filled(
  form: Readonly<Record<string, string>>,
  known: Readonly<Record<string, string>>,
): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name in form) all[name] = filledText(form[name] ?? '', known);
  return all;
}

function filledText(text: string, known: Readonly<Record<string, string>>): string {
  if (!text.includes('{')) return text;
  // Mostly a field is one place; to look for several takes k6 longer than all else about a form.
  const whole = text.startsWith('{') && text.endsWith('}') ? known[text.slice(1, -1)] : undefined;
  return whole ?? text.replace(/\{(\w+)\}/g, (place, name: string) => known[name] ?? place);
}
