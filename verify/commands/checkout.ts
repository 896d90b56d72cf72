/** Loads parts that only a checkout of the repository has: the bundled stack, the app and the zoo. */
import { COMMAND } from '../core/command.ts';
import { UsageError } from '../errors.ts';

/**
 * Imports a part of the checkout.
 *
 * @param what the option or command that needs the part, such as --stack
 * @throws UsageError if the part is missing; it says how to get a checkout
 */
export async function fromCheckout<Part>(what: string, load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    // Node sets `url` only if a file is missing. If a package is not installed, throws the error unchanged.
    const { code, url } = error as { code?: string; url?: string };
    if (code !== 'ERR_MODULE_NOT_FOUND' || url === undefined) throw error;
    throw new UsageError(
      `${what}: expected a checkout of Baton, and this is the npm package, which has neither the bundled stack nor ` +
        'the zoo. Clone the repository and run scripts/setup there, or name a system that is up: ' +
        `${COMMAND} verify my-app.yaml --url http://…`,
    );
  }
}
