/** The module `k6/html` of the fake k6: only `text()` of a document without elements. */
import { decodeHTML } from 'entities';

export function parseHTML(html: string): { text(): string } {
  if (html.includes('<'))
    throw new Error(
      `the fake k6 decodes only text: expected HTML without elements, got ${JSON.stringify(html)}`,
    );
  return { text: () => decodeHTML(html) };
}
