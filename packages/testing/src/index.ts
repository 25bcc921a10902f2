export { startFaultProxy, type FaultProxy, type FaultProxyOptions } from './fault-proxy.ts'
export { seeded } from './seeded.ts'
