import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import process from 'node:process'
import {
  FactoryError,
  contractGate,
  findSandbox,
  lookAtFolder,
  scaffoldPlugin,
  type SurfacesSeen,
} from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { counted } from '../terminal/counted.ts'
import { processOutput } from '../terminal/console.ts'
import { plain } from '../terminal/plain.ts'
import { problem } from './problem.ts'

export interface SurfacesOptions {
  readonly repository: string
}

const measures = ['lines', 'exports', 'dependencies'] as const

/** Prints the surfaces of a repository with their plugins, and how large core is. */
export async function listPlugins({ repository, json }: SurfacesOptions & { readonly json?: boolean }): Promise<void> {
  const seen = await look(repository)
  if (json === true) {
    const plugins = seen.plugins.map(({ name, folder, surface }) => ({ name, folder, surface: surface.name }))
    return processOutput.out(JSON.stringify({ surfaces: seen.surfaces.surfaces, plugins, core: seen.core }))
  }
  for (const surface of seen.surfaces.surfaces) {
    const own = seen.plugins.filter((plugin) => plugin.surface === surface)
    processOutput.out(plain(`${surface.name} (${surface.owner}): ${surface.about}`))
    for (const { folder } of own) processOutput.out(plain(`  ${folder}`))
    if (own.length === 0) processOutput.out(`  no plugin yet`)
  }
  processOutput.out(`core: ${coreInWords(seen)}`)
}

/** Runs the contract of every plugin, and holds core against its budget. */
export async function checkPlugins({ repository }: SurfacesOptions): Promise<void> {
  const seen = await look(repository)
  const { budget } = seen.surfaces.core
  const over = measures.filter((measure) => seen.core[measure] > (budget[measure] ?? Infinity))
  const said = await contractGate(seen.surfaces).judge({
    checkout: path.resolve(repository),
    test: { argv: ['true'], timeoutMs: 900_000 },
    sandbox: await findSandbox(),
    demand: 'preferred',
    onOutput: (chunk) => void process.stderr.write(chunk),
  })
  if (said.verdict === 'red') throw new Problem(exitCode.refused, plain(said.why))
  processOutput.out(`The contracts of ${counted(seen.plugins.length, 'plugin')} are kept; core: ${coreInWords(seen)}`)
  if (over.length > 0) throw new Problem(exitCode.refused, `Core is over its budget of ${over.join(' and ')}.`)
}

/** Writes a new plugin with a test of its own. */
export async function newPlugin(
  name: string,
  { repository, surface: wanted }: SurfacesOptions & { readonly surface: string },
): Promise<void> {
  const { surfaces } = await look(repository)
  const surface = surfaces.surfaces.find((one) => one.name === wanted)
  if (!surface) {
    const known = surfaces.surfaces.map((one) => one.name).join(', ')
    throw new Problem(exitCode.usage, `There is no surface ${wanted}. There are: ${known || 'none'}.`)
  }
  const files = await tell(async () => scaffoldPlugin(surface, name))
  const root = path.resolve(repository)
  try {
    // Making its folder is what makes sure that nothing is written over.
    await mkdir(path.join(root, surface.folder), { recursive: true })
    await mkdir(path.join(root, surface.folder, name))
  } catch (thrown) {
    const place = `${surface.folder}/${name}`
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')
      throw new Problem(exitCode.refused, `${place} is there already; nothing was written.`)
    const why = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Problem(exitCode.refused, `${place} can't be made: ${why}`)
  }
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true })
    await writeFile(path.join(root, file), text, { flag: 'wx' })
    processOutput.out(`  ${file}`)
  }
  const contract = surface.test.join(' ').replaceAll('{plugin}', `${surface.folder}/${name}`)
  processOutput.out(`\nIts contract is \`${contract}\`; \`headrace factory plugin check\` runs all of them.`)
}

function coreInWords({ core, surfaces }: SurfacesSeen): string {
  const { budget } = surfaces.core
  return measures
    .map((measure) => `${core[measure]} ${measure}${budget[measure] === undefined ? '' : ` of ${budget[measure]}`}`)
    .join(', ')
}

function look(repository: string): Promise<SurfacesSeen> {
  return tell(() => lookAtFolder(path.resolve(repository)))
}

async function tell<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    throw thrown instanceof FactoryError ? problem(thrown, exitCode.refused) : thrown
  }
}
