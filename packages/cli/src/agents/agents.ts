import { randomUUID } from 'node:crypto'
import { HeadraceError, type Json } from '@headrace/core'
import type { ShownHttpAgent } from '@headrace/server'
import { askServer } from '../connection/ask-server.ts'
import type { TargetOptions } from '../connection/target.ts'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { send } from '../send/send.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { ownName } from '../terminal/own-name.ts'
import { plainLine } from '../terminal/plain.ts'
import { registrationOf, type RegistrationOptions } from './registration.ts'

/** Which server. Its address is `--server` here, because `--url` is that of an agent. */
export interface ServerOptions extends Omit<TargetOptions, 'url'> {
  readonly server?: string
}

export interface AddOptions extends ServerOptions, RegistrationOptions {
  readonly name: string
}

export interface ListOptions extends ServerOptions {
  readonly json?: boolean
}

/** Makes an endpoint an agent, or changes how it is called. */
export async function addAgent({ name, ...options }: AddOptions, output: Output = processOutput): Promise<void> {
  const { url } = options
  try {
    await ask(targetOf(options), `PUT ${pathOf(name)}`, registrationOf(options))
  } catch (thrown) {
    if (!(thrown instanceof HeadraceError) || thrown.detail?.['path'] !== 'url') throw thrown
    const { host, username, password } = URL.canParse(url) ? new URL(url) : { host: '', username: '', password: '' }
    // No option of the server makes these right.
    if (host === '' || username !== '' || password !== '') throw thrown
    const fix = `If it should be reached, start the server with --allow-private-host ${host}.`
    throw new Problem(exitCode.refused, `${thrown.message} ${fix}`, { cause: thrown })
  }
  output.out(`${name} answers by ${url}. Try it with: ${ownName()} agent test ${name}`)
}

export async function listAgents({ json, ...options }: ListOptions, output: Output = processOutput): Promise<void> {
  const { agents } = (await ask(targetOf(options), 'GET /v1/agents')) as unknown as Listed // as PROTOCOL.md has it
  if (json === true) for (const agent of agents) output.out(JSON.stringify(agent))
  else if (agents.length === 0) output.err('No agent is registered. Add one with `headrace agent add`.')
  else for (const agent of agents) output.out(line(agent))
}

interface Listed {
  readonly agents: readonly ShownHttpAgent[]
}

export async function showAgent(name: string, options: ServerOptions, output: Output = processOutput): Promise<void> {
  output.out(JSON.stringify(await ask(targetOf(options), `GET ${pathOf(name)}`), null, 2))
}

export async function removeAgent(name: string, options: ServerOptions, output: Output = processOutput): Promise<void> {
  await ask(targetOf(options), `DELETE ${pathOf(name)}`)
  output.out(`${name} is no longer called. Its settings are gone from the server.`)
}

/** Asks an agent something in a session of its own, which is removed after. */
export async function testAgent(name: string, words: readonly string[], options: ServerOptions): Promise<void> {
  const target = targetOf(options)
  await ask(target, `GET ${pathOf(name)}`)
  const session = `agent-test/${randomUUID()}`
  try {
    await send(session, words.length > 0 ? words : ['Hello!'], { ...target, agent: name, create: true, follow: true })
  } catch (thrown) {
    // With the session goes what the agent does in it.
    if (thrown instanceof Problem && thrown.exitCode === exitCode.interrupted)
      throw new Problem(exitCode.interrupted, 'No longer waiting. The answer was stopped, and its session is gone.')
    throw thrown
  } finally {
    await askServer(target, `DELETE /v1/sessions/${encodeURIComponent(session)}`).catch(() => undefined)
  }
}

async function ask(...asked: Parameters<typeof askServer>): Promise<Json> {
  try {
    return await askServer(...asked)
  } catch (thrown) {
    throw inOptions(thrown)
  }
}

/** What the server says of its route, as the command has it. */
function inOptions(thrown: unknown): unknown {
  if (!(thrown instanceof HeadraceError)) return thrown
  if (thrown.code === 'not_found')
    return new Problem(exitCode.refused, `${thrown.message} See those that are with \`headrace agent list\`.`, {
      cause: thrown,
    })
  if (thrown.detail?.['path'] !== 'path.agent') return thrown
  return new Problem(exitCode.usage, thrown.message.replace('path.agent', '--name'), { cause: thrown })
}

function targetOf({ server, token, data }: ServerOptions): TargetOptions {
  return {
    ...(server !== undefined && { url: server }),
    ...(token !== undefined && { token }),
    ...(data !== undefined && { data }),
  }
}

function pathOf(name: string): `/${string}` {
  return `/v1/agents/${encodeURIComponent(name)}`
}

function line({ agent, url, format, headers, signed, retry }: ShownHttpAgent): string {
  const about = [
    ...(signed ? ['signed'] : []),
    ...(headers.length > 0 ? [`headers ${headers.join(', ')}`] : []),
    ...(retry === 'on-loss' ? ['called again on loss'] : []),
  ]
  return plainLine(`${agent}: ${format} at ${url}${about.length > 0 ? ` (${about.join('; ')})` : ''}`, 400)
}
