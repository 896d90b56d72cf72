import type { Fault } from './fault.ts';

export const restart: Fault = {
  name: 'restart',
  part: 'instance',
  does: 'an instance ends (SIGTERM) and starts again at once, without notice to the balancer',
  one: true,
  async inject({ instance, undo }) {
    undo(async () => instance.running() || (await instance.restart()));
    await instance.stop();
    const gone = !instance.running();
    await instance.restart();
    return gone;
  },
};
