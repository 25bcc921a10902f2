import { findSandbox, type Sandbox } from '@headrace/factory'

/** The sandbox of this machine. In CI one must be there: `.ci/run` installs it. */
export const sandbox: Sandbox = await findSandbox()
if (sandbox.kind === 'none' && process.env['CI'] === 'true') throw new Error(sandbox.reason)

/** Why what needs a sandbox is skipped. */
export const missing = sandbox.kind === 'none' ? sandbox.reason : ''
