import path from 'node:path'
import process from 'node:process'

type Environment = Readonly<Record<string, string | undefined>>

/**
 * How this command is called where it was started: by npm it is in the packages of a folder, and mostly not on the PATH.
 * From outside of that folder, npm has to be told where it is.
 */
export function ownName(env: Environment = process.env, from: string = process.cwd()): string {
  if (env['npm_execpath'] === undefined) return 'headrace'
  const place = env['npm_config_local_prefix']
  return place === undefined || isWithin(from, place) ? 'npx headrace' : `npx --prefix ${place} headrace`
}

/** A sentence that names commands, as in `headrace serve`, with the name that works here. */
export function inOwnName(text: string, env?: Environment): string {
  return text.replaceAll('`headrace ', `\`${ownName(env)} `)
}

function isWithin(folder: string, place: string): boolean {
  return !path.relative(place, folder).startsWith('..')
}
