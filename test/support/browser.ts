import { accessSync, constants } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const candidates = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of this machine, or why there is none. */
export function findChromium(): { readonly path: string } | { readonly missing: string } {
  for (const path of candidates) {
    if (path === undefined) continue
    try {
      accessSync(path, constants.X_OK)
      return { path }
    } catch {
      // Not here: look at the next place.
    }
  }
  return { missing: 'no Chromium on this machine: install it, or name it in CHROMIUM' }
}

export function launch(path: string): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      // Without these it looks for hosts of its own while the test runs.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
