import { HeadraceError } from '@headrace/core'

export interface Origins {
  /** `*` was given: pages on every origin may connect. */
  readonly any: boolean
  readonly exact: ReadonlySet<string>
}

/** @throws HeadraceError `bad_request` for an entry that no browser would ever send */
export function parseCors(cors: readonly string[]): Origins {
  const exact = cors.filter((origin) => origin !== '*')
  for (const origin of exact) {
    // Apps have their own schemes (tauri://localhost), which URL gives no origin for.
    const isApp = /^[a-z][a-z0-9+.-]*:\/\/[a-z0-9._-]+$/.test(origin) && !/^https?:/.test(origin)
    if (isApp || (!origin.includes('*') && URL.canParse(origin) && new URL(origin).origin === origin)) continue
    throw new HeadraceError(
      'bad_request',
      `cors: ${show(origin)} is not an origin. Write scheme, host and port only, as https://app.example.com, or * for every origin.`,
    )
  }
  return { any: cors.includes('*'), exact: new Set(exact) }
}

/** @throws HeadraceError `bad_request` for an entry that is not a host name, with or without a port */
export function parseHosts(hosts: readonly string[]): ReadonlySet<string> {
  for (const host of hosts) {
    if (/^(?:\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::\d{1,5})?$/i.test(host)) continue
    throw new HeadraceError(
      'bad_request',
      `hosts: ${show(host)} is not a host name. Write a name with or without a port, as app.example.com or app.example.com:8443.`,
    )
  }
  return new Set(hosts.map((host) => host.toLowerCase()))
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 100))
}
