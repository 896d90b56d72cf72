/** Faults that restart, replace, add and remove instances, as a deploy does. */

import { randomBytes } from 'node:crypto';
import type { Instance, InstanceOptions } from '../../stack/stack.ts';
import { counted } from '../core/result/format.ts';
import type { StackFault, Stage } from './fault.ts';

async function aside({ stack, undo }: Stage, instance: Instance, act: () => Promise<unknown>): Promise<void> {
  let back: Promise<void> | undefined;
  const putBack = (): Promise<void> => {
    back ??= (async () => {
      if (!instance.running()) await instance.restart();
      await stack.balancer.register(instance);
    })();
    return back;
  };
  undo(putBack);
  await stack.balancer.deregister(instance);
  await act();
  await putBack();
}

async function replaceEach(
  { stack, did }: Stage,
  options: (instance: Instance) => InstanceOptions,
): Promise<boolean> {
  const old = stack.instances();
  did(`${counted(old.length, 'instance')} replaced`);
  for (const instance of old) {
    await stack.add(options(instance));
    await stack.remove(instance);
  }
  return old.every(instance => !instance.running());
}

export const withEnvironment = ({ options }: Instance, env: Record<string, string>): InstanceOptions => ({
  ...options,
  env: { ...options.env, ...env },
});

export const rollingRestart: StackFault = {
  name: 'rolling-restart',
  part: 'instance',
  deploy: true,
  does: 'each instance in turn is taken out of the balancer, drained, restarted and put back',
  async inject(stage) {
    let gone = true;
    const instances = stage.stack.instances();
    stage.did(`${counted(instances.length, 'instance')} restarted`);
    for (const instance of instances) {
      await aside(stage, instance, async () => {
        await instance.stop();
        gone &&= !instance.running();
      });
    }
    return gone;
  },
};

export const replaceOldest: StackFault = {
  name: 'replace-oldest',
  part: 'instance',
  deploy: true,
  does: 'a new instance joins, then the oldest instance is taken out of the balancer, drained and ended',
  async inject({ stack, instance, answered, shown, did }) {
    const oldest = stack.instances()[0] ?? instance;
    const added = await stack.add(oldest.options);
    did(`${oldest.name} replaced by ${added.name}`);
    await stack.remove(oldest);
    return !oldest.running() && (await shown(() => answered(added.name) > 0));
  },
};

export const scaleOut: StackFault = {
  name: 'scale-out',
  part: 'instance',
  deploy: true,
  does: 'one more instance joins, and stays',
  async inject({ stack, instance, answered, shown, did }) {
    const added = await stack.add(instance.options);
    did(`${added.name} joined`);
    return shown(() => answered(added.name) > 0);
  },
};

export const scaleIn: StackFault = {
  name: 'scale-in',
  part: 'instance',
  deploy: true,
  does: 'an instance is taken out of the balancer, drained and ended, and is not started again',
  one: true,
  lacks: stack => (stack.instances().length < 2 ? 'a second instance' : undefined),
  async inject({ stack, instance, did }) {
    did(`${instance.name} left`);
    await stack.remove(instance);
    return !instance.running();
  },
};

export const rollingDeploy: StackFault = {
  name: 'rolling-deploy',
  part: 'instance',
  does: 'each instance in turn is replaced by an instance of the next version of the app',
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

const newSecret = (): string => randomBytes(32).toString('hex');
const secretOf = (env: Record<string, string> | undefined): string => env?.['SESSION_SECRET'] ?? '';
/**
 * Returns what the stack lacks for a fault that replaces SESSION_SECRET: the current value must be known. The variable
 * has a list of secrets: the card store signs cookies with the first one, and accepts all of them.
 */
const lacksSecret: StackFault['lacks'] = stack =>
  secretOf(stack.instances()[0]?.options.env) === '' ? 'instances whose SESSION_SECRET is known' : undefined;

export const secretRotation: StackFault = {
  name: 'secret-rotation',
  part: 'instance',
  does: 'two rolling deploys replace the secret: after the first, all instances accept the new secret; after the second, all sign with it',
  lacks: lacksSecret,
  async inject(stage) {
    const secret = newSecret();
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

export const secretReplaced: StackFault = {
  name: 'secret-replaced',
  part: 'instance',
  does: 'a rolling deploy replaces the secret: new instances know only the new secret',
  loses: true,
  lacks: lacksSecret,
  inject(stage) {
    const secret = newSecret();
    return replaceEach(stage, instance => withEnvironment(instance, { SESSION_SECRET: secret }));
  },
};
