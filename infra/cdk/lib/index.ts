export type { AliasAlarmsProps } from "./alarms";
export { GuardedAlias, type GuardedAliasProps } from "./guarded-alias";
export { GuardedDeploymentGroup, type GuardedDeploymentGroupProps } from "./guarded-deployment-group";
export type { People } from "./people";
export type { PolicyAlarm, PolicyProps } from "./policy";
export type { Architecture, LogLevel, Package, TidegateProps } from "./settings";
export { Tidegate } from "./tidegate";
