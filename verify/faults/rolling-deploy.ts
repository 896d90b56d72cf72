import type { Fault } from './fault.ts';
import { replaceEach } from './group.ts';

export const rollingDeploy: Fault = {
  name: 'rolling-deploy',
  part: 'instance',
  does: 'each instance in turn is replaced by one of the next version',
  lacks: (_, next) => (next === undefined ? 'a next version: --next NAME=VALUE,…' : undefined),
  inject(stage) {
    const { next = {} } = stage;
    return replaceEach(stage, ({ options }) => ({
      ...options,
      ...next,
      env: { ...options.env, ...next.env },
    }));
  },
};
