/** What only a checkout of Baton has: the npm package is without the bundled stack, its app and the zoo. */
import { COMMAND } from '../core/command.ts';
import { UsageError } from '../errors.ts';

/**
 * @param what as it was typed, such as --stack
 * @param load imports the part
 * @throws UsageError that says how to get it, where it is not there
 */
export async function fromCheckout<Part>(what: string, load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    // A package that is not installed has no address of a file.
    const { code, url } = error as { code?: string; url?: string };
    if (code !== 'ERR_MODULE_NOT_FOUND' || url === undefined) throw error;
    throw new UsageError(
      `${what}: expected a checkout of Baton, and this is the npm package, which has neither the bundled stack nor ` +
        'the zoo. Clone the repository and run scripts/setup there, or name a system that is up: ' +
        `${COMMAND} verify my-app.yaml --url http://…`,
    );
  }
}
