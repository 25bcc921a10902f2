/** What a plugin of the factory is (X2). The built-in agents, sources, gates, guards, detectors and notifiers are such ones. */
import type { JsonObject } from '@headrace/core'
import type { AgentKind } from '../agents/agent.ts'
import type { Detector } from '../detect/detector.ts'
import type { Gate } from '../gate/gate.ts'
import type { Guard } from '../guards/guard.ts'
import type { Notifier } from '../notify/notifier.ts'
import type { TaskSourceReader } from '../sources/task-source.ts'

/** Version of the interface that is described here. It changes when a plugin has to be changed for it. */
export const pluginInterface = 1

export type PluginKind = 'agent' | 'source' | 'gate' | 'guard' | 'detector' | 'notifier'

/** What a plugin of each kind makes. */
export interface PluginMakes {
  readonly agent: AgentKind
  readonly source: TaskSourceReader
  readonly gate: Gate
  readonly guard: Guard
  readonly detector: Detector
  readonly notifier: Notifier
}

/** A plugin of one kind. */
export interface PluginOf<K extends PluginKind> {
  /** {@link pluginInterface}, as it was when the plugin was written. */
  readonly interface: typeof pluginInterface
  readonly kind: K
  /** 1 to 64 of a–z, 0–9 and `-`: how the files of a floor name it, and what is said of it. No two have the same one. */
  readonly name: string
  /** As in its `package.json`. */
  readonly version: string
  /** What it does, in a sentence. */
  readonly about: string
  /**
   * Makes what it is there for.
   *
   * @param settings - `settings` of the plugin in `.headrace/factory.yaml`; for an agent those of `agents.<name>`
   * @throws whatever says what is wrong with the settings: the plugin is not taken, and that is reported
   */
  create(settings: JsonObject): PluginMakes[K]
}

export type AgentPlugin = PluginOf<'agent'>
export type SourcePlugin = PluginOf<'source'>
export type GatePlugin = PluginOf<'gate'>
export type GuardPlugin = PluginOf<'guard'>
export type DetectorPlugin = PluginOf<'detector'>
export type NotifierPlugin = PluginOf<'notifier'>

/** A plugin. A package exports it as `plugin` from the file that `headrace.plugin` of its `package.json` names. */
export type Plugin = AgentPlugin | SourcePlugin | GatePlugin | GuardPlugin | DetectorPlugin | NotifierPlugin
