import { InvalidArgumentError, Option, type Command } from 'commander'

/** An option that the environment can give too: `--auth-secret` is `HEADRACE_AUTH_SECRET`. */
export function option(flags: string, description: string): Option {
  const made = new Option(flags, description)
  return made.env(`HEADRACE_${made.name().replaceAll('-', '_').toUpperCase()}`)
}

/** Collects a list: the option again, several values, or values split at commas. */
export function list(value: string, previous: readonly string[] | undefined): readonly string[] {
  const values = value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  return [...(previous ?? []), ...values]
}

/** A whole number within bounds. */
export function whole(min: number, max: number): (value: string) => number {
  return number(/^\d{1,15}$/, { kind: 'whole number', min, max })
}

/** A number within bounds, which may have a fraction: 0.5. */
export function decimal(min: number, max: number): (value: string) => number {
  return number(/^\d{1,15}(\.\d{1,6})?$/, { kind: 'number', min, max })
}

interface Wanted {
  readonly kind: string
  readonly min: number
  readonly max: number
}

function number(form: RegExp, { kind, min, max }: Wanted): (value: string) => number {
  return (value) => {
    const read = form.test(value) ? Number(value) : Number.NaN
    if (!(read >= min && read <= max)) throw new InvalidArgumentError(`It must be a ${kind} from ${min} to ${max}.`)
    return read
  }
}

/** How a command finds its server. */
export function withTarget(command: Command): Command {
  return command
    .addOption(option('--url <url>', 'address of the server, or its link with the token in it'))
    .addOption(
      option('--token <token>', 'token; better in HEADRACE_TOKEN, as other users of the machine can read arguments'),
    )
    .addOption(
      option('--data <directory>', 'data directory of a server on this machine, to find its address and token'),
    )
}
