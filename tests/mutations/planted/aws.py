"""Faults in the adapters of AWS, which no simulation plays: `shared/aws`. Their wire tests have to find them."""

from table import Mutation, mutation

SOURCE = "shared/aws/src"
STORE = f"{SOURCE}/store"

MUTATIONS: list[Mutation] = [
    mutation(
        "a commit is written whatever is there",
        "the document's version is no condition",
        f"{STORE}/commit.rs",
        '.condition_expression(«"#version = :read"»)',
        '"attribute_exists(#version) OR #version = :read"',
    ),
    mutation(
        "a lock is taken from its holder",
        "two rollouts have one target",
        f"{STORE}/commit.rs",
        '«"attribute_not_exists(#pk) OR #holder = :id"»',
        '"attribute_not_exists(#pk) OR #holder <> :id"',
    ),
    mutation(
        "a read that may be stale",
        "documents are read as they were a moment ago",
        f"{STORE}/reading.rs",
        "call.consistent_read(«true»).send()",
        "false",
    ),
    mutation(
        "a claim that never ends",
        "a function that dies between claim and message silences the outcome",
        f"{STORE}/outcomes.rs",
        '«"attribute_not_exists(#pk) OR (#state = :claimed AND #until <= :now)"»',
        '"attribute_not_exists(#pk) OR (#state = :claimed AND #until < :claimed AND #until > :now)"',
    ),
    mutation(
        "an alias is written without its revision",
        "a function that slept writes over whatever is there",
        f"{SOURCE}/routers/lambda_alias.rs",
        "let call = «call.function_version(&wish.primary.0).routing_config(weights(wish)).revision_id(&fence.0)»;",
        "{ let _ = fence; call.function_version(&wish.primary.0).routing_config(weights(wish)) }",
    ),
    mutation(
        "weights are left out where there are none",
        "Lambda keeps the weights that the alias has: the way back moves nothing",
        f"{SOURCE}/routers/lambda_alias.rs",
        ".set_additional_version_weights(«Some(weights)»)",
        "Some(weights).filter(|weights| !weights.is_empty())",
    ),
    mutation(
        "a deployment is created twice",
        "the SDK tries a call again that has no token",
        f"{SOURCE}/deployments/starting.rs",
        "Config::builder().retry_config(«RetryConfig::disabled()»)",
        "RetryConfig::standard()",
    ),
    mutation(
        "a deployment is stopped and left where it is",
        "CodeDeploy is not told to take it back",
        f"{SOURCE}/deployments/moving.rs",
        ".auto_rollback_enabled(«true»)",
        "false",
    ),
    mutation(
        "a version of flags is created without its fence",
        "what somebody wrote meanwhile is passed over",
        f"{SOURCE}/flags/changing.rs",
        ".set_latest_version_number(«after»)",
        "{ let _ = after; None }",
    ),
    mutation(
        "composite alarms are not read",
        "AWS answers with plain ones alone",
        f"{SOURCE}/alarms/cloudwatch.rs",
        "let call = «call.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm)»;",
        "call",
    ),
    mutation(
        "half a series is taken for all of it",
        "an answer that CloudWatch could not complete is judged",
        f"{SOURCE}/metrics/cloudwatch.rs",
        "Some(status) => «Err(Fault::new(what(), FaultKind::Passing(status.to_string())))»,",
        "{ let _ = status; Ok(Series::new()) }",
    ),
]
