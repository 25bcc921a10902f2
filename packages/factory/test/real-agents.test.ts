import path from 'node:path'
import process from 'node:process'
import type { ModelRequest, Script, Turn } from '@headrace/testing/model-server'
import { expect, test } from 'vitest'
import { agentProfiles, profiledAgent, type AgentProfile } from '../src/index.ts'
import { findProgram } from '../src/process/find-program.ts'
import { modelFloor, realKey } from './support/model-floor.ts'
import { sandbox } from './support/sandbox.ts'

/** Where real agents were installed, if anywhere: see CONTRIBUTING.md. */
const folder = process.env['HEADRACE_REAL_AGENTS']
const folders = folder === undefined ? [] : [path.resolve(folder, 'node_modules/.bin')]

/** How each of them is told to run a command, by the tools that it offers. */
const shells: Readonly<Record<string, (command: string) => object>> = {
  exec_command: (cmd) => ({ cmd }),
  shell_command: (command) => ({ command }),
  shell: (command) => ({ command: ['bash', '-c', command] }),
  Bash: (command) => ({ command, description: 'Does the task' }),
  bash: (command) => ({ command, description: 'Does the task' }),
  run_shell_command: (command) => ({ command }),
}

const usage = { inputTokens: 1_000, outputTokens: 100 }
const text = (said: string): Turn => ({ steps: [{ type: 'text', text: said }], usage })

/** Does the task by one command, looks at its environment by another, and says that it is done. */
function worker(file: string): Script {
  const commands = [
    `printf 'export const two = 2\\n' > src/${file}.js && printf "import test from 'node:test'\\nimport assert from 'node:assert'\\nimport { two } from '../src/${file}.js'\\ntest('two', () => assert.equal(two, 2))\\n" > test/${file}.test.js && git add -A && git commit -q -m two`,
    'env',
  ]
  return ({ tools, toolResults, prompt }: ModelRequest) => {
    const name = tools.find((tool) => Object.hasOwn(shells, tool))
    const command = commands[toolResults.length]
    const isTask = prompt.includes('# Task ') || toolResults.length > 0
    if (!isTask || name === undefined || command === undefined) return text('Done.')
    return { steps: [{ type: 'tools', calls: [{ name, input: shells[name]?.(command) }] }], usage }
  }
}

/** Looks at the same file, whatever it is told. */
const circling: Script = ({ tools }: ModelRequest) => {
  const name = tools.find((tool) => Object.hasOwn(shells, tool))
  if (name === undefined) return text('Done.')
  return { steps: [{ type: 'tools', calls: [{ name, input: shells[name]?.('cat src/one.js') }] }], usage }
}

/** Those that `.ci/run` installs: CI does not go on without them. */
const inCi = ['claude', 'gemini']

for (const profile of Object.values(agentProfiles)) await realAgent(profile)

/** One that is not here is skipped by name. */
async function realAgent(profile: AgentProfile): Promise<void> {
  const { name, command } = profile
  const isHere = (await findProgram(command[0], folders)) !== undefined
  const mustBeHere = process.env['CI'] === 'true' && inCi.includes(name)
  test(
    `F2e F3a T1a ${name} as it is does a task in its sandbox through the proxy, and the gate merges it`,
    { timeout: 600_000 },
    async ({ skip }) => {
      skip(!isHere && !mustBeHere, `${command[0]} is neither on PATH nor in HEADRACE_REAL_AGENTS`)
      const agent = profiledAgent(profile, { folders })
      // Where there is a sandbox it is in one, with no network but its models.
      const words = sandbox.kind === 'none' ? /^without a sandbox/ : /^in bubblewrap.*, network model-only/
      const { attempt, models, origin, floor } = await modelFloor(worker(name), [{ name, agent }])
      const { last } = await attempt(`Write src/${name}.js`, name)
      const { view } = await floor.client.session(floor.sessions.lane(name)).until(({ status }) => status === 'live')
      const said = JSON.stringify(view.messages)
      expect(last, said.slice(0, 8_000)).toMatchObject({
        outcome: 'merged',
        agent: name,
        confined: expect.stringMatching(words),
      })
      expect(origin.git('show', `main:src/${name}.js`)).toBe('export const two = 2')
      // Every call is counted once, as the model said it, whatever the agent says.
      const calls = models.requests.length
      expect(calls).toBeGreaterThan(2)
      expect(last.used).toMatchObject({
        inputTokens: calls * usage.inputTokens,
        outputTokens: calls * usage.outputTokens,
        toolCalls: 2,
      })
      expect(view.usage.inputTokens).toBe(calls * usage.inputTokens)
      // It printed its whole environment: its token is there or not, the key never.
      const heard = JSON.stringify(models.requests.map(({ toolResults }) => toolResults))
      expect(heard).toContain('HEADRACE_ATTEMPT')
      expect(heard + said).not.toContain(realKey)
    },
  )
  test(
    `J9 ${name} as it is is told that it goes in circles, and replaced by one that is told why`,
    { timeout: 600_000 },
    async ({ skip }) => {
      skip(!isHere && !mustBeHere, `${command[0]} is neither on PATH nor in HEADRACE_REAL_AGENTS`)
      skip(process.env['CI'] === 'true' && name !== 'claude', 'one of them shows it in CI')
      const agent = profiledAgent(profile, { folders })
      const { attempt, models } = await modelFloor(circling, [{ name, agent, budget: { toolCalls: 60 } }])
      const { last } = await attempt('Look at src/one.js', name)
      expect(last).toMatchObject({
        outcome: 'replaced',
        failure: 'waffling',
        // Gemini CLI ends its turn by itself at the fifth time.
        why: expect.stringMatching(
          /^It went in circles: (same call, (same|another) output, \d+\w\w time|its turn ended)/,
        ),
        waffling: { rung: 'fresh' },
      })
      // As the model was asked it: some agents put more words behind ours.
      const told = (): string => models.requests.map(({ body }) => JSON.stringify(body)).join('\n')
      expect(told()).toContain('You seem to go in circles:')
      if (name !== 'gemini') expect(told()).toContain('You still go in circles:')
      await expect.poll(told, { timeout: 60_000 }).toContain('replaced: It went in circles: ')
    },
  )
}
