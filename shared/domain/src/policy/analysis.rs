//! How the candidate is judged: numbers, guards and alarms.

use std::collections::BTreeSet;

use super::faults::Place;
use super::lenient::Lenient;
use super::metrics::metrics;
use super::raw::{RawAlarm, RawAnalysis, RawErrorRate, RawGuard};
use super::values::{MOfN, Rate};
use super::{AlarmRule, Analysis, Guard, Metric, MetricSource, defaults};

/// What stands under `analysis`; every field has a default.
pub(super) fn analysis(at: &Place, raw: RawAnalysis) -> Option<Analysis> {
    at.no_such_fields::<RawAnalysis>(&raw.unknown);
    let numbers = at.field("preset").optional(raw.preset).unwrap_or(defaults::PRESET).numbers();
    let alpha_slow = alpha(&at.field("alphaSlow"), raw.alpha_slow, numbers.alpha_slow);
    let alpha_fast = alpha(&at.field("alphaFast"), raw.alpha_fast, numbers.alpha_fast);
    let metrics = metrics(&at.field("metrics"), raw.metrics, &numbers);
    let guards = guards(&at.field("guards"), raw.guards, metrics.as_deref());
    let alarms = alarms(&at.field("alarms"), raw.alarms);
    let on_inconclusive = at.field("onInconclusive").optional(raw.on_inconclusive);
    Some(Analysis {
        alpha_slow: alpha_slow?,
        alpha_fast: alpha_fast?,
        metrics: metrics?,
        guards,
        alarms,
        on_inconclusive: on_inconclusive.unwrap_or(defaults::ON_INCONCLUSIVE),
    })
}

fn alpha(at: &Place, raw: Lenient<f64>, default: f64) -> Option<f64> {
    match at.optional(raw) {
        Some(alpha) if !(alpha > 0.0 && alpha < 0.5) => at.fault(format!(
            "{alpha} is no error probability for a judge; above 0 and below 0.5, like {default}"
        )),
        stated => Some(stated.unwrap_or(default)),
    }
}

/// The absolute limits. Each limits one of the metrics, which are `None` where they are at fault themselves.
fn guards(at: &Place, raw: Lenient<Vec<Lenient<RawGuard>>>, metrics: Option<&[Metric]>) -> Vec<Guard> {
    at.list(raw).into_iter().filter_map(|(at, raw)| guard(&at, raw, metrics)).collect()
}

fn guard(at: &Place, raw: RawGuard, metrics: Option<&[Metric]>) -> Option<Guard> {
    at.no_such_kinds::<RawGuard>(&raw.unknown);
    if raw.error_rate.is_absent() && !raw.unknown.is_empty() {
        return None;
    }
    let at = at.field("errorRate");
    let raw = at.required(raw.error_rate, "- errorRate: { above: 5%, for: 3 of 3 }")?;
    at.no_such_fields::<RawErrorRate>(&raw.unknown);
    let above = limit(&at.field("above"), raw.above);
    let minutes = minutes(&at.field("for"), raw.minutes);
    let metric = metrics?.iter().find(|metric| metric.source == MetricSource::Errors);
    let metric = metric.or_else(|| at.fault("needs the errors metric; add - errors: {} to the metrics"))?;
    let (m, n) = minutes?;
    Some(Guard { metric: metric.name.clone(), above: above?, m, n })
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
