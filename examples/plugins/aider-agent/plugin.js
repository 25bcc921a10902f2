// @ts-check
import { commandAgent } from '@headrace/factory/plugin'

/**
 * Aider with its own answers to what it would ask: a program that is started for each turn.
 *
 * @type {import('@headrace/factory/plugin').AgentPlugin}
 */
export const plugin = {
  interface: 1,
  kind: 'agent',
  name: 'aider',
  version: '1.0.0',
  about: 'Aider, as a program that is told and prints.',
  create({ program = 'aider', args = ['--yes-always', '--no-auto-commits', '--message', '{prompt}'] }) {
    if (typeof program !== 'string' || !Array.isArray(args))
      throw new Error('settings: program is a name, args is a list')
    return commandAgent({ name: 'aider', command: [program, ...args.map(String)] })
  },
}
