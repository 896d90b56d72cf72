/** Defines how this folder's tables describe fields, and derives the TypeScript type of a field. */

/** The kind of a field's value. `time`: whole microseconds. `count`: a whole number, 0 or more. */
export type Kind =
  | keyof Scalars
  | readonly (string | number)[]
  | { readonly list: Kind }
  | { readonly named: Kind }
  | { readonly fields: Fields };

interface Scalars {
  text: string;
  flag: boolean;
  count: number;
  number: number;
  time: number;
}

export interface Field {
  readonly kind: Kind;
  readonly must?: true;
  readonly means: string;
}

export type Fields = Readonly<Record<string, Field>>;

type ValueOf<K> = K extends keyof Scalars
  ? Scalars[K]
  : K extends readonly (infer One)[]
    ? One
    : K extends { list: infer One }
      ? ValueOf<One>[]
      : K extends { named: infer One }
        ? Record<string, ValueOf<One>>
        : K extends { fields: infer F }
          ? ObjectOf<F>
          : never;

type KindIn<F> = F extends { kind: infer K } ? ValueOf<K> : never;

export type ObjectOf<F> = {
  -readonly [Name in keyof F as F[Name] extends { must: true } ? Name : never]: KindIn<F[Name]>;
} & {
  -readonly [Name in keyof F as F[Name] extends { must: true } ? never : Name]?: KindIn<F[Name]>;
};

export const must = <const K extends Kind>(kind: K, means = '') => ({ kind, means, must: true }) as const;
export const may = <const K extends Kind>(kind: K, means = '') => ({ kind, means });

export const TEXTS = { list: 'text' } as const;
