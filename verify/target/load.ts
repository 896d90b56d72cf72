/** Loads a target file. Errors name file, line and column, what was expected, and what came. */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { COMMAND } from '../core/command.ts';
import { CLAIM_SETS, GUARANTEES } from '../core/result/guarantees.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { type Account, accountsOf } from './accounts.ts';
import { certificatesIn } from './certificates.ts';
import { type Claims, claimsOf } from './claims.ts';
import { complaint } from './complaint.ts';
import { entry, postsOf, withNames } from './completed.ts';
import type { LoginSpec, TargetFile } from './schema.ts';
import { targetSchema } from './schema-rules.ts';
import { positionOf, type SourceText } from './source-text.ts';

export type { Account };

/** The system under test, as its target file describes it. */
export interface Target
  extends Omit<TargetFile, 'accounts' | 'claims' | 'login' | '$schema' | 'version'>,
    Claims {
  accounts: Account[];
  login: LoginSpec & { page: string };
  /** Folder of the target file. Paths in the file are relative to this folder. */
  folder: string;
  /** Key: path of a read by POST, with # and a unique name at its end; value: JSON body of the read. */
  posts: Readonly<Record<string, unknown>>;
  /** Names of environment variables that the file uses as ${NAME}. */
  variables: readonly string[];
}

const MODULE = /\.[cm]?[jt]s$/;

/**
 * Loads a target file.
 *
 * @param file path of YAML, JSON, or a module with the target as its default export
 * @param environment variables for ${NAME}
 * @param claims guarantees or sets that replace the claims of the file
 * @throws UsageError if the file cannot be read or is wrong
 */
export async function loadTarget(
  file: string,
  environment: NodeJS.ProcessEnv,
  claims?: readonly string[],
): Promise<Target> {
  if (MODULE.test(file))
    return checked(await exported(file), { file, root: null, at: () => file, variables: [] }, claims);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${file}: expected a target file, ${unreadable(error as NodeJS.ErrnoException)}. Name one, as in: ` +
        `${COMMAND} verify my-app.yaml (docs/target-file.md), or write one with ${COMMAND} init URL`,
    );
  }
  return parseTarget(text, file, environment, claims);
}

function unreadable({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'found none';
  return code === 'EISDIR' ? 'got a folder' : `but it cannot be read (${code})`;
}

async function exported(file: string): Promise<unknown> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw new UsageError(
      `${file}: expected a module that exports a target, but it cannot be loaded: ${(error as Error).message}`,
    );
  }
  if (module.default !== undefined) return module.default;
  throw new UsageError(`${file}: expected a default export, as in: export default { version: 1, … }`);
}

/**
 * Parses the text of a target file.
 *
 * @param file path of the file, for errors; paths in the text are relative to its folder
 */
export function parseTarget(
  text: string,
  file: string,
  environment: NodeJS.ProcessEnv,
  claims?: readonly string[],
): Target {
  const variables = new Set<string>();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken !== undefined) throw new UsageError(`${at(broken.pos[0])}: not YAML: ${broken.message}`);
  if (document.contents === null)
    throw new UsageError(`${file}: expected a target file, got an empty one: ${COMMAND} init URL writes it`);
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string') return;
      node.value = node.value.replace(/\$\{(\w+)\}/g, (_, name: string) => {
        variables.add(name);
        const value = environment[name];
        if (value !== undefined) return value;
        throw new UsageError(
          `${at(node.range?.[0] ?? 0)}: the environment has no ${name}: set it, as in ${name}=… ${COMMAND} verify`,
        );
      });
    },
  });
  const source = {
    file,
    root: document.contents,
    at,
    variables,
    unfinished: text.startsWith('# UNFINISHED'),
  };
  return checked(plain(document, file), source, claims);
}

function plain(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // The YAML parser reports an undefined alias only here, at the conversion to JavaScript.
    throw new UsageError(
      `${file}: not YAML: ${(error as Error).message}; a text that begins with * needs quotes`,
    );
  }
}

interface Source extends SourceText {
  variables: Iterable<string>;
  /** True if `baton init` wrote the file, and says in it what to add. */
  unfinished?: boolean;
}

const UNFINISHED = `the file is unfinished: its comments say what to add, or start ${COMMAND} init again`;

function checked(value: unknown, source: Source, claims?: readonly string[]): Target {
  const parsed = targetSchema.safeParse(value);
  if (!parsed.success)
    throw new UsageError(
      [
        ...parsed.error.issues.map(issue => described(issue, value, source)),
        ...(source.unfinished ? [`${source.file}: ${UNFINISHED}`] : []),
      ].join('\n'),
    );
  const { data } = parsed;
  if (claims === undefined) return understood(data, source);
  // Claims of `--claims` keep their settings from the file, such as `routing: sticky`.
  const asked = claims.map(
    name => data.claims.find(claim => typeof claim !== 'string' && name in claim) ?? name,
  );
  return understood({ ...data, claims: asked }, { ...source, root: null, at: () => '--claims' });
}

function described(issue: z.core.$ZodIssue, value: unknown, source: Source): string {
  const { path, text } = complaint(issue, value);
  return `${positionOf(source, path, ['unrecognized_keys', 'invalid_key'].includes(issue.code))}: ${text}`;
}

function understood(file: TargetFile, source: Source): Target {
  const {
    accounts,
    claims: _claims,
    headers: _headers,
    login: _login,
    tls,
    $schema: _schema,
    version: _version,
    ...rest
  } = file;
  const named = withNames(file);
  const claims = claimsOf(file, (unknown, index) => {
    const known = [...Object.keys(GUARANTEES), ...Object.keys(CLAIM_SETS)];
    return new UsageError(
      `${positionOf(source, ['claims', index])}: claims: unknown guarantee "${unknown}"${nearest(unknown, known)}`,
    );
  });
  for (const [name, { compose }] of Object.entries(file.faults ?? {}))
    if (compose?.file !== undefined) requireFile(compose.file, ['faults', name, 'compose', 'file'], source);
  return {
    ...rest,
    folder: dirname(resolve(source.file)),
    variables: [...source.variables],
    ...(rest.sessions?.logout === 'all' && rest.logout !== undefined
      ? { logoutEverywhere: rest.logoutEverywhere ?? rest.logout }
      : {}),
    signedIn: named.signedIn,
    probes: named.probes,
    ...entry(named),
    posts: postsOf(file),
    ...(tls === undefined ? {} : { tls: { ...tls, ...authorities(tls.ca, source) } }),
    accounts: accountsIn(accounts, source),
    ...claims,
  };
}

/**
 * @param keys path to the key of the target file that contains the file's name
 * @throws UsageError if the file does not exist
 */
function requireFile(file: string, keys: readonly string[], source: SourceText): void {
  const path = resolve(dirname(source.file), file);
  if (existsSync(path)) return;
  throw new UsageError(
    `${positionOf(source, keys)}: ${keys.join('.')}: expected a file that exists, found none at ${path}`,
  );
}

function accountsIn(accounts: TargetFile['accounts'], source: SourceText): Account[] {
  const wrong = (text: string, where: readonly PropertyKey[]): UsageError =>
    new UsageError(`${positionOf(source, where)}: ${where.map(String).join('.')}: ${text}`);
  const read = (file: string, where: readonly PropertyKey[]): string => {
    try {
      return readFileSync(resolve(dirname(source.file), file), 'utf8');
    } catch (error) {
      throw wrong(
        `expected a file; ${file} cannot be read (${(error as NodeJS.ErrnoException).code})`,
        where,
      );
    }
  };
  return accountsOf(accounts, read, wrong, Date.now().toString(36));
}

function authorities(ca: string | undefined, source: SourceText): { ca?: string } {
  if (ca === undefined) return {};
  const path = resolve(dirname(source.file), ca);
  return { ca: certificatesIn(path, ca, `${positionOf(source, ['tls', 'ca'])}: tls.ca`) };
}
