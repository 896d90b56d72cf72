/** Entry: the plain host as it is. */
import { servePlain } from './serve.ts';

servePlain();
