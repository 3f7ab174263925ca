//! How the candidate is judged: numbers, guards and alarms.

use std::collections::BTreeSet;

use super::faults::Place;
use super::lenient::Lenient;
use super::metrics::metrics;
use super::raw::{RawAlarm, RawAnalysis, RawCeiling, RawErrorRate, RawGuard};
use super::values::{Duration, MOfN, Milliseconds, Rate};
use super::{AlarmRule, Analysis, Guard, Harm, Metric, MetricSource, defaults};
use crate::units::Span;

/// What stands under `analysis`; every field has a default.
pub(super) fn analysis(at: &Place, raw: RawAnalysis) -> Option<Analysis> {
    at.no_such_fields::<RawAnalysis>(&raw.unknown);
    let numbers = at.field("preset").optional(raw.preset).unwrap_or(defaults::PRESET).numbers();
    let alpha_slow = alpha(&at.field("alphaSlow"), raw.alpha_slow, numbers.alpha_slow);
    let alpha_fast = alpha(&at.field("alphaFast"), raw.alpha_fast, numbers.alpha_fast);
    let metrics = metrics(&at.field("metrics"), raw.metrics, &numbers);
    let (guards, ceilings) = guards(&at.field("guards"), raw.guards, metrics.as_deref());
    let alarms = alarms(&at.field("alarms"), raw.alarms);
    let on_inconclusive = at.field("onInconclusive").optional(raw.on_inconclusive);
    let warm_up = warm_up(&at.field("warmUp"), raw.warm_up);
    let traffic_split = at.field("trafficSplit").optional(raw.traffic_split);
    Some(Analysis {
        alpha_slow: alpha_slow?,
        alpha_fast: alpha_fast?,
        metrics: metrics?.into_iter().chain(ceilings).collect(),
        guards,
        alarms,
        on_inconclusive: on_inconclusive.unwrap_or(defaults::ON_INCONCLUSIVE),
        warm_up: warm_up?,
        traffic_split: traffic_split.unwrap_or(defaults::TRAFFIC_SPLIT),
    })
}

fn warm_up(at: &Place, raw: Lenient<Duration>) -> Option<Span> {
    let warm_up = at.optional(raw).map_or(Span::ZERO, |Duration(span)| span);
    if warm_up > defaults::LONGEST_WARM_UP {
        let longest = defaults::LONGEST_WARM_UP;
        return at.fault(format!("{warm_up} is too long for a candidate to be cold; at most {longest}"));
    }
    Some(warm_up)
}

fn alpha(at: &Place, raw: Lenient<f64>, default: f64) -> Option<f64> {
    match at.optional(raw) {
        Some(alpha) if !(alpha > 0.0 && alpha < 0.5) => at.fault(format!(
            "{alpha} is no error probability for a judge; above 0 and below 0.5, like {default}"
        )),
        stated => Some(stated.unwrap_or(default)),
    }
}

/// The absolute limits, and the metrics that come with them. Each limits one metric; the list of metrics is `None` where it is
/// at fault itself.
fn guards(
    at: &Place,
    raw: Lenient<Vec<Lenient<RawGuard>>>,
    metrics: Option<&[Metric]>,
) -> (Vec<Guard>, Vec<Metric>) {
    let mut guards = Vec::new();
    let mut ceilings: Vec<Metric> = Vec::new();
    for (at, raw) in at.list(raw) {
        let Some((guard, metric)) = guard(&at, raw, metrics) else { continue };
        guards.push(guard);
        ceilings.extend(metric.filter(|metric| !ceilings.contains(metric)));
    }
    (guards, ceilings)
}

const ONE_GUARD: &str = "a guard is exactly one of errorRate: { above: 5%, for: 3 of 3 } and latency: { p99: 800ms, for: 3 of 3 }";

fn guard(at: &Place, raw: RawGuard, metrics: Option<&[Metric]>) -> Option<(Guard, Option<Metric>)> {
    at.no_such_kinds::<RawGuard>(&raw.unknown);
    match (raw.error_rate.is_absent(), raw.latency.is_absent()) {
        (true, true) if !raw.unknown.is_empty() => None,
        (false, true) => Some((error_rate(&at.field("errorRate"), raw.error_rate, metrics)?, None)),
        (true, false) => {
            let (guard, metric) = ceiling(&at.field("latency"), raw.latency, metrics)?;
            Some((guard, Some(metric)))
        }
        (true, true) => at.fault(ONE_GUARD),
        (false, false) => {
            // Which one is meant cannot be told; what is wrong inside of either can.
            error_rate(&at.field("errorRate"), raw.error_rate, metrics);
            ceiling(&at.field("latency"), raw.latency, metrics);
            at.fault(ONE_GUARD)
        }
    }
}

fn error_rate(at: &Place, raw: Lenient<RawErrorRate>, metrics: Option<&[Metric]>) -> Option<Guard> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawErrorRate>(&raw.unknown);
    let above = limit(&at.field("above"), raw.above);
    let minutes = minutes(&at.field("for"), raw.minutes);
    let metric = metrics?.iter().find(|metric| metric.source == MetricSource::Errors);
    let metric = metric.or_else(|| at.fault("needs the errors metric; add - errors: {} to the metrics"))?;
    let (m, n) = minutes?;
    Some(Guard { metric: metric.name.clone(), above: above?, m, n })
}

/// A quantile is above its limit where more requests are slower than the quantile leaves room for. The metric that counts them
/// has a name like any other, which no metric of the user's own may have.
fn ceiling(at: &Place, raw: Lenient<RawCeiling>, metrics: Option<&[Metric]>) -> Option<(Guard, Metric)> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawCeiling>(&raw.unknown);
    let minutes = minutes(&at.field("for"), raw.minutes);
    let stated = [("p50", 0.5, raw.p50), ("p90", 0.1, raw.p90), ("p99", 0.01, raw.p99)];
    let mut stated = stated.into_iter().filter(|(_, _, limit)| !limit.is_absent());
    let (Some((name, above, limit)), None) = (stated.next(), stated.next()) else {
        return at.fault("limits exactly one of p50, p90 and p99, like { p99: 800ms }");
    };
    let Milliseconds(milliseconds) = at.field(name).optional(limit)?;
    let source = MetricSource::SlowerThanLimit { milliseconds };
    let metric = Metric {
        name: format!("slower than {milliseconds}ms"),
        source,
        harm: Harm::Increase,
        margin: defaults::PRESET.numbers().margin,
        pass: defaults::PRESET.numbers().pass,
        weight: 0.0,
    };
    if metrics.is_some_and(|metrics| metrics.iter().any(|other| other.name == metric.name)) {
        return at.field(name).fault(format!(
            "this guard counts under the name {:?}, which a metric of analysis.metrics has too; give that one another name",
            metric.name
        ));
    }
    let (m, n) = minutes?;
    Some((Guard { metric: metric.name.clone(), above, m, n }, metric))
}

fn limit(at: &Place, raw: Lenient<Rate>) -> Option<f64> {
    let Rate(above) = at.required(raw, "5%")?;
    if !(above > 0.0 && above < 1.0) {
        let percent = above * 100.0;
        return at.fault(format!(
            "{percent}% is no limit; above 0% and below 100%, or the guard fires always or never"
        ));
    }
    Some(above)
}

fn minutes(at: &Place, raw: Lenient<MOfN>) -> Option<(u32, u32)> {
    let (m, n) = at.optional(raw).map_or(defaults::GUARD_MINUTES, |MOfN(m, n)| (m, n));
    let longest = defaults::GUARD_WINDOW;
    if m == 0 {
        return at.fault(format!("{m} of {n} would fire always; at least 1 of {n}"));
    }
    if m > n {
        return at.fault(format!("{m} of {n} would never fire; the first is at most the second"));
    }
    if n > longest {
        return at.fault(format!("{m} of {n} looks back too far; out of at most {longest} minutes"));
    }
    Some((m, n))
}

fn alarms(at: &Place, raw: Lenient<Vec<Lenient<RawAlarm>>>) -> Vec<AlarmRule> {
    let entries = at.list(raw);
    if entries.len() > defaults::ALARMS {
        at.fault::<()>(format!("{} alarms are too many; at most {}", entries.len(), defaults::ALARMS));
    }
    let mut names = BTreeSet::new();
    entries.into_iter().filter_map(|(at, raw)| alarm(&at, raw, &mut names)).collect()
}

fn alarm(at: &Place, raw: RawAlarm, names: &mut BTreeSet<String>) -> Option<AlarmRule> {
    at.no_such_fields::<RawAlarm>(&raw.unknown);
    let name = at.field("name").text(raw.name, "checkout-5xx", defaults::LONGEST_NAME);
    let action = at.field("action").optional(raw.action).unwrap_or(defaults::ALARM_ACTION);
    let name = name?;
    if !names.insert(name.clone()) {
        return at.field("name").fault(format!("{name:?} is listed before; once is enough"));
    }
    Some(AlarmRule { name, action })
}
