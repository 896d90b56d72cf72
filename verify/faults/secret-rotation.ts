import { randomBytes } from 'node:crypto';
import type { Fault } from './fault.ts';
import { replaceEach, withEnvironment } from './group.ts';

const drawn = (): string => randomBytes(32).toString('hex');
const secretOf = (env: Record<string, string> | undefined): string => env?.['SESSION_SECRET'] ?? '';
/** The fault needs a SESSION_SECRET. In the bundled app it is a list: the first secret signs, all are accepted. */
const lacks: Fault['lacks'] = stack =>
  secretOf(stack.instances()[0]?.options.env) === '' ? 'instances whose SESSION_SECRET is known' : undefined;

export const secretRotation: Fault = {
  name: 'secret-rotation',
  part: 'instance',
  does: 'the secret is replaced by two rolling deploys: first all accept the new one, then all sign with it',
  lacks,
  async inject(stage) {
    const secret = drawn();
    const accepted = await replaceEach(stage, instance =>
      withEnvironment(instance, { SESSION_SECRET: `${secretOf(instance.options.env)},${secret}` }),
    );
    const signing = await replaceEach(stage, instance => {
      const [old = ''] = secretOf(instance.options.env).split(',');
      return withEnvironment(instance, { SESSION_SECRET: `${secret},${old}` });
    });
    return accepted && signing;
  },
};

export const secretReplaced: Fault = {
  name: 'secret-replaced',
  part: 'instance',
  does: 'the secret is replaced by a rolling deploy whose instances know only the new one',
  loses: true,
  lacks,
  inject(stage) {
    const secret = drawn();
    return replaceEach(stage, instance => withEnvironment(instance, { SESSION_SECRET: secret }));
  },
};
