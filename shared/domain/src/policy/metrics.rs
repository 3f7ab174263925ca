//! The metrics that gate each step, with their margins and their shares of the evidence.

use std::collections::{BTreeMap, BTreeSet};

use super::defaults::{self, Numbers};
use super::faults::Place;
use super::lenient::Lenient;
use super::raw::{RawCloudWatch, RawErrors, RawLatency, RawMargins, RawMetric};
use super::{CloudWatchMetric, Harm, Metric, MetricSource};

/// One entry of the list: its metrics divide its weight among them.
struct Entry {
    metrics: Vec<Metric>,
    /// The weight that the entry states.
    stated: Option<f64>,
    /// Its weight among the metrics that come with every target; `None` for one of the user's own.
    built_in: Option<f64>,
}

/// The gating metrics, at least one; their weights sum to 1.
pub(super) fn metrics(
    at: &Place,
    raw: Lenient<Vec<Lenient<RawMetric>>>,
    numbers: &Numbers,
) -> Option<Vec<Metric>> {
    let raw = match raw {
        Lenient::Absent => come_with_every_target(),
        stated => stated,
    };
    let mut names = BTreeSet::new();
    let entries = at.list(raw).into_iter();
    let entries: Vec<_> =
        entries.filter_map(|(at, raw)| unique(&at, entry(&at, raw, numbers)?, &mut names)).collect();
    if !at.is_clean() {
        return None;
    }
    if entries.is_empty() {
        return at.fault("no metrics; nothing would be judged. For errors and latency leave the list out");
    }
    Some(weighted(entries))
}

/// What stands for an absent list, so that writing it out changes nothing.
fn come_with_every_target() -> Lenient<Vec<Lenient<RawMetric>>> {
    let errors = RawMetric { errors: Lenient::Right(RawErrors::default()), ..RawMetric::default() };
    let latency = RawMetric { latency: Lenient::Right(RawLatency::default()), ..RawMetric::default() };
    Lenient::Right(vec![Lenient::Right(errors), Lenient::Right(latency)])
}

fn unique(at: &Place, entry: Entry, names: &mut BTreeSet<String>) -> Option<Entry> {
    match entry.metrics.iter().find(|metric| !names.insert(metric.name.clone())) {
        Some(metric) => {
            at.fault(format!("a metric called {:?} is listed before; names are unique", metric.name))
        }
        None => Some(entry),
    }
}

fn weighted(entries: Vec<Entry>) -> Vec<Metric> {
    let usual = entries.iter().all(|entry| entry.built_in.is_some() && entry.stated.is_none());
    let weight = |entry: &Entry| match entry.built_in {
        Some(weight) if usual => weight,
        _ => entry.stated.unwrap_or(defaults::WEIGHT),
    };
    let sum: f64 = entries.iter().map(weight).sum();
    let shares = entries.into_iter().map(|entry| (weight(&entry) / sum, entry.metrics));
    let scaled = |(share, metrics): (f64, Vec<Metric>)| {
        metrics.into_iter().map(move |metric| Metric { weight: share * metric.weight, ..metric })
    };
    shares.flat_map(scaled).collect()
}

fn entry(at: &Place, raw: RawMetric, numbers: &Numbers) -> Option<Entry> {
    at.no_such_fields::<RawMetric>(&raw.unknown);
    let is_own = !(raw.name.is_absent()
        && raw.cloudwatch.is_absent()
        && raw.of.is_absent()
        && raw.harm.is_absent()
        && raw.margin.is_absent()
        && raw.pass.is_absent()
        && raw.weight.is_absent());
    match (raw.errors.is_absent(), raw.throttles.is_absent(), raw.latency.is_absent(), is_own) {
        (true, true, true, true) => own(at, raw, numbers),
        (false, true, true, false) => {
            let entry = failures(&at.field("errors"), raw.errors, numbers, ("errors", MetricSource::Errors))?;
            Some(Entry { built_in: Some(defaults::ERRORS_WEIGHT), ..entry })
        }
        (true, false, true, false) => {
            failures(&at.field("throttles"), raw.throttles, numbers, ("throttles", MetricSource::Throttles))
        }
        (true, true, false, false) => latency(&at.field("latency"), raw.latency, numbers),
        (true, true, true, false) if !raw.unknown.is_empty() => None,
        _ => at.fault(
            "an entry is exactly one of errors: {}, throttles: {}, latency: {}, and a name with its cloudwatch metric",
        ),
    }
}

fn failures(
    at: &Place,
    raw: Lenient<RawErrors>,
    numbers: &Numbers,
    (name, source): (&str, MetricSource),
) -> Option<Entry> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawErrors>(&raw.unknown);
    let margin = margin(&at.field("margin"), raw.margin, numbers.margin);
    let pass = pass(&at.field("pass"), raw.pass, numbers.pass, margin);
    let stated = weight(&at.field("weight"), raw.weight);
    let metric = Metric {
        name: name.to_owned(),
        source,
        harm: Harm::Increase,
        margin: margin?,
        pass: pass?,
        weight: 1.0,
    };
    Some(Entry { metrics: vec![metric], stated, built_in: None })
}

/// Latency is three metrics, one for each quantile; each has a third of the weight.
fn latency(at: &Place, raw: Lenient<RawLatency>, numbers: &Numbers) -> Option<Entry> {
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawLatency>(&raw.unknown);
    let margins_at = at.field("margin");
    let margins = margins_at.optional(raw.margin).unwrap_or_default();
    margins_at.no_such_fields::<RawMargins>(&margins.unknown);
    let stated = [("p50", margins.p50), ("p90", margins.p90), ("p99", margins.p99)];
    let quantiles =
        stated.into_iter().zip(defaults::LATENCY_MARGINS).map(|((name, stated), (quantile, default))| {
            (name, quantile, margin(&margins_at.field(name), stated, default))
        });
    let quantiles: Vec<_> = quantiles.collect();
    let widest = quantiles.iter().filter_map(|(_, _, margin)| *margin).reduce(f64::max);
    let pass = pass(&at.field("pass"), raw.pass, numbers.pass, widest);
    let stated = weight(&at.field("weight"), raw.weight);
    let metric = |(name, quantile, margin): (&str, u8, Option<f64>)| {
        Some(Metric {
            name: format!("latency {name}"),
            source: MetricSource::SlowerThan { quantile },
            harm: Harm::Increase,
            margin: margin?,
            pass: pass?,
            weight: 1.0 / 3.0,
        })
    };
    let metrics = quantiles.into_iter().map(metric).collect::<Option<_>>()?;
    Some(Entry { metrics, stated, built_in: Some(defaults::LATENCY_WEIGHT) })
}

fn own(at: &Place, raw: RawMetric, numbers: &Numbers) -> Option<Entry> {
    let name = at.field("name").text(raw.name, "name: orders", 64);
    let events = cloudwatch(&at.field("cloudwatch"), raw.cloudwatch);
    let of = if raw.of.is_absent() { Some(None) } else { cloudwatch(&at.field("of"), raw.of).map(Some) };
    let harm = at.field("harm").optional(raw.harm).unwrap_or(defaults::HARM);
    let margin = margin(&at.field("margin"), raw.margin, numbers.margin);
    let pass = pass(&at.field("pass"), raw.pass, numbers.pass, margin);
    let stated = weight(&at.field("weight"), raw.weight);
    let source = MetricSource::CloudWatch { events: events?, of: of? };
    let metric = Metric { name: name?, source, harm, margin: margin?, pass: pass?, weight: 1.0 };
    Some(Entry { metrics: vec![metric], stated, built_in: None })
}

fn cloudwatch(at: &Place, raw: Lenient<RawCloudWatch>) -> Option<CloudWatchMetric> {
    let example = r#"{ namespace: Shop, metric: OrdersPlaced, dimensions: { Version: "{version}" } }"#;
    let raw = at.required(raw, example)?;
    at.no_such_fields::<RawCloudWatch>(&raw.unknown);
    let namespace = at.field("namespace").text(raw.namespace, "Shop", defaults::LONGEST_NAME);
    let metric = at.field("metric").text(raw.metric, "OrdersPlaced", defaults::LONGEST_NAME);
    let dimensions = dimensions(&at.field("dimensions"), raw.dimensions);
    let statistic = at.field("statistic").optional(raw.statistic).unwrap_or_default();
    Some(CloudWatchMetric { namespace: namespace?, metric: metric?, dimensions: dimensions?, statistic })
}

fn dimensions(
    at: &Place,
    raw: Lenient<BTreeMap<String, Lenient<String>>>,
) -> Option<BTreeMap<String, String>> {
    let example = r#"{ Version: "{version}" }"#;
    let raw = at.required(raw, example)?.into_iter();
    let dimension = |(name, value): (String, Lenient<String>)| {
        let longest = defaults::LONGEST_NAME;
        if name.trim().is_empty() || name.contains(char::is_control) || name.chars().count() > longest {
            return at.fault(format!(
                "{name:?} is no name of a dimension; 1 to {longest} characters, not blank and none of them control characters, \
                 like Version"
            ));
        }
        let value = at.field(&name).text(value, r#""{version}""#, longest);
        Some((name, value?))
    };
    let dimensions: Vec<_> = raw.map(dimension).collect();
    let dimensions: BTreeMap<_, _> = dimensions.into_iter().collect::<Option<_>>()?;
    if !dimensions.values().any(|value| value.contains("{version}")) {
        return at.fault(format!(
            "no value has {{version}} in it, and without one series per version there is nothing to compare; \
             write them like {example}"
        ));
    }
    Some(dimensions)
}

fn margin(at: &Place, raw: Lenient<f64>, default: f64) -> Option<f64> {
    ratio(at, at.optional(raw).unwrap_or(default), default)
}

/// The ratio below which the candidate passes. It lies above the margin: between the two nothing can be told.
fn pass(at: &Place, raw: Lenient<f64>, default: f64, margin: Option<f64>) -> Option<f64> {
    let pass = ratio(at, at.optional(raw).unwrap_or(default), default)?;
    match margin {
        Some(margin) if pass <= margin => at.fault(format!("{pass} is not above the margin ({margin})")),
        _ => Some(pass),
    }
}

fn ratio(at: &Place, ratio: f64, example: f64) -> Option<f64> {
    let highest = defaults::HIGHEST_RATIO;
    if !(1.0..=highest).contains(&ratio) {
        return at.fault(format!("{ratio} is no ratio to stable; from 1 to {highest}, like {example}"));
    }
    Some(ratio)
}

fn weight(at: &Place, raw: Lenient<f64>) -> Option<f64> {
    let weight = at.optional(raw)?;
    let (lowest, highest) = (defaults::LOWEST_WEIGHT, defaults::HIGHEST_WEIGHT);
    if !(lowest..=highest).contains(&weight) {
        return at.fault(format!(
            "{weight} is no weight; from {lowest} to {highest}, relative to the other metrics"
        ));
    }
    Some(weight)
}
