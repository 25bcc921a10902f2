import { inOwnName } from './own-name.ts'

/** Where a command speaks. Results go to `out`, all else to `err`, so that the output of a command can be piped. */
export interface Output {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
}

export const processOutput: Output = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${inOwnName(line)}\n`),
}
