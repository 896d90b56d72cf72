import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  // The tenant is what follows the @.
  keyOf: user => user.replace(/@.*/, ''),
});
