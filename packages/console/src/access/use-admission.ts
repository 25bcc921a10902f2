import { useSyncExternalStore } from 'react'
import { access } from './access.ts'
import { currentAdmission, type Admission } from './admission.ts'

export function useAdmission(): Admission | undefined {
  return useSyncExternalStore(access.subscribe, currentAdmission)
}
