const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text and quoted attributes of XML and HTML. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, character => ENTITIES[character] ?? '');

/**
 * Escapes a line for the Markdown of GitHub and GitLab, so that no text becomes markup, a mention or a link: `@alice`
 * becomes `&#64;alice`.
 */
export const inMarkdown = (text: string): string =>
  text.replace(/[&<>"'\\`*_[\]{}()#|~@:$!^=+]|\bwww\./g, found =>
    [...found].map(character => `&#${character.charCodeAt(0)};`).join(''),
  );

/** Returns a Markdown code block. Its fence is longer than the longest row of backticks in the lines. */
export function fenced(lines: readonly string[]): string {
  const text = lines.join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** Returns the number of bytes in UTF-8. Does not use Buffer, which k6 lacks. */
export function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
