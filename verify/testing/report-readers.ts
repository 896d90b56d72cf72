/** Checks reports with the schemas and parsers of their readers. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { default as Ajv04 } from 'ajv-draft-04';
import { validate } from 'ctrf';
import { XmlDocument, type XmlElement, XsdValidator } from 'libxml2-wasm';
import { marked } from 'marked';

const root = join(import.meta.dirname, '../..');
const json = (file: string): object => JSON.parse(readFileSync(file, 'utf8'));

const xsd = XsdValidator.fromDoc(XmlDocument.fromBuffer(readFileSync(join(root, 'tests/schemas/junit.xsd'))));

/** Returns how many elements of each name an XML document has. Key: name of the element. */
export function elementsOf(xml: string): Record<string, number> {
  const document = XmlDocument.fromString(xml);
  const counts: Record<string, number> = {};
  for (const element of document.find('//*')) {
    const name = (element as XmlElement).name;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  document.dispose();
  return counts;
}

/**
 * Checks a JUnit report.
 *
 * @throws the error of the parser if the report is invalid
 */
export function checkJunit(xml: string): void {
  const document = XmlDocument.fromString(xml);
  xsd.validate(document);
  document.dispose();
}

export const ctrfProblems = (text: string): unknown => validate(JSON.parse(text)).errors ?? [];

const sarifSchema = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/package.json');
const sarif = new Ajv04.default({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(
  json(join(sarifSchema, '../lib/schemas/sarif-2.1.0-rtm.5.json')),
);
export function sarifProblems(text: string): unknown {
  sarif(JSON.parse(text));
  return sarif.errors ?? [];
}

const quality = new Ajv2020({ strict: true }).compile(
  json(join(root, 'tests/schemas/code-quality.schema.json')),
);
export function codeQualityProblems(text: string): unknown {
  quality(JSON.parse(text));
  return quality.errors ?? [];
}

/** Parses Markdown as GitHub does. Returns the kinds of its blocks, and the HTML. */
export function markdownOf(text: string): { blocks: string[]; html: string } {
  return {
    blocks: marked.lexer(text).map(token => token.type),
    html: marked.parse(text, { async: false }),
  };
}
