import { readdir, readFile } from 'node:fs/promises'

/** Ids of the processes that have this word in their command line. Needs `/proc`; elsewhere none is found. */
export async function processesNaming(word: string): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => [])
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
        return line.split('\0').includes(word) ? [Number(name)] : []
      }),
  )
  return found.flat()
}
