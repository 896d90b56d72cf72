/** Reads the requests of a GraphQL API from its introspection. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type HintedRequest, type Hints, NO_HINTS } from './hints.ts';
import type { PageVisit, Visitor } from './visitor.ts';
import { LOGIN, LOGOUT, REGISTER, UNSAFE } from './words.ts';

const PATHS = ['/graphql', '/api/graphql', '/graphql/', '/query', '/v1/graphql'];
const MOST = { logins: 4, pages: 12, writes: 6 };
const USER = /^(user(_?name)?|e?mail(_?address)?|login|identifier|account|name)$/i;
const PASSWORD = /^(password|passwd|pass|pwd|secret)$/i;
const ENTERS = /^(token_?auth|token_?create|create_?(token|session)|authenticate(user)?|auth)$/i;
const OWN = /^(me|viewer|who_?am_?i|profile|(get_?)?(current|my)_?(user|account|profile))$/i;
const SCALARS = new Set(['SCALAR', 'ENUM']);

interface TypeName {
  kind: string;
  name?: string | null | undefined;
  ofType?: TypeName | null | undefined;
}
const typeName: z.ZodType<TypeName> = z.lazy(() =>
  z.object({ kind: z.string(), name: z.string().nullish(), ofType: typeName.nullish() }),
);
const argument = z.object({ name: z.string(), type: typeName, defaultValue: z.string().nullish() });
const field = z.object({ name: z.string(), type: typeName, args: z.array(argument) });
const schema = z.object({
  queryType: z.object({ name: z.string() }),
  mutationType: z.object({ name: z.string() }).nullish(),
  types: z.array(
    z.object({
      name: z.string(),
      fields: z.array(field).nullish(),
      inputFields: z.array(argument).nullish(),
    }),
  ),
});
const answered = z.object({ data: z.object({ __schema: schema }) });

type Field = z.infer<typeof field>;
type Argument = z.infer<typeof argument>;

const OF = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
const INTROSPECTION =
  `query { __schema { queryType { name } mutationType { name } types { name ` +
  `fields { name args { name defaultValue type { ${OF} } } type { ${OF} } } ` +
  `inputFields { name defaultValue type { ${OF} } } } } }`;

export interface GraphqlApi {
  path: string;
  /** Undefined if the API does not describe itself (introspection is off). */
  hints: Hints | undefined;
}

/** Tries the usual paths of GraphQL APIs. Returns undefined if no path responds with GraphQL. */
export async function findGraphql(stranger: Visitor): Promise<GraphqlApi | undefined> {
  const ask = (path: string): Promise<PageVisit> =>
    stranger.send({ method: 'POST', path, json: { query: INTROSPECTION } });
  for (const path of PATHS) {
    const { json, status } = await ask(path);
    const parsed = answered.safeParse(json);
    if (parsed.success) return { path, hints: new Described(path, parsed.data.data.__schema).hints() };
    // A REST API may send errors of the same form. Such an API sends the same errors for unknown paths, too.
    if (isRefusal(json) && status !== 404 && (await ask(`${path}/${randomUUID()}`)).status !== status)
      return { path, hints: undefined };
  }
  return undefined;
}

const isRefusal = (json: unknown): boolean =>
  z.object({ errors: z.array(z.object({ message: z.string() })).min(1) }).safeParse(json).success;

function bare(type: TypeName): { kind: string; name: string; list: boolean; required: boolean } {
  let [inner, list] = [type, false];
  while (inner.ofType !== undefined && inner.ofType !== null) {
    if (inner.kind === 'LIST') list = true;
    inner = inner.ofType;
  }
  return { kind: inner.kind, name: inner.name ?? '', list, required: type.kind === 'NON_NULL' };
}

const isRequired = ({ type, defaultValue }: Argument): boolean =>
  bare(type).required && (defaultValue ?? null) === null;

const written = ({ kind, name, ofType }: TypeName): string => {
  const inner = ofType === undefined || ofType === null ? (name ?? '') : written(ofType);
  return kind === 'NON_NULL' ? `${inner}!` : kind === 'LIST' ? `[${inner}]` : inner;
};

/** A refused mutation also has status 200, but its result is null. */
const successOf = ({ name }: Field): string => `"data"\\s*:\\s*\\{\\s*"${name}"\\s*:\\s*[^n\\s]`;

class Described {
  readonly #path: string;
  readonly #schema: z.infer<typeof schema>;

  constructor(path: string, described: z.infer<typeof schema>) {
    this.#path = path;
    this.#schema = described;
  }

  hints(): Hints {
    const mutations = this.#fieldsOf(this.#schema.mutationType?.name);
    const queries = this.#fieldsOf(this.#schema.queryType.name);
    const own = queries.find(one => OWN.test(one.name) && !one.args.some(isRequired));
    const words = (one: Field): string => one.name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
    const harmless = mutations.filter(
      one => ![LOGIN, LOGOUT, REGISTER, UNSAFE, ENTERS].some(unfit => unfit.test(words(one))),
    );
    return {
      ...NO_HINTS,
      described: 'the GraphQL API describes',
      logins: mutations
        .filter(one => (LOGIN.test(words(one)) || ENTERS.test(one.name)) && !REGISTER.test(words(one)))
        .flatMap(one => this.#mutation(one, CREDENTIALS))
        .map(request => ({ ...request, refused: '"errors"\\s*:\\s*\\[' }))
        .slice(0, MOST.logins),
      pages: queries.flatMap(one => this.#page(one, own)).slice(0, MOST.pages),
      logouts: mutations.filter(one => LOGOUT.test(words(one))).flatMap(one => this.#mutation(one, [])),
      writes: harmless
        .flatMap(one => this.#mutation(one, TEXT).map(request => ({ ...request, confirmed: successOf(one) })))
        .slice(0, MOST.writes),
    };
  }

  #fieldsOf(type: string | null | undefined): readonly Field[] {
    return this.#schema.types.find(({ name }) => name === type)?.fields ?? [];
  }

  /**
   * Returns a GET request for a field without arguments (GraphQL over HTTP, 6.2). The query also selects the field
   * `own`, so that the response names its user.
   */
  #page(one: Field, own: Field | undefined): string[] {
    if (one.args.some(isRequired) || UNSAFE.test(one.name.toLowerCase())) return [];
    const fields = own === undefined || own === one ? [one] : [own, one];
    const query = `{${fields.map(({ name, type }) => name + this.#selection(type)).join(' ')}}`;
    return [`${this.#path}?query=${encodeURIComponent(query)}`];
  }

  #selection(type: TypeName, depth = 2): string {
    const { kind, name } = bare(type);
    if (SCALARS.has(kind)) return '';
    const fields = this.#fieldsOf(name).filter(({ args }) => !args.some(isRequired));
    const inside = fields.flatMap(one => {
      if (SCALARS.has(bare(one.type).kind)) return [one.name];
      if (depth < 2 || bare(one.type).list) return [];
      const selected = this.#selection(one.type, depth - 1);
      return selected === '{__typename}' ? [] : [one.name + selected];
    });
    return `{${inside.join(' ') || '__typename'}}`;
  }

  /** Returns an empty list if the mutation lacks an argument for a wanted value, or requires further arguments. */
  #mutation(one: Field, wanted: readonly Wanted[]): HintedRequest[] {
    const required = one.args.filter(isRequired);
    const [only] = required.length === 0 ? one.args : required;
    const members = only && this.#schema.types.find(({ name }) => name === bare(only.type).name)?.inputFields;
    const nested = members !== undefined && members !== null && required.length <= 1;
    const values = valuesOf(nested ? members : one.args, wanted);
    if (values === undefined) return [];
    const used = nested ? [only as Argument] : one.args.filter(({ name }) => name in values);
    const variables = nested ? { [(only as Argument).name]: values } : values;
    const declared = used.map(({ name, type }) => `$${name}: ${written(type)}`).join(', ');
    const passed = used.map(({ name }) => `${name}: $${name}`).join(', ');
    const call = used.length === 0 ? one.name : `${one.name}(${passed})`;
    const query = `mutation${used.length === 0 ? '' : `(${declared})`} { ${call}${this.#selection(one.type)} }`;
    return [{ method: 'POST', path: this.#path, json: { query, variables } }];
  }
}

interface Wanted {
  name: RegExp;
  value: string;
}
const CREDENTIALS: readonly Wanted[] = [
  { name: USER, value: '{user}' },
  { name: PASSWORD, value: '{password}' },
];
const TEXT: readonly Wanted[] = [{ name: /^/, value: '{value}' }];

function valuesOf(args: readonly Argument[], wanted: readonly Wanted[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  const texts = args.filter(({ type }) => bare(type).name === 'String' && !bare(type).list);
  for (const { name: fits, value } of wanted) {
    const places = texts.filter(({ name }) => fits.test(name) && !(name in values));
    const [place] = places.some(isRequired) ? places.filter(isRequired) : places;
    if (place === undefined) return undefined;
    values[place.name] = value;
  }
  return args.every(one => !isRequired(one) || one.name in values) ? values : undefined;
}
