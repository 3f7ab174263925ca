//! How a candidate is judged: what a policy says of it, and what is wrong with it.

use super::*;

/// Each row: an analysis, and all that is said of it.
fn check_analysis(rows: &[(&str, &str)]) {
    for (analysis, expected) in rows {
        assert_eq!(
            faults_of(&format!("strategy: AllAtOnce\nanalysis: {{ {analysis} }}")),
            *expected,
            "{analysis}"
        );
    }
}

#[test]
fn a_metric_says_what_it_cannot_use() {
    check_analysis(&[
        (
            "metrics: []",
            "analysis.metrics: no metrics; nothing would be judged. For errors and latency leave the list out",
        ),
        (
            "metrics: [{}]",
            "analysis.metrics[0]: an entry is exactly one of errors: {}, throttles: {}, latency: {}, and a name with its cloudwatch metric",
        ),
        (
            "metrics: [{ errors: {}, latency: {} }]",
            "analysis.metrics[0]: an entry is exactly one of errors: {}, throttles: {}, latency: {}, and a name with its cloudwatch metric",
        ),
        (
            "metrics: [{ errors: {}, margin: 2 }]",
            "analysis.metrics[0]: an entry is exactly one of errors: {}, throttles: {}, latency: {}, and a name with its cloudwatch metric",
        ),
        (
            "metrics: [{ throughput: {} }]",
            "analysis.metrics[0].throughput: no such field; known: cloudwatch, errors, harm, latency, margin, name, of, pass, throttles, weight",
        ),
        (
            "metrics: [{ errors: {} }, { errors: {} }]",
            "analysis.metrics[1]: a metric called \"errors\" is listed before; names are unique",
        ),
        (
            "metrics: [{ errors: }]",
            "analysis.metrics[0].errors: found nothing, expected {} or an object with fields like margin",
        ),
        (
            "metrics: [{ errors: { margin: 0.9 } }]",
            "analysis.metrics[0].errors.margin: 0.9 is no ratio to stable; from 1 to 100, like 1.1",
        ),
        (
            "metrics: [{ errors: { margin: 1.6 } }]",
            "analysis.metrics[0].errors.pass: 1.5 is not above the margin (1.6)",
        ),
        (
            "metrics: [{ errors: { weight: 0 } }]",
            "analysis.metrics[0].errors.weight: 0 is no weight; from 0.01 to 100, relative to the other metrics",
        ),
        (
            "metrics: [{ latency: { margin: { p95: 2 } } }]",
            "analysis.metrics[0].latency.margin.p95: no such field; known: p50, p90, p99",
        ),
        (
            "metrics: [{ latency: { pass: 1.2 } }]",
            "analysis.metrics[0].latency.pass: 1.2 is not above the margin (1.25)",
        ),
        (
            "metrics: [{ name: orders }]",
            "analysis.metrics[0].cloudwatch: missing; write it like { namespace: Shop, metric: OrdersPlaced, dimensions: { Version: \"{version}\" } }",
        ),
        (
            "metrics: [{ name: orders, cloudwatch: { namespace: Shop, metric: Orders, dimensions: { Version: $LATEST } } }]",
            "analysis.metrics[0].cloudwatch.dimensions: no value has {version} in it, and without one series per version there is nothing to compare; write them like { Version: \"{version}\" }",
        ),
        (
            "metrics: [{ name: orders, cloudwatch: { namespace: Shop, metric: Orders, dimensions: { V: \"{version}\" }, statistic: Average }, of: { namespace: Shop } }]",
            "analysis.metrics[0].cloudwatch.statistic: \"Average\" is unknown; known: Sum, SampleCount\n\
             analysis.metrics[0].of.metric: missing; write it like OrdersPlaced\n\
             analysis.metrics[0].of.dimensions: missing; write it like { Version: \"{version}\" }",
        ),
        (
            "metrics: [{ name: orders, harm: less, cloudwatch: { namespace: Shop, dimensions: { Version: 8 } } }]",
            "analysis.metrics[0].cloudwatch.metric: missing; write it like OrdersPlaced\nanalysis.metrics[0].cloudwatch.dimensions.Version: found 8, expected a text; in quotes: \"8\"\nanalysis.metrics[0].harm: \"less\" is unknown; known: increase, decrease",
        ),
    ]);
}

#[test]
fn numbers_guards_and_alarms_say_what_they_cannot_use() {
    check_analysis(&[
        (
            "alphaSlow: 0.5",
            "analysis.alphaSlow: 0.5 is no error probability for a judge; above 0 and below 0.5, like 0.045",
        ),
        (
            "alphaFast: 0",
            "analysis.alphaFast: 0 is no error probability for a judge; above 0 and below 0.5, like 0.005",
        ),
        (
            "guards: [{ throughput: {} }]",
            "analysis.guards[0]: no kind is called \"throughput\"; known: errorRate, latency",
        ),
        (
            "guards: [{ latency: {} }]",
            "analysis.guards[0].latency: limits exactly one of p50, p90 and p99, like { p99: 800ms }",
        ),
        (
            "guards: [{ latency: { p50: 100ms, p99: 800ms } }]",
            "analysis.guards[0].latency: limits exactly one of p50, p90 and p99, like { p99: 800ms }",
        ),
        (
            "guards: [{ latency: { p99: 800, for: 4 of 3 } }, { latency: { p90: 0.5ms } }]",
            "analysis.guards[0].latency.for: 4 of 3 would never fire; the first is at most the second\n\
             analysis.guards[0].latency.p99: 800 is no latency; whole milliseconds up to 15 minutes, like 800ms or 1.5s\n\
             analysis.guards[1].latency.p90: \"0.5ms\" is no latency; whole milliseconds up to 15 minutes, like 800ms or 1.5s",
        ),
        (
            "guards: [{}]",
            "analysis.guards[0]: a guard is exactly one of errorRate: { above: 5%, for: 3 of 3 } and latency: { p99: 800ms, for: 3 of 3 }",
        ),
        (
            "guards: [{ errorRate: { for: 3 of 3 } }]",
            "analysis.guards[0].errorRate.above: missing; write it like 5%",
        ),
        (
            "guards: [{ errorRate: { above: 0% } }]",
            "analysis.guards[0].errorRate.above: 0% is no limit; above 0% and below 100%, or the guard fires always or never",
        ),
        (
            "guards: [{ errorRate: { above: 5%, for: 0 of 3 } }]",
            "analysis.guards[0].errorRate.for: 0 of 3 would fire always; at least 1 of 3",
        ),
        (
            "guards: [{ errorRate: { above: 5%, for: 3 of 61 } }]",
            "analysis.guards[0].errorRate.for: 3 of 61 looks back too far; out of at most 60 minutes",
        ),
        (
            "guards: [{ errorRate: { above: 5%, for: often } }]",
            "analysis.guards[0].errorRate.for: \"often\" is not a number of minutes out of the last ones; write it like 3 of 5",
        ),
        (
            "alarms: [{ name: a }, { name: a, action: hold }]",
            "analysis.alarms[1].name: \"a\" is listed before; once is enough",
        ),
        (
            "onInconclusive: wait",
            "analysis.onInconclusive: \"wait\" is unknown; known: hold, proceed, rollBack",
        ),
    ]);
}

#[test]
fn a_metric_of_ones_own_is_counted_out_of_requests_or_out_of_another_metric() {
    let policy = parsed(
        r#"strategy: AllAtOnce
analysis:
  metrics:
    - name: orders
      cloudwatch: { namespace: Shop, metric: Orders, dimensions: { V: "{version}" } }
      of: { namespace: Shop, metric: CheckoutTime, dimensions: { V: "{version}" }, statistic: SampleCount }
      harm: decrease
    - { name: logins, cloudwatch: { namespace: Shop, metric: Logins, dimensions: { V: "{version}" } } }
"#,
    );
    let metric = |metric: &str, statistic| CloudWatchMetric {
        namespace: "Shop".to_owned(),
        metric: metric.to_owned(),
        dimensions: [("V".to_owned(), "{version}".to_owned())].into(),
        statistic,
    };
    let sources: Vec<_> = policy.analysis.metrics.into_iter().map(|metric| metric.source).collect();
    let per_request: Vec<bool> = sources.iter().map(MetricSource::is_per_request).collect();
    assert_eq!(per_request, [false, true]);
    let of = Some(metric("CheckoutTime", Statistic::SampleCount));
    assert_eq!(
        sources,
        [
            MetricSource::CloudWatch { events: metric("Orders", Statistic::Sum), of },
            MetricSource::CloudWatch { events: metric("Logins", Statistic::Sum), of: None },
        ]
    );
}

#[test]
fn a_ceiling_for_a_quantile_is_a_limit_on_the_requests_above_it() {
    let policy =
        parsed("strategy: AllAtOnce\nanalysis: { guards: [{ latency: { p99: 1.5s, for: 2 of 5 } }] }");
    let guard = &policy.analysis.guards[0];
    assert_eq!((guard.above, guard.m, guard.n), (0.01, 2, 5));
    assert_eq!(policy.analysis.in_words(guard), "latency p99 above 1500 ms in 2 of 5 minutes");
    let looked_at = policy.analysis.metrics.iter().find(|metric| metric.name == guard.metric).unwrap();
    assert_eq!(looked_at.source, MetricSource::SlowerThanLimit { milliseconds: 1_500 });
    let gating: f64 = policy.analysis.metrics.iter().map(|metric| metric.weight).sum();
    assert!(looked_at.weight == 0.0 && (gating - 1.0).abs() < 1e-12, "a ceiling has no say in promoting");
}

#[test]
fn a_warm_up_leaves_something_to_judge() {
    let said = |warm_up: &str| {
        faults_of(&format!(
            "strategy: {{ steps: [{{ setWeight: 5 }}, {{ bake: 5m }}] }}\nanalysis: {{ warmUp: {warm_up} }}"
        ))
    };
    assert_eq!(said("4m"), "no fault");
    assert_eq!(
        said("5m"),
        "analysis.warmUp: 5m leaves nothing to judge of the step of 5 %, which bakes for 5m"
    );
    let watch = |watch: &str| {
        faults_of(&format!(
            "strategy: {{ steps: [{{ setWeight: 5 }}, {{ bake: 10m }}], watch: {watch} }}\nanalysis: {{ warmUp: 5m }}"
        ))
    };
    assert_eq!((watch("0m").as_str(), watch("6m").as_str()), ("no fault", "no fault"));
    assert_eq!(
        watch("5m"),
        "analysis.warmUp: 5m leaves nothing to look at of the watch, which is 5m; watch for longer, or write watch: 0m"
    );
    assert_eq!(said("1h"), "analysis.warmUp: 1h is too long for a candidate to be cold; at most 15m");
}

#[test]
fn every_fault_of_an_analysis_is_told_at_once() {
    check_analysis(&[
        (
            "trafficSplit: on, alphaSlow: 7",
            "analysis.alphaSlow: 7 is no error probability for a judge; above 0 and below 0.5, like 0.045\n\
             analysis.trafficSplit: found \"on\", expected true or false",
        ),
        (
            "guards: [{ errorRate: { above: 0% }, latency: { p99: 800 } }]",
            "analysis.guards[0].errorRate.above: 0% is no limit; above 0% and below 100%, or the guard fires always or never\n\
             analysis.guards[0].latency.p99: 800 is no latency; whole milliseconds up to 15 minutes, like 800ms or 1.5s\n\
             analysis.guards[0]: a guard is exactly one of errorRate: { above: 5%, for: 3 of 3 } and latency: { p99: 800ms, for: 3 of 3 }",
        ),
    ]);
}

#[test]
fn no_metric_has_the_name_under_which_a_guard_counts() {
    let said = |name: &str| {
        let metric = "{ namespace: Shop, metric: Slow, dimensions: { V: \"{version}\" } }";
        faults_of(&format!(
            "strategy: AllAtOnce\nanalysis: {{ metrics: [{{ name: {name}, cloudwatch: {metric} }}], \
             guards: [{{ latency: {{ p99: 800ms }} }}] }}"
        ))
    };
    assert_eq!(said("slow"), "no fault");
    assert_eq!(
        said("slower than 800ms"),
        "analysis.guards[0].latency.p99: this guard counts under the name \"slower than 800ms\", which a metric of \
         analysis.metrics has too; give that one another name"
    );
}

#[test]
fn a_name_is_more_than_blanks() {
    let blank = "is blank or has control characters in it; write it like";
    check_analysis(&[
        (
            "metrics: [{ name: ' ', cloudwatch: { namespace: Shop, metric: Slow, dimensions: { V: \"{version}\" } } }]",
            &format!("analysis.metrics[0].name: \" \" {blank} name: orders"),
        ),
        ("alarms: [{ name: '  ' }]", &format!("analysis.alarms[0].name: \"  \" {blank} checkout-5xx")),
        (
            "alarms: [{ name: \"a\\tb\" }]",
            &format!("analysis.alarms[0].name: \"a\\tb\" {blank} checkout-5xx"),
        ),
        (
            "metrics: [{ name: slow, cloudwatch: { namespace: Shop, metric: Slow, dimensions: { '': \"{version}\", V: 8 } } }]",
            "analysis.metrics[0].cloudwatch.dimensions: \"\" is no name of a dimension; 1 to 255 characters, not blank and none of \
             them control characters, like Version\n\
             analysis.metrics[0].cloudwatch.dimensions.V: found 8, expected a text; in quotes: \"8\"",
        ),
    ]);
}

#[test]
fn throttles_are_compared_like_errors_and_out_of_what_was_tried() {
    let policy = parsed(
        "strategy: AllAtOnce\nanalysis: { metrics: [{ errors: {} }, { throttles: { margin: 1.3 } }] }",
    );
    let throttles = &policy.analysis.metrics[1];
    assert_eq!((throttles.name.as_str(), &throttles.source), ("throttles", &MetricSource::Throttles));
    assert!((throttles.margin - 1.3).abs() < 1e-12 && (throttles.weight - 0.5).abs() < 1e-12);
    assert!(!throttles.source.is_per_request());
}
