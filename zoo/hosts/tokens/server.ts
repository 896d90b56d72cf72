/** Runs an instance of the token host. DESIGN selects how it replaces refresh tokens (designs.ts). */
import { serve } from '../plain/serve.ts';
import { tokenApp } from './app.ts';
import { DESIGNS } from './designs.ts';

const { DESIGN = 'grace-window', GRACE_MS = '4000' } = process.env;
const design = DESIGNS[DESIGN];
if (design === undefined) throw new Error(`DESIGN: expected one of ${Object.keys(DESIGNS)}, got ${DESIGN}`);
serve((redis, instance) => tokenApp(redis, instance, design(redis, Number(GRACE_MS))));
