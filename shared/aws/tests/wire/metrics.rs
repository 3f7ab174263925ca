//! Reading metrics.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tidegate_domain::deployment::Group;
use tidegate_domain::deployment::TargetGroup;
use tidegate_domain::policy::{CloudWatchMetric, Statistic};
use tidegate_domain::target::Target;
use tidegate_domain::units::Span;
use tidegate_engine::ports::{FaultKind, Measure, MetricQuery, Window};

use crate::harness::{Answer, Request, Wire};
use crate::samples::{at, target, version};

fn query(of_version: Option<u32>, measure: Measure) -> MetricQuery {
    MetricQuery { target: target(), version: of_version.map(version), target_group: None, measure }
}

fn window() -> Window {
    Window { from: at("10:00:00"), to: at("10:05:00"), period: Span::minutes(1) }
}

fn orders(dimensions: &[(&str, &str)]) -> Measure {
    let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let (namespace, metric) = ("Shop".to_owned(), "OrdersPlaced".to_owned());
    let statistic = Statistic::Sum;
    Measure::CloudWatch(CloudWatchMetric { namespace, metric, dimensions: dimensions.collect(), statistic })
}

/// A query about an ECS service.
fn of_service(measure: Measure) -> MetricQuery {
    let behind = TargetGroup {
        load_balancer: "app/shop/50dc6c495c0c9188".to_owned(),
        name: "targetgroup/green/6d0ecf831eec9f09".to_owned(),
    };
    let (target, version) = (Target::ecs("shop", "checkout"), Some(version(8)));
    MetricQuery { target, version, measure, target_group: Some(behind) }
}

/// Each series asked for: metric, dimensions and statistic, by its id.
fn asked(request: &Request) -> BTreeMap<String, String> {
    let queries = request.body["MetricDataQueries"].as_array().unwrap().iter();
    queries
        .map(|query| {
            let stat = &query["MetricStat"];
            let dimensions = stat["Metric"]["Dimensions"].as_array().unwrap().iter();
            let dimensions: Vec<_> = dimensions
                .map(|one| format!("{}={}", one["Name"].as_str().unwrap(), one["Value"].as_str().unwrap()))
                .collect();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let (metric, dimensions) = (text(&stat["Metric"]["MetricName"]), dimensions.join(" "));
            (text(&query["Id"]), format!("{metric} {dimensions} {}", text(&stat["Stat"])))
        })
        .collect()
}

/// Answers every series with one point, the number of its id, at 10:00.
fn numbering(request: &Request) -> Answer {
    let results = asked(request).into_keys().map(|id| {
        let number: f64 = id[1..].parse().unwrap();
        json!({ "Id": id, "StatusCode": "Complete", "Timestamps": [{ "$time": at("10:00:00").as_second() }], "Values": [number] })
    });
    Answer::Cbor(json!({ "MetricDataResults": results.collect::<Vec<_>>() }))
}

#[tokio::test]
async fn every_measure_has_its_metric_its_dimensions_and_its_statistic() {
    let wire = Wire::serving(numbering);
    let own = orders(&[("Version", "{version}"), ("Alias", "{function}/{alias}")]);
    let mut measured = orders(&[("Version", "{version}")]);
    if let Measure::CloudWatch(metric) = &mut measured {
        metric.statistic = Statistic::SampleCount;
    }
    let queries = [
        query(None, Measure::Requests),
        query(Some(8), Measure::Failures),
        query(Some(8), Measure::Throttles),
        query(Some(8), Measure::SlowerThan(250.512_34)),
        query(None, Measure::Quantile(99)),
        query(Some(8), own),
        query(Some(8), measured),
    ];
    let series = wire.aws().metrics().read(&queries, window()).await.unwrap();
    let request = wire.only_request();
    assert_eq!(request.path, "/service/GraniteServiceVersion20100801/operation/GetMetricData");
    assert_eq!(request.body["StartTime"], json!({ "$time": 1_772_359_200.0 }));
    assert_eq!(request.body["EndTime"], json!({ "$time": 1_772_359_500.0 }));
    assert_eq!(request.body["ScanBy"], "TimestampAscending");
    assert_eq!(request.body["MetricDataQueries"][0]["MetricStat"]["Period"], 60);

    let asked = asked(&request);
    let answered: Vec<&str> =
        series.iter().map(|series| asked[&format!("q{}", series[0].1)].as_str()).collect();
    assert_eq!(
        answered,
        [
            "Invocations FunctionName=checkout Resource=checkout:live Sum",
            "Errors ExecutedVersion=8 FunctionName=checkout Resource=checkout:live Sum",
            "Throttles ExecutedVersion=8 FunctionName=checkout Resource=checkout:live Sum",
            "Duration ExecutedVersion=8 FunctionName=checkout Resource=checkout:live TC(250.512:)",
            "Duration FunctionName=checkout Resource=checkout:live p99",
            "OrdersPlaced Alias=checkout/live Version=8 Sum",
            "OrdersPlaced Version=8 SampleCount",
        ],
        "each query is answered by its own series"
    );
}

#[tokio::test]
async fn a_service_is_measured_by_its_target_group_in_seconds() {
    let wire = Wire::serving(numbering);
    let measures =
        [Measure::Requests, Measure::Failures, Measure::SlowerThan(250.512_34), Measure::Quantile(99)];
    let queries = measures.map(of_service);
    let series = wire.aws().metrics().read(&queries, window()).await.unwrap();
    let asked = asked(&wire.only_request());
    let behind = "LoadBalancer=app/shop/50dc6c495c0c9188 TargetGroup=targetgroup/green/6d0ecf831eec9f09";
    let value = |what: &str| {
        let what = what.replace('@', behind);
        let id = asked
            .iter()
            .find(|(_, series)| **series == what)
            .unwrap_or_else(|| panic!("{what}: {asked:#?}"))
            .0;
        id[1..].parse::<f64>().unwrap()
    };
    let expected = [
        value("RequestCount @ Sum"),
        value("HTTPCode_Target_5XX_Count @ Sum"),
        value("TargetResponseTime @ TC(0.250512:)"),
        value("TargetResponseTime @ p99") * 1000.0,
    ];
    assert_eq!(series.iter().map(|series| series[0].1).collect::<Vec<_>>(), expected);
    let body = wire.only_request().body;
    assert_eq!(body["MetricDataQueries"][0]["MetricStat"]["Metric"]["Namespace"], "AWS/ApplicationELB");
}

#[tokio::test]
async fn what_nothing_counts_is_refused_with_words() {
    let group = Group { application: "shop".to_owned(), name: "web".to_owned() };
    let instances = MetricQuery { target: Target::code_deploy(&group), ..query(None, Measure::Requests) };
    let anywhere = MetricQuery { target_group: None, ..of_service(Measure::Requests) };
    let metrics = Wire::answering([]).aws().metrics();
    for (wrong, words) in [
        (instances, "counts requests by the revision"),
        (anywhere, "is not known"),
        (of_service(Measure::Throttles), "no throttled requests"),
    ] {
        let fault = metrics.read(&[wrong], window()).await.unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Refused(_)) && fault.to_string().contains(words), "{fault}");
    }
}

#[tokio::test]
async fn the_same_series_is_asked_for_once_and_five_hundred_in_one_call() {
    let wire = Wire::serving(numbering);
    let mut queries: Vec<_> = (0..501).map(|n| query(Some(n), Measure::Requests)).collect();
    queries.push(queries[0].clone());
    let series = wire.aws().metrics().read(&queries, window()).await.unwrap();
    assert_eq!(series.len(), 502);
    assert_eq!(series[0], series[501]);
    let lengths: Vec<_> = wire.requests().iter().map(|request| asked(request).len()).collect();
    assert_eq!(lengths, [500, 1]);
}

#[tokio::test]
async fn a_series_goes_on_over_pages_and_comes_in_the_order_of_time() {
    let page = |status: &str, minute: &str, value: f64, next: Value| {
        let time = json!({ "$time": at(minute).as_second() });
        let result = json!({ "Id": "q0", "StatusCode": status, "Timestamps": [time], "Values": [value] });
        Answer::Cbor(json!({ "MetricDataResults": [result], "NextToken": next }))
    };
    let wire = Wire::answering([
        page("PartialData", "10:01:00", 2.0, json!("more")),
        page("Complete", "10:00:00", 1.0, Value::Null),
    ]);
    let series = wire.aws().metrics().read(&[query(None, Measure::Requests)], window()).await.unwrap();
    assert_eq!(series, [vec![(at("10:00:00"), 1.0), (at("10:01:00"), 2.0)]]);
    assert_eq!(wire.requests()[1].body["NextToken"], "more");
}

#[tokio::test]
async fn a_series_that_is_not_complete_is_no_answer() {
    let kind = async |status: &str| {
        let result = json!({ "Id": "q0", "StatusCode": status, "Timestamps": [], "Values": [] });
        let wire = Wire::answering([Answer::Cbor(json!({ "MetricDataResults": [result] }))]);
        wire.aws()
            .metrics()
            .read(&[query(None, Measure::Requests)], window())
            .await
            .map_err(|fault| fault.kind)
    };
    assert_eq!(kind("Complete").await, Ok(vec![vec![]]));
    assert!(matches!(kind("PartialData").await, Err(FaultKind::Passing(_))));
    assert!(matches!(kind("InternalError").await, Err(FaultKind::Passing(_))));
    assert!(matches!(kind("Forbidden").await, Err(FaultKind::Denied(_))));
}

#[tokio::test]
async fn nothing_is_read_for_no_query_and_nothing_asked_that_cannot_be() {
    let wire = Wire::answering([]);
    let metrics = wire.aws().metrics();
    assert!(metrics.read(&[], window()).await.unwrap().is_empty());
    for wrong in
        [query(None, orders(&[("Version", "{version}")])), query(None, Measure::SlowerThan(f64::NAN))]
    {
        let fault = metrics.read(&[wrong], window()).await.unwrap_err();
        assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
    }
}
