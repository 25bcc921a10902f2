import path from 'node:path'
import type { HeadraceError } from '@headrace/core'
import {
  FactoryError,
  agentOf,
  confinedInWords,
  floorConfig,
  loadFloor,
  openFloor,
  openVault,
  startReflection,
  type Floor,
  type FloorConfig,
  type FloorFiles,
  type Plugins,
  type Vault,
} from '@headrace/factory'
import { hideFromGit } from '../data-directory.ts'
import { operator } from '../demo/people.ts'
import { linkOf } from '../serve/link.ts'
import { minter } from '../serve/minter.ts'
import { removeServerFile, writeServerFile } from '../serve/server-file.ts'
import { stopOnSignal } from '../serve/shutdown.ts'
import { startServer } from '../serve/start-server.ts'
import { counted } from '../terminal/counted.ts'
import { processOutput, type Output } from '../terminal/console.ts'
import { ownName } from '../terminal/own-name.ts'
import { crewClaims } from './crew-claims.ts'
import { missingAgents } from './missing-agents.ts'
import { missingKeys } from './missing-keys.ts'
import { openPlugins, type PluginPlaces } from './plugins.ts'
import { inWords, problem } from './problem.ts'
import { confinedLines } from './status.ts'

export interface UpOptions {
  readonly repository: string
  readonly base: string
  readonly data: string
  readonly folder: string
  readonly floor: string
  readonly port: number
  readonly json?: boolean
}

const crewSeconds = 30 * 86_400
const linkSeconds = 7 * 86_400
/** How often the base branch is looked at for new files of the factory. */
const reloadMs = 5_000

/** Opens the floor of a repository: server, sessions, crew. It goes on until it is told to stop. */
export async function up(options: UpOptions, output: Output = processOutput): Promise<void> {
  const { data, port, base, floor: name, json } = options
  const folder = path.resolve(options.folder)
  const origin = path.resolve(options.repository)
  const onError = (error: HeadraceError): void => output.err(`${error.code}: ${error.message}`)
  // Before anything is started: files that are wrong are the reader's to put right.
  const vault = await openVault({ folder: path.join(folder, 'vault.git'), origin, base }).catch(explain)
  hideFromGit(folder)
  const places = { repository: origin, folder }
  const settings = await Settings.load(vault, places, output).catch(explain)
  const server = await startServer({ host: '127.0.0.1', port, data, keys: { type: 'local' }, outbound: {}, onError })
  const mint = minter(server)
  const { url } = server
  let opened: Floor | undefined
  let endReflection: () => void = () => undefined
  const stop = async (): Promise<void> => {
    endReflection()
    settings.stop()
    await opened?.close()
    await settings.close()
    await server.close()
  }
  try {
    opened = await openFloor({
      name,
      url,
      token: (agent) => mint(crewClaims(agent, name), crewSeconds),
      folder,
      origin,
      base,
      config: () => settings.config,
      demand: settings.demand,
      onError,
    })
    const floor = opened
    settings.onChange = () => floor.look()
    endReflection = startReflection({
      client: floor.client,
      sessions: floor.sessions,
      vault: floor.vault,
      files: () => settings.files,
      // A floor that is closed is not looked back at any more, and nothing depends on it.
      onError: (thrown) => output.err(`Looking back at attempts failed: ${String(thrown)}`),
    })
    const token = await mint(operator, linkSeconds)
    writeServerFile(data, { url, pid: process.pid, token }, output.err)
    const stopped = stopOnSignal({ stop, say: output.err, last: () => removeServerFile(data) })
    const link = linkOf(url, token, opened.sessions.floor)
    const missing = [
      ...(await missingAgents(settings.config)),
      ...missingKeys(settings.files.factory.models, process.env),
    ]
    for (const line of missing) output.err(`warning: ${line}`)
    if (json === true) output.out(JSON.stringify({ ready: true, url, token, pid: process.pid, link }))
    else for (const line of introduction(opened, link, settings.config)) output.out(line)
    await stopped
  } catch (thrown) {
    await stop()
    throw thrown instanceof FactoryError ? problem(thrown) : thrown
  }
}

/** The floor's files on the base branch, read again when that moves. */
class Settings {
  config: FloorConfig
  files: FloorFiles
  /** Called when there is another config. */
  onChange: () => void = () => undefined
  readonly demand: 'required' | 'preferred' | 'off'
  #head: string
  #plugins: LoadedPlugins
  readonly #timer: NodeJS.Timeout

  private constructor(reader: Reader, first: Loaded) {
    this.config = first.config
    this.files = first.files
    this.demand = first.demand
    this.#head = first.head
    this.#plugins = first.plugins
    this.#timer = setInterval(() => void this.#reload(reader), reloadMs)
    this.#timer.unref()
  }

  static async load(vault: Vault, places: PluginPlaces, output: Output): Promise<Settings> {
    const { head } = await vault.refresh()
    const reader = { vault, places, output }
    return new Settings(reader, await read(reader, head))
  }

  /** Does not look any more. */
  stop(): void {
    clearInterval(this.#timer)
  }

  /** Ends the plugins. */
  async close(): Promise<void> {
    this.stop()
    await this.#plugins.plugins.close()
  }

  async #reload(reader: Reader): Promise<void> {
    const { vault, output } = reader
    try {
      const { head } = await vault.refresh()
      if (head === this.#head) return
      this.#head = head
      const { config, files, plugins } = await read(reader, head, this.#plugins)
      this.config = config
      this.files = files
      if (plugins !== this.#plugins) this.#plugins.plugins.retire()
      this.#plugins = plugins
      this.onChange()
    } catch (thrown) {
      // The last files that were right go on to count.
      const text = thrown instanceof FactoryError ? inWords(thrown) : String(thrown)
      output.err(`The factory's files were not taken again: ${text}`)
    }
  }
}

interface Loaded {
  readonly head: string
  readonly files: FloorFiles
  readonly config: FloorConfig
  readonly demand: 'required' | 'preferred' | 'off'
  readonly plugins: LoadedPlugins
}

interface LoadedPlugins {
  /** What the files named, to see whether they name something else now. */
  readonly named: string
  readonly plugins: Plugins
}

interface Reader {
  readonly vault: Vault
  readonly places: PluginPlaces
  readonly output: Output
}

async function read({ vault, places, output }: Reader, head: string, known?: LoadedPlugins): Promise<Loaded> {
  const files = await loadFloor(vault, head)
  const named = JSON.stringify(files.factory.plugins)
  const plugins =
    known?.named === named ? known : { named, plugins: await openPlugins(files.factory.plugins, places, output) }
  return { head, files, config: configOf(files, plugins.plugins), demand: files.factory.gate.sandbox, plugins }
}

function configOf(files: FloorFiles, plugins: Plugins): FloorConfig {
  return floorConfig(files, (name, settings) => agentOf(name, settings, { plugin: plugins.agent }), plugins)
}

function introduction({ sandbox, swept }: Floor, link: string, { lanes }: FloorConfig): readonly string[] {
  const shut =
    sandbox.kind === 'bubblewrap'
      ? 'The gate runs in a sandbox.'
      : `The gate runs without a sandbox: ${sandbox.reason}.`
  const left = swept.filter(({ what }) => what === 'quarantined')
  return [
    `The floor is open, with ${counted(lanes.length, 'lane')}: ${lanes.map(({ name }) => name).join(', ')}. ${shut}`,
    ...confinedLines(lanes.map((lane) => ({ ...lane, confined: confinedInWords(lane, sandbox) }))),
    ...(left.length > 0 ? [`In quarantine: ${counted(left.length, 'clone')} that an earlier run left.`] : []),
    '',
    `  ${link}`,
    '',
    `${ownName()} factory task add "…" puts a task on it, and ${ownName()} factory status shows it.`,
    'Press Ctrl-C to stop. What is under way goes on when it is opened again.',
  ]
}

function explain(thrown: unknown): never {
  throw thrown instanceof FactoryError ? problem(thrown) : thrown
}
