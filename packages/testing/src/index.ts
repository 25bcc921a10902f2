export { startFaultProxy, type FaultProxy, type FaultProxyOptions } from './fault-proxy.ts'
