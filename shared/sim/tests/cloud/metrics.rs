//! What metrics show of the world: late, and of one version only while two share the traffic.

use tidegate_domain::policy::{CloudWatchMetric, Statistic};
use tidegate_domain::target::Routing;
use tidegate_domain::units::{Span, Weight};
use tidegate_engine::ports::{FaultKind, Measure, MetricQuery, Series, Window};
use tidegate_sim::Cloud;

use crate::stubs::{call, cloud, idle, target, version};

const MINUTE: Span = Span::minutes(1);

fn read(cloud: &Cloud, of: Option<&str>, measure: Measure, minutes: u32) -> Series {
    let to = tidegate_domain::ticks::minute_of(cloud.now());
    let window = Window { from: Span::minutes(minutes).before(to), to, period: MINUTE };
    let query = MetricQuery { target: target(), version: of.map(version), target_group: None, measure };
    call(cloud.ports().metrics.read(&[query], window)).unwrap().remove(0)
}

fn sum(series: &Series) -> f64 {
    series.iter().map(|(_, value)| value).sum()
}

fn route(cloud: &Cloud, percent: f64) {
    let ports = cloud.ports();
    let router = ports.routers.of(&target()).unwrap();
    let fence = call(router.observe(&target())).unwrap().fence;
    let weight = Weight::from_percent(percent).unwrap();
    call(router.route(&target(), &Routing::split(&version("7"), &version("8"), weight), &fence)).unwrap();
}

#[test]
fn a_minute_shows_late_and_at_first_not_all_of_it() {
    let mut cloud = cloud(idle());
    let newest = |cloud: &Cloud| read(cloud, None, Measure::Requests, 1).first().map(|(_, count)| *count);
    cloud.advance(Span::seconds(60));
    assert_eq!(newest(&cloud), None, "nothing shows at the end of a minute");
    cloud.advance(Span::seconds(35));
    let early = newest(&cloud).expect("it shows");
    cloud.advance(Span::seconds(60));
    let all = read(&cloud, None, Measure::Requests, 2)[0].1;
    assert!(early < all, "{early} of {all}");
    assert!((5_600.0..6_400.0).contains(&all), "100 requests per second, {all} in a minute");
}

#[test]
fn a_single_version_shows_only_while_two_share_the_traffic_and_both_sum_to_the_whole() {
    let mut cloud = cloud(idle());
    cloud.advance(Span::minutes(10));
    assert_eq!(read(&cloud, Some("7"), Measure::Requests, 5), []);
    assert!(!read(&cloud, None, Measure::Requests, 5).is_empty());
    route(&cloud, 20.0);
    cloud.advance(Span::minutes(14));
    let settled = |of, measure| sum(&read(&cloud, of, measure, 12)[..10].to_vec());
    let (old, new) = (settled(Some("7"), Measure::Requests), settled(Some("8"), Measure::Requests));
    assert!((old + new - settled(None, Measure::Requests)).abs() < 1e-9);
    assert!((0.18..0.22).contains(&(new / (old + new))), "{new} of {}", old + new);
    let errors = settled(Some("8"), Measure::Failures) / new;
    assert!((0.03..0.07).contains(&errors), "{errors}");
}

#[test]
fn slow_requests_are_as_many_as_the_quantile_says() {
    let mut cloud = cloud(idle());
    cloud.advance(Span::minutes(30));
    let all = sum(&read(&cloud, None, Measure::Requests, 20));
    for (percent, expected) in [(50, 0.5), (90, 0.1), (99, 0.01)] {
        let quantile = read(&cloud, None, Measure::Quantile(percent), 20)[0].1;
        let slower = sum(&read(&cloud, None, Measure::SlowerThan(quantile), 20)) / all;
        assert!((slower / expected - 1.0).abs() < 0.1, "p{percent} {quantile} ms: {slower}");
    }
    let slower = |ms| sum(&read(&cloud, None, Measure::SlowerThan(ms), 20));
    assert!(
        slower(39.0) >= slower(40.0) && slower(40.0) >= slower(41.0),
        "a higher limit has no more above it"
    );
}

#[test]
fn a_business_metric_counts_a_share_of_the_requests_and_an_unknown_one_nothing() {
    let mut cloud = cloud(idle());
    cloud.advance(Span::minutes(10));
    let metric = |name: &str| {
        let metric = CloudWatchMetric {
            namespace: "Shop".to_owned(),
            metric: name.to_owned(),
            dimensions: [].into(),
            statistic: Statistic::Sum,
        };
        sum(&read(&cloud, Some("7"), Measure::CloudWatch(metric), 8)[..].to_vec())
    };
    let all = sum(&read(&cloud, None, Measure::Requests, 8));
    assert!((0.025..0.035).contains(&(metric("Orders") / all)));
    assert!(metric("Nothing").abs() < f64::EPSILON);
}

#[test]
fn a_business_metric_by_version_is_refused_to_who_names_none() {
    let cloud = cloud(idle());
    let metric = CloudWatchMetric {
        namespace: "Shop".to_owned(),
        metric: "Orders".to_owned(),
        dimensions: [("Version".to_owned(), "{version}".to_owned())].into(),
        statistic: Statistic::Sum,
    };
    let query = MetricQuery {
        target: target(),
        version: None,
        target_group: None,
        measure: Measure::CloudWatch(metric),
    };
    let to = cloud.now();
    let window = Window { from: Span::minutes(5).before(to), to, period: MINUTE };
    let fault = call(cloud.ports().metrics.read(&[query], window)).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
}

#[test]
fn a_window_that_lies_on_no_whole_minutes_is_refused() {
    let cloud = cloud(idle());
    let to = cloud.now();
    let window = Window { from: Span::seconds(90).before(to), to, period: MINUTE };
    let fault = call(cloud.ports().metrics.read(&[], window)).unwrap_err();
    assert!(matches!(fault.kind, FaultKind::Refused(_)), "{fault}");
}

#[test]
fn a_baseline_of_a_day_before_the_start_can_be_read_in_one_period() {
    let cloud = cloud(idle());
    let to = cloud.now();
    let window = Window { from: Span::hours(24).before(to), to, period: Span::hours(24) };
    let query =
        MetricQuery { target: target(), version: None, target_group: None, measure: Measure::Requests };
    let series = call(cloud.ports().metrics.read(&[query], window)).unwrap().remove(0);
    assert_eq!(series.len(), 1);
    assert!((series[0].1 / (100.0 * 86_400.0) - 1.0).abs() < 0.01, "{series:?}");
}
