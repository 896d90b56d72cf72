import { servePlain } from '../hosts/plain/serve.ts';

servePlain({
  // The tenant is the part after the @.
  keyOf: user => user.replace(/@.*/, ''),
});
