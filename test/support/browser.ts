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

/**
 * Features of the browser that are off. The last such argument counts, so what Playwright switches off is named here too.
 * The first two would load two pages of the browser's own, which nobody sees, for each context: most of what one costs.
 */
const off = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
]

export function launch(path: string): Promise<Browser> {
  return chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      `--disable-features=${off.join(',')}`,
      // Without these it looks for hosts of its own while the test runs.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
