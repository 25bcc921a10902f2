import { HeadraceError } from '@headrace/core'
import { exitCode } from '../exit-code.ts'
import { Problem } from '../problem.ts'
import { isAlive, readServerFile } from './server-file.ts'

export interface StartPlace {
  readonly host: string
  readonly port: number
  readonly data: string
}

/** Why a server could not start, and the fix. */
export function explainStart(thrown: unknown, place: StartPlace): Problem {
  if (thrown instanceof Problem) return thrown
  const start = (message: string): Problem => new Problem(exitCode.notStarted, message, { cause: thrown })
  if (thrown instanceof HeadraceError) return start(storeMessage(thrown, place))
  const { host, port } = place
  switch (codeOf(thrown)) {
    case 'EADDRINUSE':
      return start(
        `Port ${port} of ${host} is in use${holder(place)}. Stop what uses it, or choose another with --port ${nextPort(port)} (0 takes any free port).`,
      )
    case 'EACCES':
      return start(
        `This user may not open port ${port}. Choose one above 1023 with --port, or let a proxy listen there.`,
      )
    case 'EADDRNOTAVAIL':
      return start(`This machine has no address ${host}. Use --host 127.0.0.1, or 0.0.0.0 with keys for all addresses.`)
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return start(`The name ${host} could not be resolved. Give --host an address of this machine, such as 127.0.0.1.`)
    case 'ENOSPC':
    case 'EDQUOT':
      return start(`The disk of ${place.data} is full. Free some space, or choose another directory with --data.`)
    case 'EROFS':
      return start(`${place.data} is on a read-only file system. Choose another directory with --data.`)
    default:
      return start(
        `The server could not start: ${thrown instanceof Error ? thrown.message : String(thrown)}. Run it again with --verbose to see where.`,
      )
  }
}

function storeMessage(error: HeadraceError, { data }: StartPlace): string {
  switch (error.code) {
    case 'store_locked': {
      const url = readServerFile(data)?.url
      const message = error.message.replace('name another directory', 'choose another directory with --data')
      return url === undefined ? message : `${message} It serves ${url}.`
    }
    case 'store_full':
      return `${error.message}. Free some space, or choose another directory with --data.`.replace('..', '.')
    case 'store_corrupt':
      return error.message.replace('salvageStore', 'headrace salvage').replace('acceptDamage', '--accept-damage')
    default:
      // The library names its option; here it is in the sentence anyway.
      return error.message.replace(/^directory: /, '')
  }
}

/** Who has the port, if it is the server of the same data: then it was started before. */
function holder({ port, data }: StartPlace): string {
  const file = readServerFile(data)
  const isOurs = file !== undefined && new URL(file.url).port === String(port) && isAlive(file.pid)
  return isOurs ? ` by the server of ${data}, process ${file.pid}` : ''
}

function nextPort(port: number): number {
  return port < 65_535 ? port + 1 : port - 1
}

function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}
