import { readdir, readFile } from 'node:fs/promises'
import { markerName, type MarkedProcess } from './marked.ts'

/**
 * The processes of any attempt or gate whose environment names something below a folder: all that a floor has started, also
 * by attempts that nobody remembers. Needs `/proc`; elsewhere it is empty.
 */
export async function processesOf(folder: string): Promise<readonly MarkedProcess[]> {
  const names = await readdir('/proc').catch((): string[] => [])
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map((name) => look(Number(name), folder)))
  return found.filter((entry) => entry !== undefined)
}

async function look(pid: number, folder: string): Promise<MarkedProcess | undefined> {
  try {
    const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0')
    const isMarked = variables.some((variable) => variable.startsWith(`${markerName}=`))
    if (!isMarked || !variables.some((variable) => variable.includes(`=${folder}/`))) return undefined
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    if (/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return undefined // over; its parent has not looked yet
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim().slice(0, 200)
    return { pid, command }
  } catch {
    return undefined // it ended meanwhile, or is somebody else's
  }
}
