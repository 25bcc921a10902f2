// The crew of the demo's floor as a process: `node factory-crew.ts URL FOLDER ORIGIN SEED TOKENS`, where TOKENS is JSON.
import process from 'node:process'
import { demoFloor, openFloor } from '@headrace/factory'

const [, , url = '', folder = '', origin = '', seed = '', tokens = '{}'] = process.argv
const token = JSON.parse(tokens) as Readonly<Record<string, string>> // given by the test
const config = demoFloor({ seed: Number(seed) })
await openFloor({
  name: 'main',
  url,
  token: async (agent) => token[agent] ?? '',
  folder,
  origin,
  base: 'main',
  config: () => config,
  leaseMs: 1_500,
  onError: (error) => console.log(JSON.stringify({ error: `${error.code}: ${error.message}` })),
})
console.log(JSON.stringify({ ready: true }))
