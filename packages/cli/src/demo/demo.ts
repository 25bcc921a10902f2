import { connect } from '@headrace/client'
import type { HeadraceError } from '@headrace/core'
import { linkOf } from '../serve/link.ts'
import { removeServerFile, writeServerFile } from '../serve/server-file.ts'
import { minter } from '../serve/minter.ts'
import { stopOnSignal } from '../serve/shutdown.ts'
import { startServer } from '../serve/start-server.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { startAgents } from './agents.ts'
import { introduction, type Links } from './introduction.ts'
import { chooseModel } from './model/choose-model.ts'
import { openBrowser } from './open-browser.ts'
import { agentClaims, colleague, guide, operator, welcomeSession } from './people.ts'
import { seed } from './seed.ts'

export interface DemoOptions {
  readonly port: number
  readonly data: string
  readonly speed: number
  readonly scripted?: boolean
  readonly open?: boolean
  readonly json?: boolean
}

const linkTtlSeconds = 7 * 86_400
/** Asked for anew whenever one is about to expire. */
const agentTtlSeconds = 3_600

/** Server, agents, session and page in one process, until it is told to stop. */
export async function demo(options: DemoOptions, output: Output = processOutput): Promise<void> {
  const { port, data, json } = options
  const model = options.scripted === true ? undefined : chooseModel(process.env)
  const onError = (error: HeadraceError): void => output.err(`${error.code}: ${error.message}`)
  const server = await startServer({ host: '127.0.0.1', port, data, keys: { type: 'local' }, outbound: {}, onError })
  const { url } = server
  const mint = minter(server)
  const agents = startAgents({
    url,
    token: (agent) => mint(agentClaims(agent), agentTtlSeconds),
    model,
    speed: options.speed,
    onError,
  })
  const client = connect({ url, token: () => mint(guide, agentTtlSeconds), client: 'headrace-demo', onError })
  const stop = async (): Promise<void> => {
    await client.close()
    await Promise.all(agents.map((agent) => agent.close({ graceMs: 0 })))
    await server.close()
  }
  try {
    const [token, second] = await Promise.all([
      mint(operator, linkTtlSeconds),
      mint(colleague, linkTtlSeconds),
      seed(client),
      ...agents.map((agent) => agent.ready),
    ])
    writeServerFile(data, { url, pid: process.pid, token }, output.err)
    const links = { operator: linkOf(url, token, welcomeSession), colleague: linkOf(url, second, welcomeSession) }
    let removeBrowserFile = (): void => undefined
    const stopped = stopOnSignal({
      stop,
      say: output.err,
      last() {
        removeBrowserFile()
        removeServerFile(data)
      },
    })
    if (json === true) output.out(readyLine(url, token, links))
    else for (const line of introduction(links, { model, data, hasConsole: server.hasConsole })) output.out(line)
    if (options.open === true) removeBrowserFile = openBrowser(links.operator, data)
    await stopped
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

function readyLine(url: string, token: string, links: Links): string {
  return JSON.stringify({ ready: true, url, token, pid: process.pid, links })
}
