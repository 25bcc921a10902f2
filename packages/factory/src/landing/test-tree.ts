import { rm } from 'node:fs/promises'
import path from 'node:path'
import type { Vault } from '../clones/open-vault.ts'
import type { Gate } from '../gate/gate.ts'
import { runGate, type GateOptions, type GateResult } from '../gate/run-gate.ts'
import { checkoutTree } from '../work/checkout-tree.ts'

export interface TestTreeOptions extends Omit<GateOptions, 'checkout' | 'scratch'> {
  readonly vault: Vault
  /** What is tested: a tree or a commit. */
  readonly tree: string
  /** A commit of the base; what differs from it is checked before it is written. */
  readonly base: string
  /** A folder that is there; what is made in it is removed again. */
  readonly scratch: string
  /** Others that judge the same checkout once the tests are green. */
  readonly gates?: readonly Gate[]
  /** Called between the checkout and the tests. */
  readonly onCheckedOut?: () => void
}

/**
 * Runs the gate's commands on a tree, in a clean checkout.
 *
 * @throws FactoryError `tree_unsafe`, `sandbox_missing`
 */
export async function testTree(options: TestTreeOptions): Promise<GateResult> {
  const { vault, tree, base, scratch, onCheckedOut, gates = [], ...gate } = options
  const checkout = path.join(scratch, 'checkout')
  try {
    await checkoutTree({ vault, tree, base, into: checkout, scratch })
    onCheckedOut?.()
    const tests = await runGate({ ...gate, checkout, scratch })
    if (tests.verdict === 'red') return tests
    for (const other of gates) {
      const said = await other.judge({ ...gate, checkout })
      if (said.verdict === 'green') continue
      const { class: failure, why, output = tests.output } = said
      return { ...tests, verdict: 'red', class: failure, why: `The gate ${other.name}: ${why}`, output }
    }
    return tests
  } finally {
    await rm(checkout, { recursive: true, force: true })
  }
}
