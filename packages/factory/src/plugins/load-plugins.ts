import type { JsonObject } from '@headrace/core'
import type { AgentKind } from '../agents/agent.ts'
import type { SlowDetector } from '../detect/detector.ts'
import { FactoryError } from '../errors.ts'
import type { Gate } from '../gate/gate.ts'
import type { GuardPolicy, SlowGuard } from '../guards/guard.ts'
import type { Notifier } from '../notify/notifier.ts'
import type { TaskSourceReader } from '../sources/task-source.ts'
import { pluginAgent } from './at-work/agent.ts'
import { pluginDetector } from './at-work/detector.ts'
import { pluginGate } from './at-work/gate.ts'
import { missingGuard, pluginGuard } from './at-work/guard.ts'
import { pluginNotifier } from './at-work/notifier.ts'
import { pluginSource } from './at-work/source.ts'
import { builtInPlugins } from './built-in.ts'
import { contractFault } from './contract.ts'
import { findPlugin, type FindPluginOptions, type FoundPlugin } from './find-plugin.ts'
import { PluginThread, type PluginThreadOptions } from './plugin-thread.ts'
import type { PluginKind } from './plugin.ts'

/** A plugin as `.headrace/factory.yaml` names it. */
export interface WantedPlugin {
  /** Name of an installed package. Never a path. */
  readonly package: string
  readonly settings?: JsonObject
  /** How long it may take to load and for each call, in ms. Default 30,000; gates 900,000. */
  readonly timeoutMs?: number
}

/** A plugin that was taken. */
export interface LoadedPlugin {
  readonly package: string
  readonly version: string
  readonly kind: PluginKind
  readonly name: string
  readonly about: string
}

/** A plugin that was not taken. */
export interface RefusedPlugin {
  readonly package: string
  readonly why: string
  /** It is a guard or a gate, or nobody knows: nothing is merged until it is there or not named any more. */
  readonly blocks: boolean
}

export interface LoadPluginsOptions extends FindPluginOptions {
  readonly plugins: readonly WantedPlugin[]
}

/** The plugins of a floor. */
export interface Plugins {
  readonly loaded: readonly LoadedPlugin[]
  readonly refused: readonly RefusedPlugin[]
  /** Those of plugins, and one that blocks for each plugin that should have judged and is not there. */
  readonly guards: readonly SlowGuard[]
  readonly gates: readonly Gate[]
  readonly notifiers: readonly Notifier[]
  readonly agent: (name: string) => AgentKind | undefined
  readonly source: (name: string) => TaskSourceReader | undefined
  /** A fresh one, for the steps of one attempt. Whoever takes it closes it. */
  readonly detector: (name: string) => SlowDetector | undefined
  /** A fresh one of each, as above. */
  readonly detectors: () => readonly SlowDetector[]
  /** Others have taken their place: their threads end once nothing is asked of them any more. */
  retire(): void
  /** Ends their threads. Idempotent. */
  close(): Promise<void>
}

interface Taken {
  readonly plugin: LoadedPlugin
  readonly policy: GuardPolicy
  readonly inCell: boolean
  readonly thread: PluginThread
  readonly options: PluginThreadOptions
}

const defaultMs = 30_000
const gateMs = 900_000

/**
 * Loads plugins from installed packages and holds each against what its kind must be. One that is not there, throws, hangs or
 * lies is named in `refused`, and the others are taken; never rejects.
 */
export async function loadPlugins(options: LoadPluginsOptions): Promise<Plugins> {
  const taken: Taken[] = []
  const refused: RefusedPlugin[] = []
  for (const wanted of options.plugins) {
    let found: FoundPlugin | undefined
    try {
      found = await findPlugin(wanted.package, options)
      taken.push(await take(wanted, found, taken))
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown)
      const blocks = found === undefined || found.kind === 'guard' || found.kind === 'gate'
      refused.push({ package: wanted.package, why, blocks })
    }
  }
  const of = (kind: PluginKind): readonly Taken[] => taken.filter(({ plugin }) => plugin.kind === kind)
  const named = (kind: PluginKind, name: string): Taken | undefined =>
    of(kind).find(({ plugin }) => plugin.name === name)
  return {
    loaded: taken.map(({ plugin }) => plugin),
    refused,
    guards: [
      ...of('guard').map(({ plugin, policy, thread }) => pluginGuard({ ...plugin, policy }, thread)),
      ...refused.filter(({ blocks }) => blocks).map((one) => missingGuard(one.package, one.why)),
    ],
    gates: of('gate').map(({ plugin, thread }) => pluginGate(plugin, thread)),
    notifiers: of('notifier').map(({ plugin, thread }) => pluginNotifier(plugin.name, thread)),
    agent(name) {
      const one = named('agent', name)
      return one && pluginAgent({ name, inCell: one.inCell }, one.options)
    },
    source(name) {
      const one = named('source', name)
      return one && pluginSource(name, one.thread)
    },
    detector(name) {
      const one = named('detector', name)
      return one && pluginDetector(name, one.options)
    },
    detectors: () => of('detector').map(({ plugin, options: given }) => pluginDetector(plugin.name, given)),
    retire() {
      for (const { thread } of taken) thread.retire()
    },
    async close() {
      await Promise.all(taken.map(({ thread }) => thread.close()))
    },
  }
}

async function take(wanted: WantedPlugin, found: FoundPlugin, others: readonly Taken[]): Promise<Taken> {
  const label = `${found.package} ${found.version}`
  const fallback = found.kind === 'gate' ? gateMs : defaultMs
  const options = { label, file: found.file, settings: wanted.settings ?? {}, timeoutMs: wanted.timeoutMs ?? fallback }
  const thread = new PluginThread(options)
  try {
    const facts = await thread.facts()
    const fault = contractFault(facts, found)
    if (fault !== undefined) throw invalid(`The plugin ${label} ${fault}.`)
    const [name, about] = [String(facts.name), String(facts.about)]
    const taken = others.some(({ plugin }) => plugin.kind === found.kind && plugin.name === name)
    if (taken || builtInPlugins.some((plugin) => plugin.kind === found.kind && plugin.name === name))
      throw invalid(`The plugin ${label} is a ${found.kind} named "${name}", and there is one of that name already.`)
    const plugin = { package: found.package, version: found.version, kind: found.kind, name, about }
    const policy = found.kind === 'guard' ? (facts.policy as GuardPolicy) : 'block' // checked by the contract
    return { plugin, policy, inCell: facts.inCell === true, thread, options }
  } catch (thrown) {
    await thread.close()
    throw thrown
  }
}

function invalid(message: string): FactoryError {
  return new FactoryError('plugin_invalid', message)
}
