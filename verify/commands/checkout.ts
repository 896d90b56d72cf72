/** Loads code that the npm package does not contain: bundled stack, app and zoo. */
import { COMMAND } from '../core/command.ts';
import { UsageError } from '../errors.ts';

/**
 * Imports code that only a checkout of the repository has.
 *
 * @param what the option or command that needs the code, such as --stack
 * @throws UsageError in the npm package. The error says how to get a checkout
 */
export async function fromCheckout<Part>(what: string, load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    // Node's error has `url` if a file of Baton is missing, as in the npm package. Without `url`, a dependency is
    // missing, so scripts/setup was not run.
    const { code, url } = error as { code?: string; url?: string };
    if (code !== 'ERR_MODULE_NOT_FOUND' || url === undefined) throw error;
    throw new UsageError(
      `${what}: expected a checkout of Baton, and this is the npm package, which has neither the bundled stack nor ` +
        'the zoo. Clone the repository and run scripts/setup there, or name a system that is up: ' +
        `${COMMAND} verify my-app.yaml --url http://…`,
    );
  }
}
