import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import { runGate, type GateOptions, type GateResult } from '../gate/run-gate.ts'
import { checkoutTree } from '../work/checkout-tree.ts'

export interface TestTreeOptions extends Omit<GateOptions, 'checkout'> {
  readonly vault: Vault
  /** What is tested: a tree or a commit. */
  readonly tree: string
  /** A commit of the base; what differs from it is checked before it is written. */
  readonly base: string
  /** A folder that is there; what is made in it is removed again. */
  readonly scratch: string
  /** Called between the checkout and the tests. */
  readonly onCheckedOut?: () => void
}

/**
 * Runs the gate's commands on a tree, in a clean checkout.
 *
 * @throws FactoryError `tree_unsafe`, `sandbox_missing`
 */
export async function testTree(options: TestTreeOptions): Promise<GateResult> {
  const { vault, tree, base, scratch, onCheckedOut, ...gate } = options
  const checkout = path.join(scratch, 'checkout')
  try {
    await checkoutTree({ vault, tree, base, into: checkout })
    onCheckedOut?.()
    return await runGate({ ...gate, checkout })
  } finally {
    await rm(checkout, { recursive: true, force: true })
  }
}
