// Agents whose output goes nowhere: `node nothing.ts JSON`, with `lanes`, `rate` and a `folder`. Ready when all of them talk.
import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { talk, tellUpdates } from './talk.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as { lanes: number; rate: number; folder: string } // of the bench
const program = fileURLToPath(new URL('../../packages/factory/src/agents/scripted/main.ts', import.meta.url))
let updates = 0
tellUpdates(() => updates)

await Promise.all(
  Array.from({ length: options.lanes }, (_, index) => begin(path.join(options.folder, `agent-${index}`))),
)
process.stdout.write('{"ready":true}\n')

/** By hand, so that nothing of the factory's own client is in it. */
async function begin(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const script = path.join(folder, 'script.json')
  writeFileSync(script, JSON.stringify(talk(options.rate)))
  const env = { PATH: process.env['PATH'], HOME: folder }
  const args = ['--conditions=@headrace/source', program, script]
  const agent = spawn(process.execPath, args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] })
  process.once('exit', () => agent.kill('SIGKILL'))
  const ask = (id: number, method: string, params: object): void =>
    void agent.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`)
  const talks = Promise.withResolvers<void>()
  const lines = createInterface({ input: agent.stdout })
  lines.on('line', (line) => {
    const { id, result } = JSON.parse(line) as {
      readonly id?: number
      readonly result?: { readonly sessionId?: string }
    }
    if (id === 1) ask(2, 'session/new', { cwd: folder, mcpServers: [] })
    else if (id === 2) {
      ask(3, 'session/prompt', { sessionId: result?.sessionId, prompt: [{ type: 'text', text: 'Talk.' }] })
      // From here on nobody looks at what it says, but for how many lines it is.
      lines.close()
      agent.stdout.on('data', (bytes: Buffer) => {
        for (const byte of bytes) if (byte === 10) updates += 1
        talks.resolve()
      })
      agent.stdout.resume()
    }
  })
  ask(1, 'initialize', { protocolVersion: 1, clientCapabilities: {} })
  await talks.promise
}

process.once('SIGTERM', () => process.exit(0))
