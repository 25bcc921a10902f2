import { sessionContract } from '@headrace/testing/session-contract'
import { startAuditTarget } from './support/audit-target.ts'

sessionContract('Headrace', startAuditTarget, { deadlineMs: 170_000 })
