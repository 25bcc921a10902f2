import type { PackageNews } from './dependencies.ts'

export interface RegistryOptions {
  /** Default `https://registry.npmjs.org`. */
  readonly registry?: string
  /** Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch
}

/** What could be read, and of which packages nothing could. */
export interface RegistryRead {
  readonly news: Readonly<Record<string, PackageNews>>
  readonly missing: readonly string[]
}

const maxPackages = 300
const maxBytes = 33_554_432
const atOnce = 4

/** Asks a registry for the packages that the repository uses, and for no others. At most 300. */
export async function readRegistry(names: readonly string[], options: RegistryOptions = {}): Promise<RegistryRead> {
  const { registry = 'https://registry.npmjs.org', fetch = globalThis.fetch } = options
  const waiting = names.slice(0, maxPackages)
  const missing = names.slice(maxPackages)
  const news: Record<string, PackageNews> = {}
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const found = await readPackage(`${registry}/${name.replace('/', '%2f')}`, fetch).catch(() => undefined)
      if (found) news[name] = found
      else missing.push(name)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { news, missing }
}

async function readPackage(url: string, fetch: typeof globalThis.fetch): Promise<PackageNews | undefined> {
  const headers = { Accept: 'application/vnd.npm.install-v1+json', 'User-Agent': 'headrace' }
  const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(30_000) })
  if (!response.ok || Number(response.headers.get('content-length') ?? 0) > maxBytes) return undefined
  const text = await response.text()
  return text.length > maxBytes ? undefined : newsIn(JSON.parse(text))
}

function newsIn(value: unknown): PackageNews | undefined {
  const { 'dist-tags': tags, versions } = record(value)
  const { latest } = record(tags)
  if (typeof latest !== 'string') return undefined
  const deprecated = Object.entries(record(versions)).flatMap(([version, about]): [string, string][] => {
    const { deprecated: said } = record(about)
    return typeof said === 'string' && said !== '' ? [[version, said.slice(0, 500)]] : []
  })
  return { latest, deprecated: Object.fromEntries(deprecated) }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {} // read as data
}
