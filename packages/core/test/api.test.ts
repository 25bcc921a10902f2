import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import * as core from '../src/index.ts'

// A name that comes or goes shows in the review of the snapshot. `vitest run -u` writes it again.
test('the public surface of core', async () => {
  const source = readFileSync(new URL('../src/index.ts', import.meta.url), 'utf8')
  const types = [...source.matchAll(/\btype (\w+)/g)].map(([, name]) => `type ${name}`)
  const values = Object.entries(core).map(([name, value]) => `${typeof value} ${name}`)
  await expect(`${[...values.sort(), ...types.sort()].join('\n')}\n`).toMatchFileSnapshot('./api.txt')
})
