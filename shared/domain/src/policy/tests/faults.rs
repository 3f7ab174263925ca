//! What is said of policies with something wrong in them.

use super::*;

/// Each row: what is added to a short policy, and all that is said of it.
type Table<'a> = &'a [(&'a str, &'a str)];

fn check(rows: Table) {
    for (lines, expected) in rows {
        assert_eq!(faults_of(lines), *expected, "{lines}");
    }
}

/// The same for the list of steps alone.
fn check_steps(rows: Table) {
    for (steps, expected) in rows {
        assert_eq!(faults_of(&format!("strategy: {{ steps: [{steps}] }}")), *expected, "{steps}");
    }
}

#[test]
fn ten_faults_are_reported_at_once_in_the_order_of_the_grammar() {
    let text = r"
version: 2
name: Check out
mood: drive
target: { lamda: { function: checkout, alias: live } }
strategy:
  stpes: []
  steps:
    - setWeight: 50
    - bake: 10m
    - setWeight: 30
    - bake: 10 parsecs
    - pause: { duration: 10s }
analysis:
  preset: strict
  metrics:
    - latency: {}
  guards:
    - errorRate: { above: 0.05, for: 4 of 3 }
  alarms:
    - { action: rollback }
flags:
  - { flag: new-basket, at: tomorrow, application: shop, environment: prod, profile: flags }
notify:
  severities: { rolledBak: critical }
deadline: 5
";
    let expected = r#"
mood: no such field; known: analysis, deadline, flags, mode, name, notify, strategy, target, version
version: 2 is not known; this Tidegate reads version 1
name: "Check out" is no name for a policy; 1 to 64 of a-z, 0-9 and -
target: no kind is called "lamda"; known: lambda
strategy.stpes: no such field; known: steps, watch
strategy.steps[2].setWeight: 30 is below the step before it (50); weights rise
strategy.steps[3].bake: "10 parsecs" is not a duration; write it like 90s, 10m, 1h30m or 2d
strategy.steps[4].pause.duration: 10s is too short; at least 1m, since metrics come by the minute
analysis.preset: unknown variant `strict`, expected `balanced` or `tolerant`
analysis.guards[0].errorRate.above: 0.05 is not a rate; write a percentage with its sign, like 5%
analysis.guards[0].errorRate.for: 4 of 3 would never fire; the first is at most the second
analysis.guards[0].errorRate: needs the errors metric; add - errors: {} to the metrics
analysis.alarms[0].name: missing; write it like checkout-5xx
analysis.alarms[0].action: unknown variant `rollback`, expected `rollBack` or `hold`
flags[0].at: "tomorrow" is no moment; known: beforeTraffic, promotion, or a step's weight like 25%
notify.severities.rolledBak: unknown variant `rolledBak`, expected one of `succeeded`, `rolledBack`, `superseded`, `takenOver`, `refused`, `paused`, `stuck`, `quarantined`
deadline: 5 is not a duration; write it like 90s, 10m, 1h30m or 2d
"#;
    let faults = Policy::from_yaml(text).unwrap_err();
    assert_eq!(faults.to_string(), expected.trim());
}

#[test]
fn what_is_no_yaml_is_named_by_line_and_column() {
    let faults = |text: &str| Policy::from_yaml(text).unwrap_err().to_string();
    assert_eq!(faults("version: 1\nname: [p"), "line 2, column 7: unclosed bracket '['");
    assert_eq!(
        faults("version: 1\nname: p\nname: q\nstrategy: AllAtOnce"),
        "line 3, column 1: duplicate mapping key `name` is not allowed here"
    );
    assert_eq!(
        faults("version: 1\n\tname: p"),
        "line 1, column 10: while scanning a plain scalar, found a tab"
    );
    assert_eq!(faults(""), "invalid type: null, expected an object with version, name and strategy");
    assert_eq!(
        faults("- version: 1"),
        "invalid type: sequence, expected an object with version, name and strategy"
    );
    assert_eq!(
        faults("version: 1\n---\nname: p"),
        "line 3, column 1: only single YAML document expected but multiple found"
    );
    assert_eq!(faults("version: .nan"), "line 1, column 10: value `.nan` is not a finite number");
}

#[test]
fn what_a_policy_must_say_is_missed() {
    let said = Policy::from_json(&json!({})).unwrap_err().to_string();
    let expected = "\
version: missing; write it like version: 1
name: missing; write it like name: checkout
strategy: missing; write it like strategy: Canary10Percent5Minutes, or with steps of your own";
    assert_eq!(said, expected);
    check(&[
        (
            "mode: drive",
            "strategy: missing; write it like strategy: Canary10Percent5Minutes, or with steps of your own",
        ),
        ("mode: drive\nstrategy: {}", "strategy.steps: missing; in drive mode a strategy has steps"),
        ("mode: guard", "no fault"),
        ("mode: guard\nstrategy: { watch: 1h }", "no fault"),
        ("mode: gard", "mode: unknown variant `gard`, expected `guard` or `drive`"),
    ]);
}

#[test]
fn a_target_is_one_alias_by_its_bare_names() {
    let rows = [
        ("{ function: checkout, alias: live }", "no fault"),
        ("{ function: checkout }", ".alias: is missing; like live"),
        ("{ function: '', alias: live }", ".function: \"\" has 0 characters; 1 to 64, like checkout"),
        (
            "{ function: 'arn:aws:lambda:eu-west-1:1:function:a', alias: live }",
            ".function: \"arn:aws:lambda:eu-west-1:1:function:a\" is an ARN; write the bare name, like checkout",
        ),
        (
            "{ function: 'check out', alias: live }",
            ".function: \"check out\" is no name in Lambda; a-z, A-Z, 0-9, - and _, like checkout",
        ),
        (
            "{ function: checkout, alias: '8' }",
            ".alias: \"8\" is a version; only an alias can divide traffic, like live",
        ),
        ("{ function: checkout, alias: live, region: x }", ".region: no such field; known: function, alias"),
        ("{ function: checkout, alias: 8 }", ".alias: invalid type: integer `8`, expected a string"),
        ("live", ": invalid type: string \"live\", expected a map"),
    ];
    for (lambda, expected) in rows {
        let expected =
            if expected == "no fault" { expected.to_owned() } else { format!("target.lambda{expected}") };
        assert_eq!(faults_of(&format!("strategy: AllAtOnce\ntarget: {{ lambda: {lambda} }}")), expected);
    }
    let one = "target: a target is exactly one kind with its settings; known: lambda";
    check(&[
        ("strategy: AllAtOnce\ntarget: {}", one),
        ("strategy: AllAtOnce\ntarget: { lambda: {}, lamda: {} }", one),
    ]);
}

#[test]
fn steps_rise_and_bake_before_they_go_on() {
    check_steps(&[
        ("", "strategy.steps: no steps; for all traffic at once write strategy: AllAtOnce"),
        (
            "{ setWeight: 5% }, { bake: 1m }, { bake: 7d }",
            "strategy.steps[2].bake: the bakes of this step add up to 7d1m; at most 7d",
        ),
        (
            "{ setWeight: 0 }, { bake: 1m }",
            "strategy.steps[0].setWeight: 0 is no step; the first weight is above 0, and a rollback goes to 0 by itself",
        ),
        (
            "{ setWeight: 100 }, { bake: 1m }",
            "strategy.steps[0].setWeight: 100 is no step; promotion to 100 % follows the last step by itself",
        ),
        (
            "{ setWeight: 101 }, { bake: 1m }",
            "strategy.steps[0].setWeight: 101 is not a share of traffic; write a percentage like 5, 2.5 or 5%",
        ),
        (
            "{ setWeight: 5 }, { bake: 59s }",
            "strategy.steps[1].bake: 59s is too short; at least 1m, since metrics come by the minute",
        ),
        ("{ setWeight: 5 }, { bake: 8d }", "strategy.steps[1].bake: 8d is too long; at most 7d"),
        (
            "{ setWeight: 5 }, { bake: 10 }",
            "strategy.steps[1].bake: 10 is not a duration; write it like 90s, 10m, 1h30m or 2d",
        ),
        (
            "{ bake: 1m }, { pause: {} }, { setWeight: 5 }, { bake: 1m }",
            "strategy.steps[0].bake: comes before the first setWeight; there is nothing to watch yet",
        ),
        (
            "{ setWeight: 5 }, { pause: {} }, { bake: 1m }",
            "strategy.steps[1].pause: comes before the step's bake; a step bakes first, then pauses",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { pause: {} }, { bake: 1m }",
            "strategy.steps[3].bake: comes after the step's pause; a step bakes first, then pauses",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { pause: {} }, { pause: {} }",
            "strategy.steps[3].pause: is the step's second pause; a step has one",
        ),
        (
            "{ setWeight: 5 }, { setWeight: 10 }, { bake: 1m }",
            "strategy.steps[0].setWeight: this weight has no bake before strategy.steps[1].setWeight sets the next weight; add one like bake: 10m",
        ),
        (
            "{ setWeight: 5 }",
            "strategy.steps[0].setWeight: this weight has no bake before the list ends; add one like bake: 10m",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { setWeight: 5 }, { bake: 1m }",
            "strategy.steps[2].setWeight: 5 is the same as the step before it (5); weights rise",
        ),
        (
            "{ setWeight: 5, bake: 1m }",
            "strategy.steps[0]: an entry has exactly one of setWeight, bake and pause; begin each with a dash of its own",
        ),
        (
            "{}",
            "strategy.steps[0]: an entry has exactly one of setWeight, bake and pause; begin each with a dash of its own",
        ),
        (
            "{ setWieght: 5 }, { bake: 1m }",
            "strategy.steps[0]: no kind is called \"setWieght\"; known: bake, pause, setWeight",
        ),
        (
            "{ setWeight: 5 }, { bake: 1m }, { pause: }",
            "strategy.steps[2].pause: invalid type: null, expected {} or an object like { duration: 10m }",
        ),
        (
            "{ setWeight: 5 }, bake 10m, { setWeight: 10 }, { bake: 1m }",
            "strategy.steps[1]: invalid type: string \"bake 10m\", expected an object with one of setWeight, bake and pause",
        ),
        (
            "bake",
            "strategy.steps[0]: invalid type: string \"bake\", expected an object with one of setWeight, bake and pause",
        ),
    ]);
    check(&[
        (
            "strategy: Canary",
            "strategy: no strategy is called \"Canary\"; known: AllAtOnce, CanaryXPercentYMinutes, LinearXPercentEveryYMinutes, or steps of your own",
        ),
        (
            "strategy: 5",
            "strategy: no strategy; write a name like Canary10Percent5Minutes, or an object with steps",
        ),
        (
            "strategy: { steps: AllAtOnce }",
            "strategy.steps: invalid type: string \"AllAtOnce\", expected a sequence",
        ),
        (
            "strategy: { steps: [{ setWeight: 5 }, { bake: 1m }], watch: 30d }",
            "strategy.watch: 30d is too long; at most 7d",
        ),
    ]);
}

#[test]
fn flags_and_deadlines_fit_the_steps() {
    let steps = "strategy: { steps: [{ setWeight: 5 }, { bake: 10m }, { setWeight: 50 }, { bake: 10m }] }";
    let flag = |at: &str| {
        faults_of(&format!(
            "{steps}\nflags: [{{ flag: f, at: {at}, application: a, environment: e, profile: p }}]"
        ))
    };
    for at in ["5", "5%", "50 %", "beforeTraffic", "promotion"] {
        assert_eq!(flag(at), "no fault", "{at}");
    }
    assert_eq!(flag("25%"), "flags[0].at: 25% is not the weight of a step; known: 5%, 50%");
    check(&[
        (
            "strategy: AllAtOnce\nflags: [{ flag: f, at: 25%, application: a, environment: e, profile: p }]",
            "flags[0].at: 25% is not the weight of a step, of which this policy has none",
        ),
        (
            "strategy: AllAtOnce\nflags: [{ flag: f, at: 25% }]",
            "flags[0].at: 25% is not the weight of a step, of which this policy has none\nflags[0].application: missing; write it like application: shop\nflags[0].environment: missing; write it like environment: prod\nflags[0].profile: missing; write it like profile: flags",
        ),
        (
            "strategy: AllAtOnce\nflags:\n- &f { flag: f, application: a, environment: e, profile: p }\n- *f",
            "flags[1]: the flag \"f\" is listed before; a rollout switches it once",
        ),
        ("strategy: AllAtOnce\nnotify: { topic: '' }", "notify.topic: empty; write it like topic: on-call"),
        (
            "strategy: AllAtOnce\nnotify: { severities: { paused: loud } }",
            "notify.severities.paused: unknown variant `loud`, expected one of `info`, `warning`, `critical`",
        ),
    ]);
    assert_eq!(faults_of(&format!("{steps}\ndeadline: 50m")), "no fault");
    assert_eq!(
        faults_of(&format!("{steps}\ndeadline: 49m")),
        "deadline: 49m is too short; the bakes, timed pauses and the watch alone take 50m"
    );
}
