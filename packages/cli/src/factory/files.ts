import path from 'node:path'
import { FactoryError, checkFactory, faultInWords, folderSource, initFactory } from '@headrace/factory'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { counted } from '../terminal/counted.ts'
import { processOutput } from '../terminal/console.ts'
import { problem } from './problem.ts'

export interface InitOptions {
  readonly repository: string
  readonly agent: 'codex' | 'claude' | 'opencode' | 'gemini'
  readonly dryRun?: boolean
}

/** Writes the files of a floor, and says what was found and why. */
export async function init({ repository, agent, dryRun }: InitOptions): Promise<void> {
  try {
    const { files, explanation } = await initFactory({
      repository: path.resolve(repository),
      agent,
      write: dryRun !== true,
    })
    for (const line of explanation) processOutput.out(line)
    processOutput.out('')
    for (const file of Object.keys(files)) processOutput.out(`  ${file}`)
    if (dryRun === true) for (const [file, text] of Object.entries(files)) processOutput.out(`\n--- ${file}\n${text}`)
  } catch (thrown) {
    throw thrown instanceof FactoryError ? problem(thrown) : thrown
  }
}

/** Checks the files of a floor as they are in the folder, before they are committed. */
export async function check({ repository }: Pick<InitOptions, 'repository'>): Promise<void> {
  const { floor, faults, notes } = await checkFactory(folderSource(path.resolve(repository))).catch(
    (thrown: unknown) => {
      throw thrown instanceof FactoryError ? problem(thrown) : thrown
    },
  )
  for (const note of notes) processOutput.err(`note: ${faultInWords(note)}`)
  if (!floor) throw new Problem(exitCode.refused, faults.map(faultInWords).join('\n'))
  const lanes = floor.lanes.map(({ name, kind, oversight }) => `${name} (${kind}, ${oversight})`)
  processOutput.out(`The floor is right: ${counted(lanes.length, 'lane')}, ${lanes.join(', ')}.`)
}
