/** Bundles a k6 script, or the library `baton-verify/k6`, into one file, because k6 cannot load npm packages. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const pathOf = (file: string): string => fileURLToPath(new URL(`../loadtests/${file}`, import.meta.url));

/** Includes all imports except the modules of k6 itself. */
async function bundle(path: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2023',
    external: ['k6', 'k6/*'],
    minify: true,
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** Returns the library `baton-verify/k6`, with which k6 scripts judge their sessions. */
export const bundledLibrary = (): Promise<string> => bundle(pathOf('lib/k6.ts'));

/**
 * Returns a bundled k6 script.
 * @param script name of a script in loadtests/
 * @throws Error if there is no such script
 */
export async function bundledScript(script: string): Promise<string> {
  const path = pathOf(`${script}.ts`);
  if (!/^[\w-]+$/.test(script) || !existsSync(path)) {
    throw new Error(
      `expected the name of a script in loadtests/, such as dashboard, got ${JSON.stringify(script)}`,
    );
  }
  return bundle(path);
}
