/** Generates the reference pages of docs/ from the code: the keys of a target file, and the faults. */
import { z } from 'zod';
import { FAULTS } from '../verify/faults/index.ts';
import { targetSchema } from '../verify/target/schema-rules.ts';

interface Node {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
}

const PAGE = `# Keys of a target file

The keys that [a target file](target-file.md) may have, from the schema of the parser. \`[]\` is each element of a list, and
\`NAME\` each name that you choose. Editors read the same texts from [target.schema.json](target.schema.json).

| key | value | default | |
|---|---|---|---|
`;

export function targetKeysPage(): string {
  const root = z.toJSONSchema(targetSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  const rows = Object.entries(root.properties ?? {})
    .filter(([key]) => key !== '$schema')
    .flatMap(([key, node]) => rowsOf(key, node, root.required?.includes(key) === true));
  return `${PAGE}${rows.join('')}`;
}

function rowsOf(path: string, node: Node, isRequired: boolean): string[] {
  const initial = node.default === undefined ? '' : `\`${JSON.stringify(node.default)}\``;
  const cells = [`\`${path}\``, kindOf(node), isRequired ? 'required' : initial, node.description ?? ''];
  const row = `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return [row, ...inside(path, node)];
}

/** Returns the table rows of the keys inside an object, a list or a map. */
function inside(path: string, node: Node): string[] {
  const { properties, required = [], items, additionalProperties } = node;
  if (items !== undefined) return inside(`${path}[]`, items);
  if (typeof additionalProperties === 'object') return inside(`${path}.NAME`, additionalProperties);
  return Object.entries(properties ?? {}).flatMap(([key, child]) =>
    rowsOf(`${path}.${key}`, child, required.includes(key) && child.default === undefined),
  );
}

function kindOf({
  type,
  const: only,
  enum: some,
  items,
  properties,
  additionalProperties,
  anyOf,
}: Node): string {
  if (only !== undefined) return `\`${only}\``;
  if (some !== undefined) return some.map(value => `\`${value}\``).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map(one => kindOf(one)))].join(' or ');
  if (type === 'array') return `list (${items === undefined ? 'any' : kindOf(items)})`;
  if (properties !== undefined) return 'keys';
  if (typeof additionalProperties === 'object') return `names (each: ${kindOf(additionalProperties)})`;
  return { string: 'text', integer: 'whole number', boolean: 'true or false' }[type ?? ''] ?? type ?? 'any';
}

/** Returns the tables of docs/faults.md. Key: the name in the HTML comments around the table. */
export function faultTables(): Record<string, string[]> {
  return Object.fromEntries(
    (['instance', 'balancer', 'store'] as const).map(part => [
      `faults: ${part}`,
      [
        '| fault | what it does |',
        '|---|---|',
        ...FAULTS.filter(fault => fault.part === part).map(({ name, does, down, loses }) => {
          const notes = [
            down && ' *The store does not respond during the fault.*',
            loses && ' *Loses data: performed only if `--faults` names it.*',
          ];
          return `| \`${name}\` | ${does}.${notes.filter(note => note).join('')} |`;
        }),
      ],
    ]),
  );
}
