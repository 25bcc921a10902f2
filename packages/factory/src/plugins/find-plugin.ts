import { readFile, realpath } from 'node:fs/promises'
import path from 'node:path'
import { FactoryError } from '../errors.ts'
import type { PluginKind } from './plugin.ts'

/** What the `package.json` of a plugin says, and where it was found. */
export interface FoundPlugin {
  /** Name of the package. */
  readonly package: string
  readonly version: string
  readonly kind: PluginKind
  /** The file that exports it, with every link followed. */
  readonly file: string
}

export interface FindPluginOptions {
  /** Folders of the operator's in whose `node_modules`, or in those of the folders above, packages are looked for. */
  readonly roots: readonly string[]
  /** Folders in which agents write: nothing in them is ever loaded. */
  readonly never: readonly string[]
}

const packageName = /^(?:@[a-z0-9][a-z0-9._-]{0,63}\/)?[a-z0-9][a-z0-9._-]{0,127}$/
const kinds: readonly PluginKind[] = ['agent', 'source', 'gate', 'guard', 'detector', 'notifier']
const maxManifestBytes = 262_144

/**
 * Finds an installed package by its name. What is named is never a path, and what is found is never in a folder that an
 * agent can write to.
 *
 * @throws FactoryError `plugin_invalid`
 */
export async function findPlugin(name: string, { roots, never }: FindPluginOptions): Promise<FoundPlugin> {
  if (!packageName.test(name)) throw invalid(`"${name}" is not the name of a package.`)
  const forbidden = await Promise.all(never.map((folder) => realpath(folder).catch(() => path.resolve(folder))))
  const places = roots.flatMap((root) => ancestors(path.resolve(root)))
  for (const place of places) {
    const folder = await realpath(path.join(place, 'node_modules', ...name.split('/'))).catch(() => undefined)
    if (folder === undefined) continue
    const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const manifest = readManifest(name, text)
    const file = await realpath(path.join(folder, manifest.file)).catch(() => undefined)
    if (file === undefined)
      throw invalid(`${name} says that its plugin is ${manifest.file}, and there is no such file.`)
    if (!isBelow(file, folder))
      throw invalid(`${name} says that its plugin is ${manifest.file}, outside of the package.`)
    const inClone = forbidden.find((one) => isBelow(file, one))
    if (inClone !== undefined)
      throw invalid(`${name} was found in ${inClone}, where agents write; nothing of there is loaded.`)
    return { package: name, version: manifest.version, kind: manifest.kind, file }
  }
  throw invalid(`The package ${name} is not installed: it was looked for from ${roots.join(' and ')}.`)
}

function readManifest(
  name: string,
  text: string,
): { readonly version: string; readonly kind: PluginKind; readonly file: string } {
  let manifest: unknown
  try {
    manifest = text.length <= maxManifestBytes ? JSON.parse(text) : undefined
  } catch {
    manifest = undefined
  }
  const { version, headrace } = record(manifest)
  const { plugin, kind: said } = record(headrace)
  const kind = kinds.find((one) => one === said)
  if (typeof version !== 'string' || typeof plugin !== 'string' || kind === undefined) {
    throw invalid(
      `The package.json of ${name} is none of a plugin: it needs a version, and "headrace": {"plugin": "./file.js", "kind": "${kinds.join('" or "')}"}.`,
    )
  }
  return { version, kind, file: plugin }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {} // read as data
}

function ancestors(folder: string): readonly string[] {
  const parent = path.dirname(folder)
  return parent === folder ? [folder] : [folder, ...ancestors(parent)]
}

function isBelow(file: string, folder: string): boolean {
  const relative = path.relative(folder, file)
  return relative === '' || (!relative.startsWith('..') && !path.isAbsolute(relative))
}

function invalid(message: string): FactoryError {
  return new FactoryError('plugin_invalid', message)
}
