/** Escaping: one function for each language that reports are written in. */

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and quoted attributes of XML and HTML. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, character => ENTITIES[character] ?? '');

/**
 * For a line of GitHub's and GitLab's Markdown: whatever could mark up, mention, refer or link is a character
 * reference, which is shown as the character and nothing else.
 */
export const inMarkdown = (text: string): string =>
  text.replace(/[&<>"'\\`*_[\]{}()#|~@:$!^=+]|\bwww\./g, found =>
    [...found].map(character => `&#${character.charCodeAt(0)};`).join(''),
  );

/** Lines as they are: the fence is longer than any run of backticks in them. */
export function fenced(lines: readonly string[]): string {
  const text = lines.join('\n');
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

/** How many bytes a text has in UTF-8 (k6 has no Buffer). */
export function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
